//! A browser whose user allows the client once and is not asked again, and the requests of that client.

use std::io::BufReader;
use std::net::{SocketAddr, TcpStream};

use harness::{Result, ask};

use crate::ISSUER;

/// The parameters of an authorization request of the client, as a query or as a form.
pub const AUTHORIZATION: &str = "response_type=code&client_id=client&scope=read&state=1\
     &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256\
     &redirect_uri=https%3A%2F%2Fapp.example%2Fcb";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The body of the token request for a code.
#[must_use]
pub fn redeem(code: &str) -> String {
    format!(
        "grant_type=authorization_code&code={code}&code_verifier={VERIFIER}\
         &redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
    )
}

/// A request of the client with its secret, as bytes of a connection.
#[must_use]
pub fn client_request(address: SocketAddr, path: &str, body: &str, more: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic Y2xpZW50OnNlY3JldA==\r\n\
         content-type: application/x-www-form-urlencoded\r\naccept: application/json\r\n\
         {more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// This member of the answer to a token request.
///
/// # Errors
///
/// The answer has none.
pub fn token_of(answer: &str, member: &str) -> Result<String> {
    // Whatever white space is between the name and the text.
    let rest = answer.split_once(&format!("\"{member}\""));
    let text = rest.and_then(|(_, rest)| rest.split('"').nth(1));
    Ok(text
        .ok_or_else(|| format!("no {member}: {answer}"))?
        .to_owned())
}

/// A browser whose user has allowed the client.
#[derive(Debug)]
pub struct SignIn {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
}

impl SignIn {
    /// Answers the consent page.
    ///
    /// # Errors
    ///
    /// The server shows another page.
    pub fn start(address: SocketAddr) -> Result<Self> {
        let mut stream = BufReader::new(TcpStream::connect(address)?);
        stream.get_ref().set_nodelay(true)?;
        let get = |cookies: &str| {
            let request = format!(
                "GET /authorize?{AUTHORIZATION} HTTP/1.1\r\nhost: {address}\r\n{cookies}\r\n"
            );
            request.into_bytes()
        };
        let (head, page) = ask(&mut stream, &get(""))?;
        let cookies: Vec<&str> = head
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: "))
            .filter_map(|cookie| cookie.split(';').next())
            .collect();
        let cookies = match cookies.is_empty() {
            true => String::new(),
            false => format!("cookie: {}\r\n", cookies.join("; ")),
        };
        let action = between(&page, "action=\"", "\"").ok_or("the page has no form")?;
        let action = action.strip_prefix(ISSUER).unwrap_or(action);
        let action = action.replace("&amp;", "&");
        let form = hidden_inputs(&page);
        let post = format!(
            "POST {action} HTTP/1.1\r\nhost: {address}\r\norigin: {}\r\n{cookies}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            ISSUER,
            form.len(),
        );
        let (head, _) = ask(&mut stream, post.as_bytes())?;
        code_of(&head)?;
        let request = get(&cookies);
        Ok(Self { stream, request })
    }

    /// Another code.
    ///
    /// # Errors
    ///
    /// The server gives none.
    pub fn code(&mut self) -> Result<String> {
        let (head, _) = ask(&mut self.stream, &self.request)?;
        code_of(&head)
    }
}

fn code_of(head: &str) -> Result<String> {
    let code = between(head, "code=", "&").ok_or_else(|| format!("no code: {head}"))?;
    Ok(code.to_owned())
}

/// The hidden inputs of a page, as a form.
fn hidden_inputs(page: &str) -> String {
    let inputs = page.split("<input").skip(1).filter_map(|input| {
        let name = between(input, "name=\"", "\"")?;
        let value = between(input, "value=\"", "\"")?;
        Some(format!("{name}={value}"))
    });
    inputs.collect::<Vec<_>>().join("&")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split(end).next().unwrap_or(rest))
}
