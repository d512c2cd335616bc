//! `grantor token`.

use std::env::VarError;
use std::process::ExitCode;

use grantor_client::{Builder, Tokens};
use grantor_core::Secret;
use serde_json::json;

use super::secret_from_stdin;
use crate::args::{Common, Token};
use crate::config::Config;
use crate::error::CliError;
use crate::output::Output;

pub(crate) fn run(common: &Common, args: &Token, output: &Output) -> Result<ExitCode, CliError> {
    let issuer = issuer(common, args)?;
    let tokens = builder(&issuer, args)?.build()?;
    crate::block_on(async {
        let token = tokens.get().await;
        tokens.close().await;
        let token = token.map_err(|error| no_token(error, &issuer))?;
        let json = json!({
            "access_token": token.secret.expose(),
            "token_type": "Bearer",
            "scope": token.scope,
        });
        output.result(token.secret.expose(), &json)?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The server that the options name, or else the configuration file.
pub(super) fn issuer(common: &Common, args: &Token) -> Result<String, CliError> {
    let config = Config::for_common(common)?;
    let configured = config.issuer.map(|issuer| issuer.to_string());
    args.issuer.clone().or(configured).ok_or_else(|| {
        CliError::usage(
            "there is no authorization server: give --issuer, set GRANTOR_ISSUER, or set \"issuer\" \
             in the configuration file",
        )
    })
}

/// The tokens that the options name.
pub(super) fn builder(issuer: &str, args: &Token) -> Result<Builder, CliError> {
    let secret = if args.secret_stdin {
        secret_from_stdin("the client's secret")?
    } else {
        secret_from_environment()?
    };
    let mut builder = Tokens::client_credentials(issuer, &args.client_id, secret.expose());
    if let Some(scope) = &args.scope {
        builder = builder.scope(scope);
    }
    if let Some(audience) = &args.audience {
        builder = builder.audience(audience);
    }
    Ok(builder)
}

fn secret_from_environment() -> Result<Secret, CliError> {
    match std::env::var("GRANTOR_CLIENT_SECRET") {
        Ok(secret) if !secret.is_empty() => Ok(Secret::new(secret)),
        Ok(_) | Err(VarError::NotPresent) => Err(CliError::usage(
            "there is no client secret: set GRANTOR_CLIENT_SECRET, or use --secret-stdin",
        )),
        Err(VarError::NotUnicode(_)) => Err(CliError::usage(
            "GRANTOR_CLIENT_SECRET is not text in UTF-8",
        )),
    }
}

fn no_token(error: grantor_client::Error, issuer: &str) -> CliError {
    CliError::from(error).because(&format!("no token from {issuer}"))
}
