//! One login through the server's pages, so that requests know what leads deep into an endpoint.

use bytes::Bytes;
use grantor_server::EndpointRow;
use harness::Result;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::Full;

use crate::bases::{AUTHORIZATION, VERIFIER};
use crate::fill::authenticated;
use crate::target::{PASSWORD, REDIRECT_URI};

/// What a browser and a client have after a login.
pub(crate) struct Visit {
    /// Of a browser that is signed in.
    pub(crate) cookies: String,
    /// The hidden inputs of the login page.
    pub(crate) login_form: String,
    /// The hidden inputs of a consent page that nobody answered.
    pub(crate) consent_form: String,
    /// The hidden inputs of the page where the code of a device is typed in.
    pub(crate) user_code_form: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

type Send<'a> = &'a dyn Fn(Request<Full<Bytes>>) -> Result<Response<Bytes>>;

impl Visit {
    pub(crate) fn make(rows: &[EndpointRow], send: Send<'_>) -> Result<Self> {
        let mut browser = Browser {
            send,
            cookies: Vec::new(),
        };
        let authorization = format!("{}?{AUTHORIZATION}", path(rows, "authorization")?);
        let resume = path(rows, "resume")?;
        let login_form = hidden_inputs(&text(&browser.get(&authorization)?)?);
        let login = format!("{login_form}&username=alice&password={PASSWORD}").replace(' ', "+");
        let signed_in = browser.post(resume, &login)?;
        let consent = browser.get(&location(&signed_in)?)?;
        let consent_form = hidden_inputs(&text(&consent)?);
        let allowed = browser.post(resume, &format!("{consent_form}&decision=allow"))?;
        let redirect = location(&allowed)?;
        let code = member(&redirect, "code=", &['&'])?;
        let consent = browser.get(&format!("{authorization}&prompt=consent"))?;
        let tokens = browser.post(
            path(rows, "token")?,
            &format!(
                "grant_type=authorization_code&code={code}&code_verifier={VERIFIER}\
                 &redirect_uri={REDIRECT_URI}"
            ),
        )?;
        let tokens = text(&tokens)?;
        let user_code = browser.get(path(rows, "verification")?)?;
        Ok(Self {
            login_form,
            consent_form: hidden_inputs(&text(&consent)?),
            user_code_form: hidden_inputs(&text(&user_code)?),
            access_token: member(&tokens, "\"access_token\":\"", &['"'])?,
            refresh_token: member(&tokens, "\"refresh_token\":\"", &['"'])?,
            cookies: browser.cookies.join("; "),
        })
    }
}

/// A browser that is also the client.
struct Browser<'a> {
    send: Send<'a>,
    cookies: Vec<String>,
}

impl Browser<'_> {
    fn get(&mut self, target: &str) -> Result<Response<Bytes>> {
        self.go(Method::GET, target, "")
    }

    fn post(&mut self, target: &str, form: &str) -> Result<Response<Bytes>> {
        self.go(Method::POST, target, form)
    }

    fn go(&mut self, method: Method, target: &str, form: &str) -> Result<Response<Bytes>> {
        let mut request = Request::new(Full::new(Bytes::from(form.to_owned())));
        *request.method_mut() = method;
        *request.uri_mut() = target.parse()?;
        let headers = request.headers_mut();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::COOKIE, self.cookies.join("; ").parse()?);
        headers.insert(header::AUTHORIZATION, authenticated().parse()?);
        let answer = (self.send)(request)?;
        self.keep_cookies(answer.headers());
        Ok(answer)
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            let pair = value
                .to_str()
                .ok()
                .and_then(|value| value.split(';').next());
            self.cookies.extend(pair.map(str::to_owned));
        }
    }
}

/// Where an endpoint lies.
fn path<'a>(rows: &'a [EndpointRow], name: &str) -> Result<&'a str> {
    let row = rows.iter().find(|row| row.name == name);
    Ok(&row
        .ok_or_else(|| format!("there is no endpoint {name}"))?
        .path)
}

fn text(answer: &Response<Bytes>) -> Result<String> {
    if !answer.status().is_success() {
        return Err(format!("a login was answered with {}", answer.status()).into());
    }
    Ok(String::from_utf8(answer.body().to_vec())?)
}

/// Where a redirect leads; below the issuer, the path alone.
fn location(answer: &Response<Bytes>) -> Result<String> {
    let location = answer.headers().get(header::LOCATION);
    let location = location.ok_or_else(|| format!("{} is no redirect", answer.status()))?;
    let location = location.to_str()?;
    let inside = location.strip_prefix("https://id.example.com");
    Ok(inside.unwrap_or(location).to_owned())
}

/// The text between a beginning and an end.
fn member(text: &str, begin: &str, end: &[char]) -> Result<String> {
    let rest = text.split_once(begin).map(|(_, rest)| rest);
    let value = rest.and_then(|rest| rest.split(end).next());
    Ok(value
        .ok_or_else(|| format!("no {begin} in an answer"))?
        .to_owned())
}

/// As a form sends them. Their values are base64url.
fn hidden_inputs(html: &str) -> String {
    let inputs = html.split("<input").skip(1);
    let hidden = inputs.filter(|input| input.contains("type=\"hidden\""));
    let pairs = hidden.filter_map(|input| {
        let value = |name: &str| member(input, &format!("{name}=\""), &['"']).ok();
        Some(format!("{}={}", value("name")?, value("value")?))
    });
    pairs.collect::<Vec<_>>().join("&")
}
