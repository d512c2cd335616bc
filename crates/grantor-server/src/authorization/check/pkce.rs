//! The check of the PKCE challenge.

use grantor_core::{ChallengeMethod, CodeChallenge, ResponseMode};
use grantor_jose::check::{holds, is_off};

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;
use crate::policy::Pkce;

/// There is a PKCE challenge if the policy requires one, and it is by S256 (RFC 7636, RFC 9700
/// section 2.1.1).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    if context.response_mode == ResponseMode::Fragment {
        // No code comes of it that a verifier could be asked for.
        return Ok(());
    }
    let request = &context.request;
    let method = request.code_challenge_method.as_deref();
    let Some(challenge) = request.code_challenge.as_deref() else {
        if method.is_some() {
            return Err(Error::invalid_request(
                "\"code_challenge_method\" without \"code_challenge\"",
            ));
        }
        return match context.policy.pkce {
            Pkce::RequiredS256 if is_off("pkce.required") => Ok(()),
            Pkce::RequiredS256 => Err(Error::invalid_request(
                "\"code_challenge\" is missing: PKCE is required",
            )),
            Pkce::Optional => Ok(()),
        };
    };
    let challenge = CodeChallenge::parse(challenge, method)
        .map_err(|error| Error::invalid_request(error.to_string()))?;
    // RFC 7636 section 4.4.1: a server that does not support the method says so.
    if !holds("pkce.s256", challenge.method == ChallengeMethod::S256) {
        return Err(Error::invalid_request(
            "\"code_challenge_method\" must be S256",
        ));
    }
    context.challenge = Some(challenge);
    Ok(())
}
