//! The three endpoints (RFC 5849 section 2), and calls of the API that are signed.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};
use url::Url;

use super::problem::{Problem, problem};
use super::state::{CredentialsShape, Progress};
use super::verify::Claimed;
use crate::server::{FakeServer, RecordedRequest, answer};

/// Hands out temporary credentials (section 2.1).
pub(in crate::server) fn temporary_credentials(
    server: &FakeServer,
    request: &RecordedRequest,
) -> Response<Bytes> {
    let begin = || {
        let state = &mut *server.lock();
        let claimed = Claimed::read(state, request)?;
        let callback = claimed.parameters.get("oauth_callback");
        let callback = callback.filter(|text| text == "oob" || Url::parse(text).is_ok());
        let no_callback = problem("parameter_absent", "oauth_callback is a URL, or oob");
        let callback = callback.ok_or(no_callback)?;
        claimed.verify(&server.issuer, state, request, "")?;
        let begun = state.oauth1.begin(&claimed.client, &callback);
        let mut members = credentials(&begun.identifier, &begun.secret);
        members.insert("oauth_callback_confirmed".to_owned(), "true".into());
        Ok((members, state.oauth1.shape.clone()))
    };
    answer_of(begin())
}

/// Hands out the credentials of a token (section 2.3).
pub(in crate::server) fn token_credentials(
    server: &FakeServer,
    request: &RecordedRequest,
) -> Response<Bytes> {
    let redeem = || {
        let state = &mut *server.lock();
        let claimed = Claimed::read(state, request)?;
        let get = |name| claimed.parameters.get(name).unwrap_or_default();
        let rejected = problem("token_rejected", "the temporary credentials are not known");
        let temporary = state
            .oauth1
            .temporary(&get("oauth_token"))
            .ok_or(rejected)?;
        if temporary.client != claimed.client {
            return Err(rejected);
        }
        let progress = temporary.progress.clone();
        let (identifier, secret) = (temporary.identifier.clone(), temporary.secret.clone());
        claimed.verify(&server.issuer, state, request, &secret)?;
        match progress {
            Progress::Used => Err(problem("token_used", "they were redeemed before")),
            Progress::Denied => Err(problem("permission_denied", "the user said no")),
            Progress::Begun => Err(problem("permission_unknown", "the user did not decide yet")),
            Progress::Allowed(verifier) if verifier != get("oauth_verifier") => {
                Err(problem("verifier_invalid", "the verifier is another one"))
            }
            Progress::Allowed(_) => {
                if let Some(temporary) = state.oauth1.temporary(&identifier) {
                    temporary.progress = Progress::Used;
                }
                let (identifier, secret) = state.oauth1.issue(&claimed.client);
                Ok((
                    credentials(&identifier, &secret),
                    state.oauth1.shape.clone(),
                ))
            }
        }
    };
    answer_of(redeem())
}

/// The answer to a signed call that is not good. One without a token is a client's own (section 3.1).
pub(in crate::server) fn api_refusal(
    server: &FakeServer,
    request: &RecordedRequest,
) -> Option<Response<Bytes>> {
    let verify = || {
        let state = &mut *server.lock();
        let claimed = Claimed::read(state, request)?;
        let secret = match claimed.parameters.get("oauth_token") {
            None => String::new(),
            Some(identifier) => {
                let known = state.oauth1.tokens.get(&identifier);
                let known = known.filter(|token| token.client == claimed.client);
                let rejected = problem("token_rejected", "the token is not known");
                known.ok_or(rejected)?.secret.clone()
            }
        };
        claimed.verify(&server.issuer, state, request, &secret)
    };
    verify().err().map(Problem::to_answer)
}

/// A user who consents at once, without a page (section 2.2).
pub(in crate::server) fn authorization(
    server: &FakeServer,
    request: &RecordedRequest,
) -> Response<Bytes> {
    match server.decide_oauth1(request.request().uri().query(), true) {
        None => answer::html(400, "the temporary credentials are not known"),
        Some(decided) => match decided.redirect() {
            None => answer::html(200, decided.verifier.unwrap_or_default()),
            Some(url) => {
                let mut redirect = answer::empty(StatusCode::FOUND);
                if let Ok(location) = HeaderValue::from_str(url.as_str()) {
                    redirect.headers_mut().insert(header::LOCATION, location);
                }
                redirect
            }
        },
    }
}

fn credentials(identifier: &str, secret: &str) -> Map<String, Value> {
    let members = [("oauth_token", identifier), ("oauth_token_secret", secret)];
    let members = members.map(|(name, value)| (name.to_owned(), Value::from(value)));
    members.into_iter().collect()
}

type Members = (Map<String, Value>, Option<CredentialsShape>);

/// The test's own function is called without the lock, so that it may use the server.
fn answer_of(result: Result<Members, Problem>) -> Response<Bytes> {
    match result {
        Err(problem) => problem.to_answer(),
        Ok((members, Some(shape))) => shape(&members),
        Ok((members, None)) => answer::form(&members),
    }
}
