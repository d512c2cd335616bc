//! `grantor token`.

use std::process::ExitCode;

use grantor_client::TokenSet;
use grantor_http::system;
use serde_json::{Value, json};

use super::client_options::with_way_out;
use super::server_options::Named;
use super::token_options::{self, server};
use crate::args::{Common, Show, Token};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::when;

pub(crate) fn run(common: &Common, args: &Token, output: &Output) -> Result<ExitCode, CliError> {
    let Named { server, name } = server(common, &args.server, &args.token)?;
    crate::block_on(async {
        let options = (&args.client, &args.grant, &args.token);
        let connection = &args.server.connection;
        let tokens = token_options::tokens(server, connection, options, Vec::new()).await?;
        if args.forget {
            tokens.forget().await?;
            return Ok(Exit::Done.into());
        }
        let token = token_options::get(&tokens, &args.token).await;
        let token = with_way_out(token, &tokens, &args.client, |metadata| {
            &metadata.token_endpoint_auth_methods_supported
        });
        let token = token.await;
        tokens.close().await;
        let token = token.map_err(|error| error.because(&format!("no token from {name}")))?;
        output.result(&shown(&token, args.show), &to_json(&token))?;
        Ok(Exit::Done.into())
    })
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
