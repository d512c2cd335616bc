//! Parameters that lead deep into an endpoint.

use grantor_server::EndpointRow;

use crate::visit::Visit;

/// A good authorization request.
pub(crate) const AUTHORIZATION: &str = "response_type=code&client_id=client\
    &redirect_uri=https://app.example/cb&scope=read&state=1\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
/// Its code verifier.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The parameters that requests to an endpoint have besides the one that is filled. An endpoint that
/// is not listed has requests all the same.
pub(crate) fn bases(row: &EndpointRow, visit: &Visit) -> Vec<String> {
    match row.name {
        "token" => vec![
            "grant_type=client_credentials".to_owned(),
            format!(
                "grant_type=authorization_code&code=gc_A&code_verifier={VERIFIER}\
                 &redirect_uri=https://app.example/cb"
            ),
            format!(
                "grant_type=refresh_token&refresh_token={}",
                visit.refresh_token
            ),
            "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=gd_A".to_owned(),
            "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=e30.e30.e30"
                .to_owned(),
            format!(
                "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token={}\
                 &subject_token_type=urn:ietf:params:oauth:token-type:access_token",
                visit.access_token
            ),
        ],
        "introspection" => vec![format!("token={}", visit.access_token)],
        // A good token would be gone with the first request.
        "revocation" => vec!["token=ga_A".to_owned()],
        "authorization" | "pushed authorization request" => vec![AUTHORIZATION.to_owned()],
        "verification" => vec![format!("{}&user_code=BCDF-GHJK", visit.user_code_form)],
        "resume" => vec![
            format!("{}&username=alice&password=wrong", visit.login_form),
            format!("{}&decision=allow", visit.consent_form),
        ],
        _ => vec![String::new()],
    }
}

/// The names of all parameters, known to an endpoint or not.
pub(crate) const PARAMETERS: &[&str] = &[
    "acr_values",
    "actor_token",
    "actor_token_type",
    "assertion",
    "audience",
    "authorization_details",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "csrf",
    "decision",
    "device_code",
    "display",
    "dpop_jkt",
    "grant_type",
    "id_token_hint",
    "interaction",
    "login_hint",
    "max_age",
    "name",
    "nonce",
    "password",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "registration",
    "request",
    "request_uri",
    "requested_token_type",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "step",
    "subject_token",
    "subject_token_type",
    "token",
    "token_type_hint",
    "ui_locales",
    "unknown",
    "user",
    "user_code",
    "username",
];

/// Those that every way to a token reads.
pub(crate) const COMMON: &[&str] = &[
    "audience",
    "client_id",
    "client_secret",
    "resource",
    "scope",
];
