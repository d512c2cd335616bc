//! Whole requests to a server in this process: a line of method and path, lines of headers, an empty
//! line, a body.
//!
//! A request that knows no secret gets nowhere, so `!` stands for what the input must not know: the
//! client's credentials, the browser's cookies, the hidden inputs of a page. A secret in an answer was
//! therefore not in the request.

#![no_main]

use std::cell::RefCell;

use bytes::Bytes;
use grantor::core::BoxFuture;
use grantor::server::grant_type::{
    DeviceCode, ExchangeDecision, ExchangePolicy, ExchangeRequest, JwtBearer, TokenExchange,
};
use grantor::server::{self, NewClient, Server};
use grantor::store::{MasterKey, MemoryStore};
use http::header::{HeaderMap, SET_COOKIE};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;

/// As the header has them: `client` and the secret below.
const BASIC: &str = "Basic Y2xpZW50OmEtc2VjcmV0LXRoYXQtbm8taW5wdXQtaGFz";
const SECRET: &str = "a-secret-that-no-input-has";
const MASTER_KEY: &[u8; 32] = b"Zp3v-master-key-that-no-input-7h";
/// Data that requests leave in memory is freed with the server.
const REQUESTS_PER_SERVER: u32 = 2_000;

thread_local! {
    static TARGET: RefCell<Option<Target>> = const { RefCell::new(None) };
}

fuzz_target!(|input: &[u8]| {
    TARGET.with_borrow_mut(|target| {
        if target.as_ref().is_some_and(|target| target.left == 0) {
            *target = None;
        }
        let target = target.get_or_insert_with(Target::new);
        target.left -= 1;
        if let Some(request) = target.request(input) {
            check(&target.send(request), input);
        }
    });
});

/// libFuzzer sees what is compared and tries it: an input that has a secret may get it back.
fn check(response: &Response<Bytes>, input: &[u8]) {
    assert_ne!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let secrets = [SECRET.as_bytes(), &BASIC.as_bytes()[6..], MASTER_KEY];
    let headers = response.headers().values().map(|value| value.as_bytes());
    for place in headers.chain([&response.body()[..]]) {
        for secret in secrets.iter().filter(|secret| !has(input, secret)) {
            assert!(!has(place, secret));
        }
    }
}

fn has(place: &[u8], secret: &[u8]) -> bool {
    place.windows(secret.len()).any(|part| part == secret)
}

struct Target {
    server: Server,
    runtime: Runtime,
    /// The cookies of a browser that opened a login page.
    cookies: String,
    hidden_inputs: String,
    left: u32,
}

impl Target {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let key = MasterKey::from_bytes(*MASTER_KEY);
            let opened = server::open("https://id.example", MemoryStore::new(), key);
            let opened = opened.await.unwrap().configure(|config| {
                config.default_audience = Some("https://api.example".to_owned());
                config.registration = server::Registration::Open;
                config.health_endpoint = true;
            });
            let opened = opened
                .grant_type(DeviceCode)
                .grant_type(TokenExchange::new(Everything))
                .grant_type(JwtBearer::new());
            let server = opened.build().await.unwrap();
            let grants = [
                "client_credentials",
                "authorization_code",
                "refresh_token",
                DeviceCode::NAME,
                TokenExchange::NAME,
                JwtBearer::NAME,
            ];
            let client = NewClient::confidential("client")
                .with_grant_types(grants)
                .with_scope("read write".parse().unwrap())
                .with_redirect_uri("https://app.example/cb".parse().unwrap())
                .with_secret(SECRET);
            server.clients().unwrap().add(client).await.unwrap();
            server
        });
        let mut target = Self {
            server,
            runtime,
            cookies: String::new(),
            hidden_inputs: String::new(),
            left: REQUESTS_PER_SERVER,
        };
        target.open_login_page();
        target
    }

    fn open_login_page(&mut self) {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let path = format!(
            "/authorize?response_type=code&client_id=client&code_challenge={challenge}\
             &code_challenge_method=S256"
        );
        let request = Request::get(path).body(Full::default()).unwrap();
        let page = self.send(request);
        assert_eq!(page.status(), StatusCode::OK);
        self.cookies = cookies(page.headers());
        let html = String::from_utf8(page.into_body().to_vec()).unwrap();
        self.hidden_inputs = hidden_inputs(&html);
        assert!(!self.cookies.is_empty() && !self.hidden_inputs.is_empty());
    }

    /// None if the input can't be a request of HTTP.
    fn request(&self, input: &[u8]) -> Option<Request<Full<Bytes>>> {
        let (head, body) = match input.windows(2).position(|two| two == b"\n\n") {
            Some(end) => (&input[..end], &input[end + 2..]),
            None => (input, &[][..]),
        };
        let mut lines = head.split(|byte| *byte == b'\n');
        let mut first = lines.next()?.splitn(2, |byte| *byte == b' ');
        let (method, path) = (first.next()?, first.next()?);
        let mut request = Request::builder().method(method).uri(path);
        for line in lines {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            request = match (value, name.to_ascii_lowercase().as_slice()) {
                (b"!", b"authorization") => request.header(name, BASIC),
                (b"!", b"cookie") => request.header(name, &self.cookies),
                _ => request.header(name, value),
            };
        }
        request.body(Full::new(self.body(body))).ok()
    }

    fn body(&self, body: &[u8]) -> Bytes {
        if let Some(rest) = body.strip_prefix(b"!form&") {
            return [self.hidden_inputs.as_bytes(), rest].concat().into();
        }
        if let Some(rest) = body.strip_prefix(b"!client&") {
            let client = format!("client_id=client&client_secret={SECRET}&");
            return [client.as_bytes(), rest].concat().into();
        }
        Bytes::copy_from_slice(body)
    }

    fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let mut server = self.server.clone();
        self.runtime.block_on(async {
            let (head, body) = server.call(request).await.unwrap().into_parts();
            Response::from_parts(head, body.collect().await.unwrap().to_bytes())
        })
    }
}

/// Exchanges whatever the rules of the server allow.
#[derive(Debug)]
struct Everything;

impl ExchangePolicy for Everything {
    fn decide<'a>(
        &'a self,
        request: &'a ExchangeRequest<'a>,
    ) -> BoxFuture<'a, Result<ExchangeDecision, server::Error>> {
        let decision = ExchangeDecision::Allow(request.requested());
        Box::pin(std::future::ready(Ok(decision)))
    }
}

fn cookies(headers: &HeaderMap) -> String {
    let set = headers.get_all(SET_COOKIE).iter();
    let pairs = set.filter_map(|value| value.to_str().ok()?.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

/// As a form sends them, with an ampersand at the end. Their values are base64url.
fn hidden_inputs(html: &str) -> String {
    let inputs = html.split("<input").skip(1);
    let hidden = inputs.filter(|input| input.contains("type=\"hidden\""));
    let pairs = hidden.filter_map(|input| {
        let value = |name: &str| input.split(&format!("{name}=\"")).nth(1)?.split('"').next();
        Some(format!("{}={}&", value("name")?, value("value")?))
    });
    pairs.collect()
}
