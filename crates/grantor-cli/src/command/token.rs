//! `grantor token`.

use std::process::ExitCode;

use grantor_client::{Builder, Tokens};
use grantor_core::Secret;
use serde_json::json;

use super::secret_from_stdin;
use crate::args::Token;
use crate::error::CliError;
use crate::output::Output;

pub(crate) fn run(args: &Token, output: &Output) -> Result<ExitCode, CliError> {
    let tokens = builder(args)?.build()?;
    crate::block_on(async {
        let token = tokens.get().await?;
        let json = json!({
            "access_token": token.secret.expose(),
            "token_type": "Bearer",
            "scope": token.scope,
        });
        output.result(token.secret.expose(), &json);
        tokens.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The tokens that the options name.
pub(super) fn builder(args: &Token) -> Result<Builder, CliError> {
    let secret =
        if args.secret_stdin {
            secret_from_stdin("the client's secret")?
        } else {
            std::env::var("GRANTOR_CLIENT_SECRET").map(Secret::new).map_err(|_| {
            CliError::usage(
                "there is no client secret: set GRANTOR_CLIENT_SECRET, or use --secret-stdin",
            )
        })?
        };
    let mut builder = Tokens::client_credentials(&args.issuer, &args.client_id, secret.expose());
    if let Some(scope) = &args.scope {
        builder = builder.scope(scope);
    }
    if let Some(audience) = &args.audience {
        builder = builder.audience(audience);
    }
    Ok(builder)
}
