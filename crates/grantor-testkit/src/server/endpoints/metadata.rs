//! The metadata document (RFC 8414).

use bytes::Bytes;
use grantor_core::{Issuer, ServerMetadata};
use http::Response;
use serde_json::{Map, Value};

use crate::server::answer;
use crate::server::state::State;

pub(in crate::server) fn metadata(issuer: &Issuer, state: &State) -> ServerMetadata {
    let mut metadata = ServerMetadata::new(issuer.clone());
    metadata.authorization_endpoint = Some(issuer.join("/authorize"));
    metadata.token_endpoint = Some(issuer.join("/token"));
    metadata.introspection_endpoint = Some(issuer.join("/introspect"));
    metadata.revocation_endpoint = Some(issuer.join("/revoke"));
    metadata.jwks_uri = Some(issuer.join("/jwks"));
    metadata.userinfo_endpoint = Some(issuer.join("/userinfo"));
    metadata.end_session_endpoint = Some(issuer.join("/end_session"));
    metadata.id_token_signing_alg_values_supported = state.openid.algorithms();
    metadata.registration_endpoint = Some(issuer.join("/register"));
    metadata.pushed_authorization_request_endpoint = Some(issuer.join("/par"));
    metadata.require_pushed_authorization_requests = state.requires_pushed;
    metadata.backchannel_authentication_endpoint = Some(issuer.join("/backchannel"));
    metadata.require_signed_request_object = state.requests.required;
    metadata.authorization_signing_alg_values_supported = state.openid.algorithms();
    metadata.response_types_supported = RESPONSE_TYPES.map(str::to_owned).to_vec();
    metadata.response_modes_supported = RESPONSE_MODES.map(str::to_owned).to_vec();
    metadata
        .grant_types_supported
        .clone_from(&state.grant_types);
    metadata.code_challenge_methods_supported = vec!["S256".to_owned()];
    metadata.authorization_response_iss_parameter_supported = true;
    metadata
        .token_endpoint_auth_methods_supported
        .clone_from(&state.auth_methods);
    metadata
}

/// The endpoints that have an alias for clients with a certificate (RFC 8705 section 5).
const ALIASED: [&str; 6] = [
    "token_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "userinfo_endpoint",
];

const RESPONSE_TYPES: [&str; 7] = [
    "code",
    "code id_token",
    "code token",
    "code id_token token",
    "id_token",
    "id_token token",
    "token",
];
const RESPONSE_MODES: [&str; 7] = [
    "query",
    "fragment",
    "form_post",
    "jwt",
    "query.jwt",
    "fragment.jwt",
    "form_post.jwt",
];

pub(super) fn answer(issuer: &Issuer, state: &State) -> Response<Bytes> {
    let json = metadata(issuer, state).to_json();
    let mut members: Map<String, Value> = serde_json::from_str(&json).unwrap_or_default();
    let device = issuer.join("/device_authorization").to_string();
    members.insert("device_authorization_endpoint".to_owned(), device.into());
    if let Some(origin) = &state.mtls.aliases {
        let bound = "tls_client_certificate_bound_access_tokens";
        members.insert(bound.to_owned(), true.into());
        let aliases = members.iter().filter_map(|(name, value)| {
            let path = value.as_str()?.strip_prefix(issuer.as_str())?;
            let alias = format!("{origin}{path}");
            ALIASED
                .contains(&&**name)
                .then(|| (name.clone(), alias.into()))
        });
        let aliases = Value::Object(aliases.collect());
        members.insert("mtls_endpoint_aliases".to_owned(), aliases);
    }
    for (name, value) in &state.metadata {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    answer::json(200, &Value::Object(members))
}
