//! Reading metadata of a server that is not trusted yet (RFC 8414 section 3.3).

use std::fmt;

use serde_json::Value;

use super::ServerMetadata;
use crate::client_authentication::TokenEndpointAuthMethod;
use crate::issuer::Issuer;
use crate::loopback::{LocalhostNames, has_credentials};
use crate::members::InvalidMember;
use crate::members::Members;
use crate::peer_text::visible;

/// The reason why metadata can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMetadata {
    /// It is not a JSON object with `issuer`, or a member occurs twice.
    Malformed,
    /// It came in this coding, which was not asked for (RFC 9110 section 8.4).
    Compressed(String),
    /// It names this server, and not the one that was asked (RFC 8414 section 3.3).
    OtherIssuer(String),
    /// A member has a value that it can't have.
    Member(InvalidMember),
    /// An endpoint is neither https nor on a loopback address.
    Insecure(&'static str),
    /// The URL of an endpoint has a fragment (RFC 6749 sections 3.1 and 3.2), a user name or a password.
    Unsuitable(&'static str),
}

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str(
                "the metadata is not a JSON object with an \"issuer\" and each member once",
            ),
            Self::Compressed(coding) => write!(
                f,
                "the metadata is compressed with \"{coding}\", which was not asked for"
            ),
            Self::OtherIssuer(other) => write!(
                f,
                "the metadata names another \"issuer\", {other:?}: give the issuer as its server \
                 writes it, byte for byte"
            ),
            Self::Member(member) => write!(f, "{member} in the metadata"),
            Self::Insecure(name) => write!(f, "\"{name}\" of the metadata is not https"),
            Self::Unsuitable(name) => write!(
                f,
                "\"{name}\" of the metadata has a fragment, a user name or a password, which the URL \
                 of an endpoint has not"
            ),
        }
    }
}

impl std::error::Error for InvalidMetadata {}

impl From<InvalidMember> for InvalidMetadata {
    fn from(member: InvalidMember) -> Self {
        Self::Member(member)
    }
}

impl ServerMetadata {
    /// Reads metadata, and compares its issuer with the one that was asked before anything in it is
    /// used (RFC 8414 section 3.3).
    ///
    /// A member that is null or empty is absent.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidMetadata`] lists.
    pub fn parse(json: &[u8], asked: &Issuer) -> Result<Self, InvalidMetadata> {
        Self::parse_with(json, asked, LocalhostNames::ByDns)
    }

