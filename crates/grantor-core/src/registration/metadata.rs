//! The metadata of a client (RFC 7591 section 2).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::client_authentication::TokenEndpointAuthMethod;
use crate::members::{InvalidMember, Members};
use crate::redirect_uri::{InvalidRedirectUri, RedirectUri};
use crate::scope::{InvalidScope, Scope};

/// The metadata of a client (RFC 7591 section 2, OpenID Connect Registration section 2). Members
/// that are not listed are kept in `extra`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClientMetadata {
    /// Where authorization responses may go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<RedirectUri>,
    /// How the client authenticates; `client_secret_basic` if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,
    /// The grant types that it uses; `authorization_code` if not said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grant_types: Vec<String>,
    /// The response types that it uses; `code` if not said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_types: Vec<String>,
    /// Its name for users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The scope values that it may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Where it runs; `web` if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<ApplicationType>,
    /// Its web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<Url>,
    /// Its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<Url>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<Url>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<Url>,
    /// How to reach the people behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Where its public keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// Its public keys, a JSON Web Key Set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// The software, which is the same for all its instances.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// The version of the software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// True if all its access tokens are bound to its key by a proof of possession (RFC 9449
    /// section 5.2).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dpop_bound_access_tokens: bool,
    /// True if its authorization requests are pushed, and no others are taken (RFC 9126 section 6).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_pushed_authorization_requests: bool,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Where a client runs (OpenID Connect Registration section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ApplicationType {
    /// On a server: its redirect URIs are https.
    Web,
    /// On the user's device: its redirect URIs are loopback addresses, private schemes or https.
    Native,
    /// Another one.
    Other(String),
}

impl ApplicationType {
    /// Its name in metadata.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for ApplicationType {
    fn from(name: String) -> Self {
        match name.as_str() {
            "web" => Self::Web,
            "native" => Self::Native,
            _ => Self::Other(name),
        }
    }
}

impl From<ApplicationType> for String {
    fn from(kind: ApplicationType) -> Self {
        kind.as_str().to_owned()
    }
}

/// The reason why metadata of a client can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidClientMetadata {
    /// It is no JSON object, or a member occurs twice.
    Malformed,
    /// A redirect URI is none that a client may have: `invalid_redirect_uri` (RFC 7591 section 3.2.2).
    RedirectUri(InvalidRedirectUri),
    /// The scope can't be read.
    Scope(InvalidScope),
    /// A member has a value that it can't have.
    Member(InvalidMember),
}

impl fmt::Display for InvalidClientMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => {
                f.write_str("the metadata is not a JSON object with each member once")
            }
            Self::RedirectUri(why) => why.fmt(f),
            Self::Scope(why) => why.fmt(f),
            Self::Member(member) => member.fmt(f),
        }
    }
}

impl std::error::Error for InvalidClientMetadata {}

impl From<InvalidMember> for InvalidClientMetadata {
    fn from(member: InvalidMember) -> Self {
        Self::Member(member)
    }
}

impl ClientMetadata {
    /// Reads metadata. A member that is null or empty is absent.
    ///
    /// # Errors
    /// The fault, as [`InvalidClientMetadata`] lists them.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidClientMetadata> {
        let members = Members::parse(json).ok_or(InvalidClientMetadata::Malformed)?;
        Self::from_members(members)
    }

    pub(super) fn from_members(mut members: Members) -> Result<Self, InvalidClientMetadata> {
        let redirect_uris = members.list("redirect_uris")?;
        let redirect_uris = redirect_uris.iter().map(|uri| RedirectUri::parse(uri));
        let scope = members.text("scope")?;
        let scope = scope.map(|scope| Scope::parse(&scope)).transpose();
        let jwks = members.0.remove("jwks").filter(|jwks| !jwks.is_null());
        if jwks.as_ref().is_some_and(|jwks| !jwks.is_object()) {
            return Err(InvalidClientMetadata::Member(InvalidMember {
                name: "jwks",
                expected: "a JSON object",
            }));
        }
        let method = members.text("token_endpoint_auth_method")?;
        let is_bound = members.flag("dpop_bound_access_tokens")?;
        let pushes = members.flag("require_pushed_authorization_requests")?;
        Ok(Self {
            redirect_uris: redirect_uris
                .collect::<Result<_, _>>()
                .map_err(InvalidClientMetadata::RedirectUri)?,
            token_endpoint_auth_method: method.map(TokenEndpointAuthMethod::from),
            grant_types: members.list("grant_types")?,
            response_types: members.list("response_types")?,
            client_name: members.text("client_name")?,
            scope: scope.map_err(InvalidClientMetadata::Scope)?,
            application_type: members.text("application_type")?.map(ApplicationType::from),
            client_uri: members.url("client_uri")?,
            logo_uri: members.url("logo_uri")?,
            tos_uri: members.url("tos_uri")?,
            policy_uri: members.url("policy_uri")?,
            contacts: members.list("contacts")?,
            jwks_uri: members.url("jwks_uri")?,
            jwks,
            software_id: members.text("software_id")?,
            software_version: members.text("software_version")?,
            dpop_bound_access_tokens: is_bound.unwrap_or_default(),
            require_pushed_authorization_requests: pushes.unwrap_or_default(),
            extra: members.0,
        })
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let json = r#"{"redirect_uris":["https://app.example/cb"],
            "token_endpoint_auth_method":"none","grant_types":["authorization_code","refresh_token"],
            "response_types":["code"],"client_name":"App","scope":"read write",
            "application_type":"native","client_uri":"https://app.example/",
            "logo_uri":"https://app.example/logo.png","tos_uri":"https://app.example/tos",
            "policy_uri":"https://app.example/privacy","contacts":["a@app.example"],
            "jwks":{"keys":[]},"software_id":"app","software_version":"2",
            "dpop_bound_access_tokens":true,"require_pushed_authorization_requests":true,
            "client_name#de":"Anwendung"}"#;
        let metadata = ClientMetadata::parse(json.as_bytes()).unwrap();
        assert_eq!(metadata.application_type, Some(ApplicationType::Native));
        assert!(metadata.dpop_bound_access_tokens);
        assert!(metadata.require_pushed_authorization_requests);
        assert_eq!(metadata.extra.len(), 1);
        assert_eq!(metadata.extra["client_name#de"], "Anwendung");
        let written = metadata.to_json();
        assert_eq!(ClientMetadata::parse(written.as_bytes()), Ok(metadata));
        assert_eq!(ClientMetadata::default().to_json(), "{}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, expected) in [
            (
                "[]",
                "the metadata is not a JSON object with each member once",
            ),
            (
                r#"{"scope":"a","scope":"b"}"#,
                "the metadata is not a JSON object with each member once",
            ),
            (
                r#"{"redirect_uris":["javascript:x"]}"#,
                "a redirect URI has https, a loopback http, or a private-use scheme",
            ),
            (
                r#"{"redirect_uris":{}}"#,
                "\"redirect_uris\" is not a list of texts",
            ),
            (
                r#"{"scope":"a\"b"}"#,
                "\"scope\" has a character that is not allowed",
            ),
            (
                r#"{"client_uri":"x"}"#,
                "\"client_uri\" is not an absolute URL",
            ),
            (r#"{"jwks":"x"}"#, "\"jwks\" is not a JSON object"),
        ] {
            let error = ClientMetadata::parse(json.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{json}");
        }
    }
}
