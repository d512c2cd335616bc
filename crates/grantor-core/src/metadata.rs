//! Authorization server metadata (RFC 8414).

#[cfg(feature = "exchange")]
mod read;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

#[cfg(feature = "exchange")]
pub use self::read::InvalidMetadata;
use crate::client_authentication::TokenEndpointAuthMethod;
use crate::issuer::Issuer;

/// The metadata that an authorization server publishes (RFC 8414 section 2, OpenID Connect
/// Discovery section 3). Members that are not listed are kept in `extra`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerMetadata {
    /// The server's identifier.
    pub issuer: Issuer,
    /// Where users are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Url>,
    /// The token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Url>,
    /// Where devices begin (RFC 8628 section 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<Url>,
    /// Where requests are pushed before the user is sent (RFC 9126 section 5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_endpoint: Option<Url>,
    /// True if every request has to be pushed.
    #[serde(skip_serializing_if = "is_false")]
    pub require_pushed_authorization_requests: bool,
    /// True if every request has to be a signed request object (RFC 9101 section 10.5).
    #[serde(skip_serializing_if = "is_false")]
    pub require_signed_request_object: bool,
    /// Where users are asked without a browser (OpenID Connect CIBA Core section 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_endpoint: Option<Url>,
    /// Where the keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// Where tokens are looked up (RFC 7662).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<Url>,
    /// Where tokens are given up (RFC 7009).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<Url>,
    /// Where the claims about a user are (OpenID Connect Core section 5.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<Url>,
    /// Where a user's session ends (OpenID Connect RP-Initiated Logout section 2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<Url>,
    /// The algorithms of signatures of ID tokens, by name; unknown ones are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// The algorithms of signatures of authorization responses that are a JWT (JARM section 4), by name;
    /// unknown ones are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_signing_alg_values_supported: Vec<String>,
    /// The scope values that may be asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// The response types of the authorization endpoint.
    pub response_types_supported: Vec<String>,
    /// How the answers of the authorization endpoint travel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_modes_supported: Vec<String>,
    /// The grant types of the token endpoint; `authorization_code` and `implicit` if not said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<String>,
    /// How clients may authenticate; `client_secret_basic` if not said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    /// How callers of the introspection endpoint may authenticate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    /// How callers of the revocation endpoint may authenticate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    /// The PKCE methods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// True if answers of the authorization endpoint name the server (RFC 9207).
    #[serde(skip_serializing_if = "is_false")]
    pub authorization_response_iss_parameter_supported: bool,
    /// Where clients register themselves (RFC 7591).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<Url>,
    /// Where endpoints are for clients that present a certificate, by the name of the endpoint (RFC 8705
    /// section 5).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mtls_endpoint_aliases: BTreeMap<String, Url>,
    /// True if the server binds access tokens to the certificates of clients (RFC 8705 section 3.3).
    #[serde(skip_serializing_if = "is_false")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Whether a client may be the URL of its metadata document
    /// (draft-ietf-oauth-client-id-metadata-document section 5).
    #[serde(skip_serializing_if = "is_false")]
    pub client_id_metadata_document_supported: bool,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ServerMetadata {
    /// Metadata with nothing but the issuer.
    #[must_use]
    pub fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            authorization_endpoint: None,
            token_endpoint: None,
            device_authorization_endpoint: None,
            pushed_authorization_request_endpoint: None,
            require_pushed_authorization_requests: false,
            require_signed_request_object: false,
            backchannel_authentication_endpoint: None,
            jwks_uri: None,
            introspection_endpoint: None,
            revocation_endpoint: None,
            userinfo_endpoint: None,
            end_session_endpoint: None,
            id_token_signing_alg_values_supported: Vec::new(),
            authorization_signing_alg_values_supported: Vec::new(),
            scopes_supported: Vec::new(),
            response_types_supported: Vec::new(),
            response_modes_supported: Vec::new(),
            grant_types_supported: Vec::new(),
            token_endpoint_auth_methods_supported: Vec::new(),
            introspection_endpoint_auth_methods_supported: Vec::new(),
            revocation_endpoint_auth_methods_supported: Vec::new(),
            code_challenge_methods_supported: Vec::new(),
            authorization_response_iss_parameter_supported: false,
            registration_endpoint: None,
            mtls_endpoint_aliases: BTreeMap::new(),
            tls_client_certificate_bound_access_tokens: false,
            client_id_metadata_document_supported: false,
            extra: Map::new(),
        }
    }

    /// Returns it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The URLs of the server by the names of their members: all that is fetched there, or to which a
    /// browser is sent.
    #[must_use]
    pub fn endpoints(&self) -> [(&'static str, Option<&Url>); 11] {
        [
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            (
                "device_authorization_endpoint",
                &self.device_authorization_endpoint,
            ),
            (
                "pushed_authorization_request_endpoint",
                &self.pushed_authorization_request_endpoint,
            ),
            (
                "backchannel_authentication_endpoint",
                &self.backchannel_authentication_endpoint,
            ),
            ("jwks_uri", &self.jwks_uri),
            ("introspection_endpoint", &self.introspection_endpoint),
            ("revocation_endpoint", &self.revocation_endpoint),
            ("registration_endpoint", &self.registration_endpoint),
            ("userinfo_endpoint", &self.userinfo_endpoint),
            ("end_session_endpoint", &self.end_session_endpoint),
        ]
        .map(|(name, url)| (name, url.as_ref()))
    }

    /// Returns whether the token endpoint takes this grant type, to the letter of RFC 8414 section
    /// 2: without a list it is `authorization_code` and `implicit`.
    #[must_use]
    pub fn supports_grant(&self, grant_type: &str) -> bool {
        let listed = self.lists_grant(grant_type);
        listed.unwrap_or(matches!(grant_type, "authorization_code" | "implicit"))
    }

    /// Returns whether this grant type is listed; none if there is no list. Servers without a list
    /// take more than RFC 8414 says of them, so a client does better to try than to believe.
    #[must_use]
    pub fn lists_grant(&self, grant_type: &str) -> Option<bool> {
        let listed = &self.grant_types_supported;
        (!listed.is_empty()).then(|| listed.iter().any(|one| one == grant_type))
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("https://a.example").unwrap()
    }

    #[test]
    fn round_trips() {
        let mut metadata = ServerMetadata::new(issuer());
        metadata.token_endpoint = Some(issuer().join("/token"));
        metadata.token_endpoint_auth_methods_supported =
            vec![TokenEndpointAuthMethod::ClientSecretBasic];
        metadata.tls_client_certificate_bound_access_tokens = true;
        let alias = ("token_endpoint".to_owned(), issuer().join("/mtls/token"));
        metadata.mtls_endpoint_aliases.extend([alias]);
        metadata.extra.insert("x".into(), 1.into());
        let json = metadata.to_json();
        assert_eq!(
            ServerMetadata::parse(json.as_bytes(), &issuer()),
            Ok(metadata)
        );
    }

    #[test]
    fn knows_the_grants_that_are_listed_and_those_of_no_list() {
        let mut metadata = ServerMetadata::new(issuer());
        for grant in ["authorization_code", "implicit"] {
            assert!(metadata.supports_grant(grant));
            assert_eq!(metadata.lists_grant(grant), None);
        }
        assert!(!metadata.supports_grant("password"));
        metadata.grant_types_supported = vec!["password".into()];
        assert!(metadata.supports_grant("password"));
        assert_eq!(metadata.lists_grant("password"), Some(true));
        assert!(!metadata.supports_grant("implicit"));
        assert_eq!(metadata.lists_grant("implicit"), Some(false));
    }

    #[test]
    fn rejects_another_issuer() {
        let json = br#"{"issuer":"https://a.example/"}"#;
        assert_eq!(
            ServerMetadata::parse(json, &issuer()),
            Err(InvalidMetadata::OtherIssuer("https://a.example/".into()))
        );
    }
}
