//! HTTP as plain as it gets, and the clicks of somebody who signs in.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use grantor_core::{CodeVerifier, Params};
use serde_json::Value;
use url::Url;

use crate::grantor::{PATIENCE, Serving};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Reads an answer on a connection that ends with it.
    pub(crate) fn read(stream: &mut TcpStream) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        Self::parse(&text).unwrap()
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some(Self {
            status: head.split(' ').nth(1)?.parse().ok()?,
            head: head.to_owned(),
            body: body.to_owned(),
        })
    }

    pub(crate) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs
            .filter(move |pair| pair.0.eq_ignore_ascii_case(name))
            .map(|pair| pair.1)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A text in the JSON.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap().to_owned()
    }
}

thread_local! {
    static OWN_ADDRESS: Cell<Option<Ipv4Addr>> = const { Cell::new(None) };
}

/// From now on the connections of this thread come from this address of loopback.
pub(crate) fn call_from(own: Ipv4Addr) {
    OWN_ADDRESS.set(Some(own));
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    try_connect(address).unwrap()
}

fn try_connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = match OWN_ADDRESS.get() {
        None => TcpStream::connect(address)?,
        Some(own) => connect_from(own, address)?,
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// The standard library can't choose the address that a connection comes from.
fn connect_from(own: Ipv4Addr, address: SocketAddr) -> io::Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((own, 0)))?;
        socket.connect(address).await?.into_std()
    })?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Like [`post`], at a server that may die meanwhile: none if it gave no whole answer.
