//! Tokens that are bound to a key (RFC 9449), checked by grantor-jose alone.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{ErrorCode, ErrorResponse, Timestamp};
use grantor_jose::dpop;
use http::{HeaderValue, Response};

use super::state::State;
use super::{FakeServer, RecordedRequest, answer};

const NONCE: &str = "dpop-nonce";

/// The keys and proofs that the server has seen.
#[derive(Default)]
pub(super) struct DpopSettings {
    required: bool,
    wants_nonces: bool,
    /// How often the nonces were changed.
    nonces: u64,
    /// The proofs that were used: thumbprint and `jti`.
    used: HashSet<(String, String)>,
    /// The keys that logins are bound to.
    logins: HashMap<usize, String>,
}

/// The sides that ask for a nonce: each has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Server,
    Api,
}

/// How it treats proofs, from now on. Whoever sends a good one gets a token that is bound to its key.
impl FakeServer {
    /// Token requests without a good proof are refused; before, a bad one is passed over.
    pub fn require_dpop(&self) {
        self.lock().dpop.required = true;
    }

    /// Proofs need a nonce: one of the token endpoint and another one of the API, each of which says it
    /// in its answers.
    pub fn require_dpop_nonces(&self) {
        self.lock().dpop.wants_nonces = true;
    }

    /// Both have another nonce from now on.
    pub fn change_dpop_nonces(&self) {
        self.lock().dpop.nonces += 1;
    }

    /// The thumbprint of the key that an access token is bound to.
    #[must_use]
    pub fn dpop_thumbprint(&self, access_token: &str) -> Option<String> {
        self.lock().access_token(access_token)?.jkt.clone()
    }
}

impl DpopSettings {
    fn nonce(&self, party: Party) -> Option<String> {
        let name = match party {
            Party::Server => "server",
            Party::Api => "api",
        };
        self.wants_nonces
            .then(|| format!("{name}-nonce-{}", self.nonces))
    }

    /// Adds the nonce that the next request needs.
    pub(super) fn announce(&self, party: Party, answer: &mut Response<Bytes>) {
        let nonce = self.nonce(party);
        let nonce = nonce.and_then(|nonce| HeaderValue::from_str(&nonce).ok());
        if let Some(nonce) = nonce {
            answer.headers_mut().insert(NONCE, nonce);
        }
    }

    pub(super) fn bind_login(&mut self, login: usize, thumbprint: &str) {
        self.logins.insert(login, thumbprint.to_owned());
    }
}

/// The thumbprint of the proof of a token request; none, if there is none and none is needed.
pub(super) fn of_token_request(
    server: &FakeServer,
    request: &RecordedRequest,
) -> Result<Option<String>, ErrorCode> {
    let state = &mut server.lock();
    let needed = state.dpop.required || state.dpop.wants_nonces;
    if !state.dpop.required && !request.headers().contains_key("dpop") {
        return Ok(None);
    }
    let proven = match check(state, server, request, Party::Server, None) {
        // A test of something else may have written it by hand.
        Err(_) if !needed => return Ok(None),
        proven => proven?,
    };
    if grant_is_bound_to_another(state, request, &proven) {
        return Err(ErrorCode::InvalidGrant);
    }
    Ok(Some(proven))
}

/// The answer to a token request without a good proof.
pub(super) fn refusal(server: &FakeServer, code: ErrorCode) -> Response<Bytes> {
    let refused = ErrorResponse::new(code, "the DPoP proof");
    let mut answer = answer::refusal(&refused);
    server.lock().dpop.announce(Party::Server, &mut answer);
    answer
}

/// Returns whether a code or a refresh token is bound to another key (RFC 9449 sections 5 and 10).
fn grant_is_bound_to_another(state: &State, request: &RecordedRequest, proven: &str) -> bool {
    let login = request.parameter("refresh_token");
    let login = login.and_then(|token| state.logins.login_of(&token));
    let of_login = login.and_then(|login| state.dpop.logins.get(&login));
    let code = request.parameter("code");
    let of_code = code.and_then(|code| state.codes.iter().find(|known| known.code == code));
    let of_code = of_code.and_then(|code| code.dpop_jkt.as_ref());
    [of_login, of_code]
        .into_iter()
        .flatten()
        .any(|bound| bound != proven)
}

/// Checks a proof with a token that is bound to a key.
pub(super) fn of_api_call(
    state: &mut State,
    server: &FakeServer,
    request: &RecordedRequest,
    (token, thumbprint): (&str, &str),
) -> Result<(), ErrorCode> {
    let scheme = request.headers().get("authorization");
    let scheme = scheme
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !scheme.to_ascii_lowercase().starts_with("dpop ") {
        return Err(ErrorCode::Other("invalid_token".to_owned()));
    }
    check(
        state,
        server,
        request,
        Party::Api,
        Some((token, thumbprint)),
    )
    .map(|_| ())
}

fn check(
    state: &mut State,
    server: &FakeServer,
    request: &RecordedRequest,
    party: Party,
    token: Option<(&str, &str)>,
) -> Result<String, ErrorCode> {
    let mut proofs = request.headers().get_all("dpop").iter();
    let (Some(proof), None) = (proofs.next(), proofs.next()) else {
        return Err(ErrorCode::InvalidDpopProof);
    };
    let proof = proof.to_str().map_err(|_| ErrorCode::InvalidDpopProof)?;
    let uri = request.request().uri();
    let uri = match uri.authority() {
        Some(_) => uri.to_string(),
        None => server
            .issuer
            .url()
            .join(&uri.to_string())
            .map_or_else(|_| String::new(), String::from),
    };
    let nonce = state.dpop.nonce(party);
    let mut expected = dpop::Request::new(request.request().method().as_str(), &uri);
    if let Some(nonce) = &nonce {
        expected = expected.with_nonce(nonce);
    }
    if let Some((token, thumbprint)) = token {
        expected = expected.with_access_token(token).bound_to(thumbprint);
    }
    // Without a clock of its own it believes every time.
    let century = Duration::from_secs(100 * 365 * 24 * 3600);
    let (policy, now) = match state.now() {
        Some(now) => (dpop::Policy::new(), now),
        None => (
            dpop::Policy::new().with_max_age(century * 2),
            Timestamp::from_secs(0) + century,
        ),
    };
    let proven = dpop::verify(proof, &expected, &policy, now).map_err(|error| match error {
        grantor_jose::Error::WrongNonce | grantor_jose::Error::MissingClaim("nonce") => {
            ErrorCode::UseDpopNonce
        }
        _ => ErrorCode::InvalidDpopProof,
    })?;
    let used = (proven.thumbprint.clone(), proven.jwt_id);
    match state.dpop.used.insert(used) {
        true => Ok(proven.thumbprint),
        false => Err(ErrorCode::InvalidDpopProof),
    }
}
