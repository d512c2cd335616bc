//! The request of `grantor request`, before it has a token.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};

use std::path::Path;

use crate::args::Request;
use crate::command::input::text_from_file;
use crate::error::CliError;

/// The request, without the token.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<Vec<u8>>,
}

impl Prepared {
    pub(super) fn of(args: &Request) -> Result<Self, CliError> {
        let body = args.body.as_ref().or(args.json_body.as_ref());
        let method = match (&args.method, body) {
            (Some(method), _) => Method::from_bytes(method.as_bytes())
                .map_err(|_| CliError::usage(format!("-X {method}: not a method")))?,
            (None, Some(_)) => Method::POST,
            (None, None) => Method::GET,
        };
        if args.client.secret_stdin && body.is_some_and(|body| body == "@-") {
            return Err(CliError::usage(
                "standard input has either the secret or the body: set GRANTOR_CLIENT_SECRET, or \
                 give the body as -d @FILE",
            ));
        }
        let mut headers = headers(&args.headers)?;
        if args.json_body.is_some() {
            for name in [CONTENT_TYPE, ACCEPT] {
                if !headers.iter().any(|(other, _)| *other == name) {
                    headers.push((name, HeaderValue::from_static("application/json")));
                }
            }
        }
        Ok(Self {
            method,
            headers,
            body: body.map(|text| read_body(text)).transpose()?,
        })
    }
}

fn headers(texts: &[String]) -> Result<Vec<(HeaderName, HeaderValue)>, CliError> {
    let mut headers = Vec::new();
    for text in texts {
        let Some(path) = text.strip_prefix('@') else {
            headers.push(header(text)?);
            continue;
        };
        let file = text_from_file(Path::new(path), "-H")?;
        for line in file.lines().filter(|line| !line.trim().is_empty()) {
            headers.push(header(line)?);
        }
    }
    Ok(headers)
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
        let mut input = std::io::stdin().lock();
        std::io::Read::read_to_end(&mut input, &mut body).map(|_| body)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| CliError::failed(format!("-d {text} can't be read: {error}")))
}
