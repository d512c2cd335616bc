//! The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636).

use grantor_core::{CodeChallenge, CodeVerifier, ErrorCode, Scope};

use super::{Decision, Granted, details, needed, refuse};
use crate::server::RecordedRequest;
use crate::server::state::State;

/// An authorization code that was not redeemed yet.
pub(in crate::server) struct Code {
    pub(in crate::server) code: String,
    pub(in crate::server) client_id: Option<String>,
    pub(in crate::server) redirect_uri: String,
    pub(in crate::server) challenge: CodeChallenge,
    pub(in crate::server) scope: Option<Scope>,
    /// For the ID token.
    pub(in crate::server) nonce: Option<String>,
    /// RFC 9449 section 10.
    pub(in crate::server) dpop_jkt: Option<String>,
    /// RFC 9396, as it was asked for.
    pub(in crate::server) details: Option<String>,
}

/// RFC 6749 section 4.1.3, RFC 7636 section 4.6.
pub(super) fn redeem(state: &mut State, request: &RecordedRequest) -> Decision {
    let code = needed(request, "code")?;
    let mut codes = state.codes.iter();
    let Some(at) = codes.position(|known| known.code == code) else {
        return refuse(ErrorCode::InvalidGrant, "the code is not known");
    };
    let known = state.codes.remove(at);
    let verifier = request.parameter("code_verifier");
    let verifier = verifier.and_then(|text| CodeVerifier::parse(&text).ok());
    let proven = verifier.is_some_and(|verifier| verifier.challenge() == known.challenge);
    if !proven || request.parameter("redirect_uri").as_ref() != Some(&known.redirect_uri) {
        return refuse(ErrorCode::InvalidGrant, "the code is of another request");
    }
    if request.client_id() != known.client_id {
        return refuse(ErrorCode::InvalidGrant, "the code is of another client");
    }
    let asked = Granted::of(request);
    let of_code = known.details.as_deref().and_then(details);
    let granted = Granted {
        scope: known.scope,
        nonce: known.nonce,
        // RFC 9396 section 6.1: a token may have less than the code.
        details: asked.details.clone().or(of_code),
        ..asked
    };
    Ok(granted.with_login(state))
}
