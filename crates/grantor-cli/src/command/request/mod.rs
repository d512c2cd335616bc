//! `grantor request`.

mod answer;
mod prepared;
mod redirect;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use url::Url;

use self::answer::Answer;
use self::prepared::Prepared;
use self::redirect::Sent;
use super::client_options::with_way_out;
use super::token_options::{self, Opened, Options};
use crate::args::{Common, Request};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(common: &Common, args: &Request, output: &Output) -> Result<ExitCode, CliError> {
    let mut origins = vec![origin_of(&args.url)?];
    for origin in &args.origins {
        origins.push(origin_of(origin)?);
    }
    let options = Options {
        common,
        server: &args.server,
        client: &args.client,
        grant: &args.grant,
        token: &args.token,
    };
    let request = Prepared::of(args)?;
    let what = Sent::new(&request, &origins);
    // Before anything is sent: an answer to a request with effects should not get lost.
    let file = args.output.as_deref().map(open).transpose()?;
    crate::block_on(async {
        let opened = options.open(origins).await?;
        let tokens = &opened.tokens;
        let sent = send(&opened, request, args).await;
        let sent = with_way_out(sent, tokens, &args.client, |metadata| {
            &metadata.token_endpoint_auth_methods_supported
        });
        let sent = sent.await;
        tokens.close().await;
        let failed = format!("no answer from {}", shown(&args.url));
        let answer = sent.map_err(|error| opened.explain(error).because(&failed))?;
        let exit = answer.exit();
        if !args.fail || exit == Exit::Done {
            let bytes = answer.to_bytes(args, output);
            match file {
                Some(file) => write(file, &bytes)?,
                None => output.bytes(&bytes)?,
            }
        }
        if exit != Exit::Done {
            output.error(&answer.problem(&what));
        }
        Ok(exit.into())
    })
}

async fn send(opened: &Opened, request: Prepared, args: &Request) -> Result<Answer, CliError> {
    if args.token.renew {
        token_options::get(opened, &args.token).await?;
    }
    let session = opened.tokens.session(&args.url)?;
    let mut builder = session.request(request.method, &args.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let answer = builder.send().await?;
    let (status, version) = (answer.status(), answer.version());
    let from = answer.url().clone();
    let headers = answer.headers().clone();
    let body = answer.bytes().await;
    let body = body.map_err(|_| CliError::new(Exit::TryAgain, "the answer broke off"))?;
    Ok(Answer {
        status,
        version,
        headers,
        body,
        from,
    })
}

fn open(path: &Path) -> Result<File, CliError> {
    let mut options = OpenOptions::new();
    // The old content stays until there is an answer.
    options.write(true).create(true).truncate(false);
    options.open(path).map_err(|error| unwritable(path, &error))
}

fn write(mut file: File, bytes: &[u8]) -> Result<(), CliError> {
    let written = file
        .set_len(0)
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.flush());
    written.map_err(|error| CliError::failed(format!("the answer can't be written: {error}")))
}

fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    let path = path.display();
    CliError::failed(format!("-o {path} can't be written: {error}"))
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

/// A URL as messages may show it: its query may be a secret, and what is before its host a password.
fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.find("//").map_or(("", url), |at| url.split_at(at + 2));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_url_in_a_message_has_neither_password_nor_query() {
        for (url, expected) in [
            ("https://api.example/a@b?c=d#e", "https://api.example/a@b"),
            (
                "https://ada:pw@api.example:8443/a",
                "https://api.example:8443/a",
            ),
            ("https://ada:p@w@api.example", "https://api.example"),
            ("ada:pw@api.example/a", "api.example/a"),
            ("not a url", "not a url"),
            ("", ""),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
