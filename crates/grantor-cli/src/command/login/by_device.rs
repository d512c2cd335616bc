//! Signing in on another device: a code to type in (RFC 8628).

use grantor_client::{PendingDeviceAuthorization, SignedIn, TokensBuilder};
use serde_json::json;

use super::too_late;
use crate::args::Login;
use crate::error::CliError;
use crate::output::{Output, escape_controls};

/// Has the server give a code.
///
/// # Errors
/// It has no devices, or this client may use none.
pub(super) async fn start(builder: TokensBuilder) -> Result<PendingDeviceAuthorization, CliError> {
    let started = builder.device_flow()?.start().await;
    started.map_err(|error| {
        let may_work_without = error.is_configuration() || error.is_refused();
        let error = CliError::from(error);
        match error.next() {
            None if may_work_without => error.hint(
                "the server must have the device grant, and allow it to this client: at grantor serve \
                 that is \"device_code\" in grant_types of its configuration, and in --grant of grantor \
                 client set. Or leave --device out: a browser on this machine is used then, and \
                 --no-browser prints the URL for another one",
            ),
            _ => error,
        }
    })
}

/// Shows the code, and waits until its user has agreed.
pub(super) async fn sign_in(
    waiting: PendingDeviceAuthorization,
    args: &Login,
    output: &Output,
) -> Result<SignedIn, CliError> {
    let limit = args.timeout.min(waiting.expires_in);
    announce(&waiting, output);
    match tokio::time::timeout(limit, waiting.finish()).await {
        Ok(signed_in) => Ok(signed_in?),
        Err(_) => Err(too_late(limit)),
    }
}

fn announce(waiting: &PendingDeviceAuthorization, output: &Output) {
    let complete = waiting.verification_uri_complete.as_ref();
    if output.is_json() {
        let json = json!({
            "verification_uri": waiting.verification_uri,
            "verification_uri_complete": complete,
            "user_code": waiting.user_code,
            "expires_in": waiting.expires_in.as_secs(),
        });
        return output.note(&escape_controls(&json.to_string()));
    }
    let (uri, code) = (&waiting.verification_uri, &waiting.user_code);
    let mut text = format!("On any device, open {uri} and type in the code {code}");
    if let Some(complete) = complete {
        text.push_str(&format!(
            "\nor open {complete} and compare the code that it shows with {code}"
        ));
    }
    output.note(&escape_controls(&text));
}