pub(crate) fn try_post(
    address: SocketAddr,
    target: &str,
    form: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Option<Answer> {
    try_ask(address, "POST", target, &of_form(headers), &to_form(form))
}

/// Like [`get`], at a server that may die meanwhile: none if it gave no whole answer.
pub(crate) fn try_get(
    address: SocketAddr,
    target: &str,
    headers: &[(&str, &str)],
) -> Option<Answer> {
    try_ask(address, "GET", target, headers, "")
}

fn try_ask(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Answer> {
    let mut stream = try_connect(address).ok()?;
    let request = request(address, method, target, headers, body);
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let answer = Answer::parse(&text)?;
    let length: usize = answer.headers("content-length").next()?.parse().ok()?;
    (answer.body.len() == length).then_some(answer)
}

pub(crate) fn get(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Answer {
    ask(address, "GET", target, headers, "")
}

pub(crate) fn post(
    address: SocketAddr,
    target: &str,
    form: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Answer {
    ask(address, "POST", target, &of_form(headers), &to_form(form))
}

/// Posts JSON.
pub(crate) fn post_json(
    address: SocketAddr,
    target: &str,
    json: &Value,
    headers: &[(&str, &str)],
) -> Answer {
    let headers = [headers, &[("content-type", "application/json")]].concat();
    ask(address, "POST", target, &headers, &json.to_string())
}

fn of_form<'a>(headers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let form_type = ("content-type", "application/x-www-form-urlencoded");
    [headers, &[form_type]].concat()
}

fn ask(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = connect(address);
    let request = request(address, method, target, headers, body);
    stream.write_all(request.as_bytes()).unwrap();
    Answer::read(&mut stream)
}

fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> String {
    let mut request = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = body.len();
    request.push_str(&format!(
        "content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ));
    request
}

pub(crate) fn to_form(pairs: &[(&str, &str)]) -> String {
    let mut params = Params::new();
    for (name, value) in pairs {
        params.push(*name, *value);
    }
    params.to_form()
}

/// Somebody at a browser, before the pages of a server.
pub(crate) struct Visitor<'a> {
    server: &'a Serving,
    cookies: BTreeMap<String, String>,
}

pub(crate) const VERIFIER: [u8; 32] = [7; 32];
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1/back";

impl<'a> Visitor<'a> {
    pub(crate) fn new(server: &'a Serving) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
        }
    }

    /// Opens the link of a client, up to the login page.
    pub(crate) fn open(&mut self, client: &str) -> Answer {
        self.open_with(client, &[])
    }

    /// As [`open`](Self::open), with further parameters.
    pub(crate) fn open_with(&mut self, client: &str, more: &[(&str, &str)]) -> Answer {
        let verifier = CodeVerifier::from_random(VERIFIER);
        let challenge = verifier.challenge();
        let own = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT_URI),
            ("state", "s"),
            ("code_challenge", &challenge.value),
            ("code_challenge_method", "S256"),
        ];
        let query = to_form(&[&own, more].concat());
        self.go(&format!("/authorize?{query}"))
    }

    /// Sends the form of a page.
    pub(crate) fn send(&mut self, page: &Answer, fill: &[(&str, &str)]) -> Answer {
        let (ticket, csrf) = (hidden(page, "interaction"), hidden(page, "csrf"));
        let form = [&[("interaction", ticket), ("csrf", csrf)], fill].concat();
        let cookies = self.cookie_header();
        let address = self.server.address;
        let answer = post(
            address,
            "/authorize/continue",
            &form,
            &[("cookie", &cookies)],
        );
        self.keep(answer)
    }

    /// Sends the page where the code of a device is typed in, which has no request in it.
    pub(crate) fn send_code(&mut self, page: &Answer, user_code: &str) -> Answer {
        let form = [("csrf", hidden(page, "csrf")), ("user_code", user_code)];
        let cookies = self.cookie_header();
        let answer = post(
            self.server.address,
            "/device",
            &form,
            &[("cookie", &cookies)],
        );
        self.keep(answer)
    }

    pub(crate) fn log_in(&mut self, client: &str, name: &str, password: &str) -> Answer {
        let page = self.open(client);
        assert_eq!(page.status, 200, "{page:?}");
        let answer = self.send(&page, &[("username", name), ("password", password)]);
        if answer.status != 303 {
            return answer;
        }
        let next = answer.headers("location").next().unwrap();
        self.go(next)
    }

    /// Goes the whole way. The code.
    pub(crate) fn sign_in(&mut self, client: &str, name: &str, password: &str) -> String {
        let consent = self.log_in(client, name, password);
        self.allow(&consent)
    }

    /// Signs in where there is a session already, and maybe a consent. The code.
    pub(crate) fn sign_in_again(&mut self, client: &str) -> String {
        let answer = self.open(client);
        match answer.status {
            303 => code_in(&answer),
            _ => self.allow(&answer),
        }
    }

    pub(crate) fn allow(&mut self, consent: &Answer) -> String {
        assert_eq!(consent.status, 200, "{consent:?}");
        let answer = self.send(consent, &[("decision", "allow")]);
        code_in(&answer)
    }

    /// Signs in from the URL of an authorization request, and allows it. Where the browser is sent then.
    pub(crate) fn approve(&mut self, url: &Url, name: &str, password: &str) -> Url {
        let page = self.go(&format!("{}?{}", url.path(), url.query().unwrap()));
        let answer = self.send(&page, &[("username", name), ("password", password)]);
        let consent = self.go(answer.headers("location").next().unwrap());
        let answer = self.send(&consent, &[("decision", "allow")]);
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.headers("location").next().unwrap().parse().unwrap()
    }

    pub(crate) fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.values().map(String::as_str)
    }

    pub(crate) fn go(&mut self, target: &str) -> Answer {
        let cookies = self.cookie_header();
        self.keep(get(self.server.address, target, &[("cookie", &cookies)]))
    }

    /// Closes the session, and stays a browser that somebody has signed in from.
    pub(crate) fn forget_session(&mut self) {
        self.cookies.retain(|name, _| !name.contains("session"));
    }

    pub(crate) fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter().map(|(n, v)| format!("{n}={v}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// The code with which an answer sends the browser back.
fn code_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    let location = Url::parse(answer.headers("location").next().unwrap()).unwrap();
    let mut query = location.query_pairs();
    let (_, code) = query.find(|(name, _)| name == "code").unwrap();
    code.into_owned()
}

/// Exchanges a code for tokens, as a public client.
pub(crate) fn redeem(server: &Serving, client: &str, code: &str) -> Answer {
    let verifier = CodeVerifier::from_random(VERIFIER);
    server.post(
        "/token",
        &[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", client),
            ("code_verifier", verifier.expose()),
        ],
    )
}

pub(crate) fn refresh(server: &Serving, client: &str, refresh_token: &str) -> Answer {
    server.post(
        "/token",
        &[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", client),
        ],
    )
}

/// The value of a hidden input.
pub(crate) fn hidden<'p>(page: &'p Answer, name: &str) -> &'p str {
    let before = format!("name=\"{name}\" value=\"");
    let after = page.body.split(&before).nth(1).unwrap();
    after.split('"').next().unwrap()
}
