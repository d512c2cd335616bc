//! `grantor token`.

use std::process::ExitCode;

use grantor_client::TokenSet;
use grantor_http::system;
use serde_json::{Value, json};

use super::client_options::with_way_out;
use super::token_options::{self, Opened, Options};
use crate::args::{Common, Show, Token};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::when;

pub(crate) fn run(common: &Common, args: &Token, output: &Output) -> Result<ExitCode, CliError> {
    let options = Options {
        common,
        server: &args.server,
        client: &args.client,
        grant: &args.grant,
        token: &args.token,
    };
    crate::block_on(async {
        let opened = options.open(Vec::new()).await?;
        check(args, &opened)?;
        let tokens = &opened.tokens;
        if args.forget {
            tokens.forget().await?;
            return Ok(Exit::Done.into());
        }
        let token = token_options::get(&opened, &args.token).await;
        let token = with_way_out(token, tokens, &args.client, |metadata| {
            &metadata.token_endpoint_auth_methods_supported
        });
        let token = token.await;
        tokens.close().await;
        let failed = format!("no token from {}", opened.name);
        let token = token.map_err(|error| opened.explain(error).because(&failed))?;
        output.result(&shown(&token, args.show), &to_json(&token))?;
        Ok(Exit::Done.into())
    })
}

/// Refuses what would end a login by halves, and a token that nobody could use.
fn check(args: &Token, opened: &Opened) -> Result<(), CliError> {
    if args.forget && opened.is_login() {
        return Err(CliError::usage(
            "--forget is for the token of a client, which --client-id names; grantor logout ends a login",
        ));
    }
    if args.token.dpop.dpop && args.token.store.is_none() {
        return Err(CliError::usage(
            "--dpop: the key is gone when the command ends, and the token is of no use without it: keep \
             both with --store for `grantor request`, or give a key of your own with --dpop-key",
        ));
    }
    Ok(())
}

fn shown(token: &TokenSet, what: Show) -> String {
    let secret = token.access_token.expose();
    match what {
        Show::Token => secret.to_owned(),
        Show::Header => format!("Authorization: {} {secret}", token.token_type),
        Show::Json => to_json(token).to_string(),
        Show::Expiry => {
            let end = token.expires_at.and_then(when::date);
            end.unwrap_or_else(|| "unknown".to_owned())
        }
    }
}

/// A refresh token is not shown: it is for the store alone.
fn to_json(token: &TokenSet) -> Value {
    let now = system().now();
    let ends = token.expires_at;
    json!({
        "access_token": token.access_token.expose(),
        "token_type": token.token_type,
        "scope": token.scope,
        "expires_at": ends.map(|end| end.as_secs()),
        "expires_in": ends.map(|end| end.since(now).as_secs()),
    })
}
