//! `grantor token`.

use std::process::ExitCode;

use grantor_client::AccessToken;
use serde_json::{Value, json};

use super::token_options::{self, builder, issuer};
use crate::args::{Common, Show, Token};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(common: &Common, args: &Token, output: &Output) -> Result<ExitCode, CliError> {
    let issuer = issuer(common, &args.client, &args.token)?;
    crate::block_on(async {
        let tokens = builder(&issuer, &args.client, &args.token).await?.build()?;
        if args.forget {
            tokens.forget().await?;
            return Ok(Exit::Done.into());
        }
        let token = token_options::get(&tokens, &args.token).await;
        tokens.close().await;
        let token = token.map_err(|error| error.because(&format!("no token from {issuer}")))?;
        output.result(&shown(&token, args.show), &to_json(&token))?;
        Ok(Exit::Done.into())
    })
}

fn shown(token: &AccessToken, what: Show) -> String {
    let secret = token.secret.expose();
    match what {
        Show::Token => secret.to_owned(),
        Show::Header => format!("Authorization: Bearer {secret}"),
        Show::Json => to_json(token).to_string(),
    }
}

fn to_json(token: &AccessToken) -> Value {
    json!({
        "access_token": token.secret.expose(),
        "token_type": "Bearer",
        "scope": token.scope,
    })
}
