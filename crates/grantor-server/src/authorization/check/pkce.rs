use grantor_core::{BoxFuture, ChallengeMethod, CodeChallenge, ErrorCode};

use crate::authorization::table::Checked;
use crate::{Error, Profile};

/// There is a PKCE challenge, by S256 (RFC 7636, RFC 9700 section 2.1.1).
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &mut Checked<'_>) -> Result<(), Error> {
    let refuse = |description: &str| Error::refused(ErrorCode::InvalidRequest, description);
    let request = &checked.request;
    let Some(challenge) = request.code_challenge.as_deref() else {
        if request.code_challenge_method.is_some() {
            return Err(refuse(
                "\"code_challenge_method\" without \"code_challenge\"",
            ));
        }
        return match checked.inner.config.profile {
            Profile::OAuth21 => Err(refuse("\"code_challenge\" is missing: PKCE is required")),
        };
    };
    let challenge = CodeChallenge::parse(challenge, request.code_challenge_method.as_deref())
        .map_err(|error| refuse(&error.to_string()))?;
    // RFC 7636 section 4.4.1: a server that does not support the method says so.
    if challenge.method != ChallengeMethod::S256 {
        return Err(refuse("\"code_challenge_method\" must be S256"));
    }
    checked.challenge = Some(challenge);
    Ok(())
}