    /// Like [`parse`](Self::parse), for a client that may resolve names below `localhost` itself:
    /// endpoints there may then be http.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_with(
        json: &[u8],
        asked: &Issuer,
        names: LocalhostNames,
    ) -> Result<Self, InvalidMetadata> {
        let mut members = Members::parse(json).ok_or(InvalidMetadata::Malformed)?;
        match members.0.remove("issuer") {
            Some(Value::String(named)) if named == asked.as_str() => {}
            Some(Value::String(named)) if !named.is_empty() => {
                return Err(InvalidMetadata::OtherIssuer(visible(&named, 200)));
            }
            _ => return Err(InvalidMetadata::Malformed),
        }
        let metadata = Self::from_members(asked.clone(), members)?;
        let endpoints = metadata.endpoints().into_iter();
        let endpoints = endpoints.filter_map(|(name, url)| Some((name, url?)));
        let aliases = metadata.mtls_endpoint_aliases.values();
        let aliases = aliases.map(|url| ("mtls_endpoint_aliases", url));
        for (name, url) in endpoints.chain(aliases) {
            if !names.is_secure(url) {
                return Err(InvalidMetadata::Insecure(name));
            }
            if url.fragment().is_some() || has_credentials(url) {
                return Err(InvalidMetadata::Unsuitable(name));
            }
        }
        Ok(metadata)
    }

    fn from_members(issuer: Issuer, mut members: Members) -> Result<Self, InvalidMember> {
        let mut methods = |name| -> Result<Vec<TokenEndpointAuthMethod>, InvalidMember> {
            let names = members.texts(name)?.into_iter();
            Ok(names.map(TokenEndpointAuthMethod::from).collect())
        };
        let token_methods = methods("token_endpoint_auth_methods_supported")?;
        let introspection_methods = methods("introspection_endpoint_auth_methods_supported")?;
        let revocation_methods = methods("revocation_endpoint_auth_methods_supported")?;
        let names_issuer = members.flag("authorization_response_iss_parameter_supported")?;
        let takes_documents = members.flag("client_id_metadata_document_supported")?;
        let requires_pushed = members.flag("require_pushed_authorization_requests")?;
        let binds_to_certificates = members.flag("tls_client_certificate_bound_access_tokens")?;
        let requires_signed = members.flag("require_signed_request_object")?;
        Ok(Self {
            issuer,
            authorization_endpoint: members.url("authorization_endpoint")?,
            token_endpoint: members.url("token_endpoint")?,
            device_authorization_endpoint: members.url("device_authorization_endpoint")?,
            pushed_authorization_request_endpoint: members
                .url("pushed_authorization_request_endpoint")?,
            require_pushed_authorization_requests: requires_pushed.unwrap_or_default(),
            require_signed_request_object: requires_signed.unwrap_or_default(),
            backchannel_authentication_endpoint: members
                .url("backchannel_authentication_endpoint")?,
            jwks_uri: members.url("jwks_uri")?,
            introspection_endpoint: members.url("introspection_endpoint")?,
            revocation_endpoint: members.url("revocation_endpoint")?,
            userinfo_endpoint: members.url("userinfo_endpoint")?,
            end_session_endpoint: members.url("end_session_endpoint")?,
            id_token_signing_alg_values_supported: members
                .texts("id_token_signing_alg_values_supported")?,
            authorization_signing_alg_values_supported: members
                .texts("authorization_signing_alg_values_supported")?,
            scopes_supported: members.texts("scopes_supported")?,
            response_types_supported: members.texts("response_types_supported")?,
            response_modes_supported: members.texts("response_modes_supported")?,
            grant_types_supported: members.texts("grant_types_supported")?,
            token_endpoint_auth_methods_supported: token_methods,
            introspection_endpoint_auth_methods_supported: introspection_methods,
            revocation_endpoint_auth_methods_supported: revocation_methods,
            code_challenge_methods_supported: members.texts("code_challenge_methods_supported")?,
            authorization_response_iss_parameter_supported: names_issuer.unwrap_or_default(),
            registration_endpoint: members.url("registration_endpoint")?,
            mtls_endpoint_aliases: members.urls("mtls_endpoint_aliases")?,
            tls_client_certificate_bound_access_tokens: binds_to_certificates.unwrap_or_default(),
            client_id_metadata_document_supported: takes_documents.unwrap_or_default(),
            extra: members.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("https://a.example").unwrap()
    }

    fn with(members: &str) -> Result<ServerMetadata, InvalidMetadata> {
        let json = format!(r#"{{"issuer":"https://a.example",{members}}}"#);
        ServerMetadata::parse(json.as_bytes(), &issuer())
    }

    #[test]
    fn rejects_endpoints_in_the_clear() {
        let json = br#"{"issuer":"https://a.example","token_endpoint":"http://a.example/token"}"#;
        assert_eq!(
            ServerMetadata::parse(json, &issuer()),
            Err(InvalidMetadata::Insecure("token_endpoint"))
        );
    }

    #[test]
    fn aliases_for_clients_with_certificates_are_read_and_held_to_the_same_rules() {
        let read = |url: &str| {
            with(&format!(
                r#""mtls_endpoint_aliases":{{"token_endpoint":{url}}}"#
            ))
        };
        let aliases = read("\"https://mtls.a.example/t\"")
            .unwrap()
            .mtls_endpoint_aliases;
        assert_eq!(
            aliases["token_endpoint"].as_str(),
            "https://mtls.a.example/t"
        );
        assert!(read("null").unwrap().mtls_endpoint_aliases.is_empty());
        let name = "mtls_endpoint_aliases";
        assert_eq!(
            read("\"http://a.example/t\""),
            Err(InvalidMetadata::Insecure(name))
        );
        assert_eq!(
            read("\"https://user@a.example/t\""),
            Err(InvalidMetadata::Unsuitable(name))
        );
        let error = read("7").unwrap_err().to_string();
        assert!(
            error.starts_with("\"mtls_endpoint_aliases\" is not "),
            "{error}"
        );
    }

    #[test]
    fn endpoints_below_localhost_depend_on_who_resolves_them() {
        let json =
            br#"{"issuer":"https://a.example","token_endpoint":"http://auth.localhost:1/token"}"#;
        let read = |names| ServerMetadata::parse_with(json, &issuer(), names);
        let refused = Err(InvalidMetadata::Insecure("token_endpoint"));
        assert_eq!(read(LocalhostNames::ByDns), refused);
        assert!(read(LocalhostNames::Loopback).is_ok());
    }

    #[test]
    fn rejects_what_is_not_metadata() {
        for json in ["", "[]", "{}", r#"{"issuer":1}"#] {
            let read = ServerMetadata::parse(json.as_bytes(), &issuer());
            assert_eq!(read, Err(InvalidMetadata::Malformed), "{json}");
        }
    }

    #[test]
    fn another_issuer_is_shown_as_it_is_and_in_one_line() {
        for named in [
            "accounts.example",
            "https://b.example/{tenant}",
            "a\\nb\\u001b[2J",
        ] {
            let json = format!(r#"{{"issuer":"{named}"}}"#);
            let error = ServerMetadata::parse(json.as_bytes(), &issuer()).unwrap_err();
            let shown = named.replace("\\n", "").replace("\\u001b", "");
            assert!(error.to_string().contains(&shown), "{error}");
            assert!(!error.to_string().contains(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn what_is_empty_is_absent() {
        for empty in ["\"\"", "null"] {
            let metadata = with(&format!(
                r#""token_endpoint":"https://a.example/t","revocation_endpoint":{empty},
                "jwks_uri":{empty},"scopes_supported":{empty},"grant_types_supported":{empty},
                "token_endpoint_auth_methods_supported":{empty},
                "authorization_response_iss_parameter_supported":{empty}"#
            ));
            let mut expected = ServerMetadata::new(issuer());
            expected.token_endpoint = Some(issuer().join("/t"));
            assert_eq!(metadata, Ok(expected));
        }
        let with_bom = b"\xef\xbb\xbf{\"issuer\":\"https://a.example\"}";
        let read = ServerMetadata::parse(with_bom, &issuer());
        assert_eq!(read, Ok(ServerMetadata::new(issuer())));
    }

    #[test]
    fn names_the_member_that_can_not_be_read() {
        for (name, value) in [
            ("token_endpoint", "\"/token\""),
            ("revocation_endpoint", "7"),
            ("scopes_supported", "{}"),
            ("token_endpoint_auth_methods_supported", "[1]"),
            (
                "authorization_response_iss_parameter_supported",
                "\"maybe\"",
            ),
        ] {
            let error = with(&format!("\"{name}\":{value}")).unwrap_err();
            let start = format!("\"{name}\" is not ");
            assert!(error.to_string().starts_with(&start), "{error}");
        }
    }
}
