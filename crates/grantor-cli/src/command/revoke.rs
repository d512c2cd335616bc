//! `grantor revoke`.

use std::process::ExitCode;

use grantor_core::RevocationRequest;
use serde_json::json;

use super::client_options::{asking, with_way_out};
use super::input;
use super::server_options::Named;
use crate::args::{Common, Revoke};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(common: &Common, args: &Revoke, output: &Output) -> Result<ExitCode, CliError> {
    let endpoint = args.revocation_endpoint.as_ref();
    let named = Named::with_endpoint(common, &args.server, endpoint, |server, url| {
        server.endpoints.revocation = Some(url);
    });
    let Named { server, name } = named?;
    input::one_from_stdin(&args.input, &args.client)?;
    let mut request = RevocationRequest::new(input::token(&args.input)?);
    request.token_type_hint = args.hint.map(Into::into);
    let tokens = asking(server, &args.client, &args.server.connection)?;
    crate::block_on(async {
        let revoked = tokens.revoke(&request).await.map_err(CliError::from);
        let revoked = with_way_out(revoked, &tokens, &args.client, |metadata| {
            &metadata.revocation_endpoint_auth_methods_supported
        });
        let revoked = revoked.await;
        tokens.close().await;
        revoked.map_err(|error| error.because(&format!("the token is not revoked at {name}")))?;
        // RFC 7009 section 2.2: the answer is the same for a token that the server does not know.
        let text = "the token is good no longer, if it was";
        output.result(text, &json!({ "revoked": true }))?;
        Ok(Exit::Done.into())
    })
}
