//! `grantor request`.

use std::io::Read;
use std::process::ExitCode;

use grantor_client::{Builder, Tokens};
use grantor_jose::base64url;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::token;
use crate::args::{Common, Request};
use crate::error::CliError;
use crate::output::Output;

pub(crate) fn run(common: &Common, args: &Request, output: &Output) -> Result<ExitCode, CliError> {
    let mut origins = vec![origin_of(&args.url)?];
    for origin in &args.origins {
        origins.push(origin_of(origin)?);
    }
    let issuer = token::issuer(common, &args.token)?;
    let request = Prepared::of(args)?;
    let builder = token::builder(&issuer, &args.token)?;
    let tokens = origins.into_iter().fold(builder, Builder::only).build()?;
    crate::block_on(async {
        let sent = send(&tokens, request, &args.url).await;
        tokens.close().await;
        let answer =
            sent.map_err(|error| error.because(&format!("no answer from {}", shown(&args.url))))?;
        if output.is_json() {
            output.result("", &answer.to_json())?;
        } else {
            output.bytes(&answer.body)?;
        }
        if answer.is_what_was_asked() {
            return Ok(ExitCode::SUCCESS);
        }
        output.error(&answer.problem());
        Ok(ExitCode::FAILURE)
    })
}

struct Prepared {
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<Vec<u8>>,
}

impl Prepared {
    fn of(args: &Request) -> Result<Self, CliError> {
        let method = match (&args.method, &args.body) {
            (Some(method), _) => Method::from_bytes(method.as_bytes())
                .map_err(|_| CliError::usage(format!("-X {method}: not a method")))?,
            (None, Some(_)) => Method::POST,
            (None, None) => Method::GET,
        };
        let headers = args
            .headers
            .iter()
            .map(|text| header(text))
            .collect::<Result<_, _>>()?;
        if args.token.secret_stdin && args.body.as_deref() == Some("@-") {
            return Err(CliError::usage(
                "standard input has either the secret or the body: set GRANTOR_CLIENT_SECRET, or \
                 give the body as -d @FILE",
            ));
        }
        let body = args.body.as_deref().map(read_body).transpose()?;
        Ok(Self {
            method,
            headers,
            body,
        })
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// A redirect that is left over was not followed, so it is not what was asked.
    fn is_what_was_asked(&self) -> bool {
        self.status.is_success() || self.status == StatusCode::NOT_MODIFIED
    }

    /// What is wrong with it, and what the API says that it wants.
    fn problem(&self) -> CliError {
        let mut message = format!("the answer has status {}", self.status);
        if self.status.is_redirection() {
            message.push_str(
                "; the redirect was not followed with the token: if it may go there, name the \
                 origin with --origin",
            );
        }
        let challenges = self.headers.get_all(WWW_AUTHENTICATE).iter();
        for challenge in challenges.filter_map(|value| value.to_str().ok()) {
            message = format!("{message}; {challenge}");
        }
        CliError::failed(message)
    }

    fn to_json(&self) -> Value {
        let content_type = self.headers.get(CONTENT_TYPE);
        let mut json = json!({
            "status": self.status.as_u16(),
            "content_type": content_type.and_then(|value| value.to_str().ok()),
        });
        match str::from_utf8(&self.body) {
            Ok(text) => json["body"] = text.into(),
            Err(_) => json["body_base64url"] = base64url::encode(&self.body).into(),
        }
        json
    }
}

async fn send(tokens: &Tokens, request: Prepared, url: &str) -> Result<Answer, CliError> {
    let session = tokens.session(url)?;
    let mut builder = session.request(request.method, url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let answer = builder.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await;
    let body = body.map_err(|_| CliError::failed("the answer broke off"))?;
    Ok(Answer {
        status,
        headers,
        body: body.to_vec(),
    })
}

fn origin_of(url: &str) -> Result<String, CliError> {
    match Url::parse(url) {
        Ok(url) if url.origin().is_tuple() => Ok(url.origin().ascii_serialization()),
        _ => Err(CliError::usage(format!(
            "{} is not a URL: write it with its scheme, as https://api.example/things",
            shown(url)
        ))),
    }
}

/// A URL as messages may show it: its query may be a secret.
fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), CliError> {
    let wrong = || CliError::usage("-H takes a header as \"Name: value\"");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name = name.trim().parse().map_err(|_| wrong())?;
    let value = value.trim().parse().map_err(|_| wrong())?;
    Ok((name, value))
}

fn read_body(text: &str) -> Result<Vec<u8>, CliError> {
    let Some(path) = text.strip_prefix('@') else {
        return Ok(text.as_bytes().to_vec());
    };
    let read = if path == "-" {
        let mut body = Vec::new();
        std::io::stdin().lock().read_to_end(&mut body).map(|_| body)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| CliError::failed(format!("-d {text} can't be read: {error}")))
}
