//! `grantor revoke`.

use std::process::ExitCode;

use grantor_core::RevocationRequest;
use serde_json::json;

use super::client_options::{asking, issuer};
use super::input;
use crate::args::{Common, Revoke};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(common: &Common, args: &Revoke, output: &Output) -> Result<ExitCode, CliError> {
    let issuer = issuer(common, args.client.issuer.as_ref())?;
    input::one_from_stdin(&args.input, &args.client)?;
    let mut request = RevocationRequest::new(input::token(&args.input)?);
    request.token_type_hint = args.hint.map(Into::into);
    let tokens = asking(&issuer, &args.client)?;
    crate::block_on(async {
        let revoked = tokens.revoke(&request).await;
        tokens.close().await;
        revoked.map_err(|error| {
            CliError::from(error).because(&format!("the token is not revoked at {issuer}"))
        })?;
        // RFC 7009 section 2.2: the answer is the same for a token that the server does not know.
        let text = "the token is good no longer, if it was";
        output.result(text, &json!({ "revoked": true }))?;
        Ok(Exit::Done.into())
    })
}
