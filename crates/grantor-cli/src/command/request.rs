//! `grantor request`.

use std::io::Read;
use std::process::ExitCode;

use grantor_client::Tokens;
use http::{HeaderName, HeaderValue, Method};
use url::Url;

use crate::args::Request;
use crate::error::CliError;
use crate::output::Output;

pub(crate) fn run(args: &Request, output: &Output) -> Result<ExitCode, CliError> {
    let request = Prepared::of(args)?;
    let tokens = super::token::builder(&args.token)?;
    let origin = args.origin.as_deref().unwrap_or(&args.url);
    let tokens = tokens.only(origin_of(origin)?).build()?;
    crate::block_on(async {
        let sent = send(&tokens, request, &args.url).await;
        tokens.close().await;
        let (status, body) = sent?;
        output.bytes(&body);
        if status.is_success() || status.is_redirection() {
            return Ok(ExitCode::SUCCESS);
        }
        output.note(&format!("grantor: the answer has status {status}"));
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
        let body = args.body.as_deref().map(read_body).transpose()?;
        Ok(Self {
            method,
            headers,
            body,
        })
    }
}

async fn send(
    tokens: &Tokens,
    request: Prepared,
    url: &str,
) -> Result<(http::StatusCode, Vec<u8>), CliError> {
    let session = tokens.session(url)?;
    let mut builder = session.request(request.method, url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let answer = builder.send().await?;
    let status = answer.status();
    let body = answer.bytes().await;
    let body = body.map_err(|_| CliError::failed("the answer broke off"))?;
    Ok((status, body.to_vec()))
}

fn origin_of(url: &str) -> Result<String, CliError> {
    let url = Url::parse(url).map_err(|_| CliError::usage(format!("{url} is not a URL")))?;
    Ok(url.origin().ascii_serialization())
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
