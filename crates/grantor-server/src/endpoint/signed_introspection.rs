//! Introspections that are signed (RFC 9701), for callers that ask for it.

use grantor_core::Introspection;
use grantor_jose::{Algorithm, jwt};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::client::Client;
use crate::config::AccessTokens;
use crate::error::Error;
use crate::http::{Call, Reply};
use crate::services::Services;

/// RFC 9701 section 5.
const MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// The algorithm of the answer as a JWT, if the caller prefers that to JSON and the server has a key for
/// it: that of its access tokens.
pub(super) fn wanted(services: &Services, call: &Call<'_>) -> Option<Algorithm> {
    match services.tokens.kind {
        AccessTokens::Jwt(algorithm) => asks_for_it(&call.head.headers).then_some(algorithm),
        _ => None,
    }
}

/// The answer as a JWT.
///
/// # Errors
/// The key is missing, or does not sign.
pub(super) async fn reply(
    services: &Services,
    call: &Call<'_>,
    algorithm: Algorithm,
    answer: &Introspection,
) -> Result<Reply, Error> {
    let tokens = &services.tokens;
    if tokens.keys.is_refresh_due(call.now) {
        Box::pin(tokens.keys.refresh()).await;
    }
    let claims = claims(services, call.client()?, call, answer)?;
    let signed = tokens.keys.with_signing(|keys| {
        let key = keys.active(algorithm, call.now)?;
        Some(jwt::sign_json(key, jwt::Typ::INTROSPECTION, &claims))
    });
    let Some(Ok(token)) = signed else {
        return Err(Error::Internal(format!("there is no {algorithm} key")));
    };
    let mut reply = Reply::json(StatusCode::OK, token);
    reply.set(header::CONTENT_TYPE, MEDIA_TYPE);
    Ok(reply)
}

/// The claims of RFC 9701 section 5. Nothing of the token is beside `token_introspection`, so that the JWT
/// never passes for the token.
fn claims(
    services: &Services,
    caller: &Client,
    call: &Call<'_>,
    answer: &Introspection,
) -> Result<String, Error> {
    let answer: serde_json::Value = serde_json::from_str(&answer.to_json())
        .map_err(|_| Error::Internal("the introspection can't be written".to_owned()))?;
    let claims = json!({
        "iss": services.issuer.as_str(), "aud": caller.id, "iat": call.now.as_secs(),
        "token_introspection": answer,
    });
    Ok(claims.to_string())
}

/// Whether a header names the type. Whoever names JSON too wants it only as the second.
fn asks_for_it(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let mut types = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|one| one.split(';').next())
        .map(|one| one.trim().to_ascii_lowercase());
    let known = [MEDIA_TYPE, "application/json"];
    types.find(|one| known.contains(&one.as_str())).as_deref() == Some(MEDIA_TYPE)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_type_that_is_named_first_is_the_answer() {
        for (accept, expected) in [
            ("application/token-introspection+jwt", true),
            (
                "Application/Token-Introspection+JWT;q=1, application/json",
                true,
            ),
            (
                "application/json, application/token-introspection+jwt",
                false,
            ),
            ("*/*", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(asks_for_it(&headers), expected, "{accept}");
        }
        assert!(!asks_for_it(&HeaderMap::new()));
    }
}
