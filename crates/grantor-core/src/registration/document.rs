//! Client-id metadata documents (draft-ietf-oauth-client-id-metadata-document section 4.1).

use std::fmt;

use grantor_jose::check::holds;

use super::{ClientIdUrl, ClientMetadata, InvalidClientMetadata};
use crate::client_authentication::TokenEndpointAuthMethod::{
    ClientSecretBasic, ClientSecretJwt, ClientSecretPost,
};
use crate::members::Members;

/// The reason why a client-id metadata document can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidDocument {
    /// Its metadata can't be read.
    Metadata(InvalidClientMetadata),
    /// Its `client_id` is not the URL that it was fetched from, byte for byte.
    OtherClient,
    /// It has a secret, which everybody can read.
    Secret,
    /// Its `token_endpoint_auth_method` needs a secret.
    SecretMethod,
}

impl fmt::Display for InvalidDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(why) => why.fmt(f),
            Self::OtherClient => {
                f.write_str("its \"client_id\" is not the URL of the document, byte for byte")
            }
            Self::Secret => f.write_str("it has a \"client_secret\", which everybody can read"),
            Self::SecretMethod => {
                f.write_str("its \"token_endpoint_auth_method\" needs a secret: use \"none\"")
            }
        }
    }
}

impl std::error::Error for InvalidDocument {}

impl From<InvalidClientMetadata> for InvalidDocument {
    fn from(why: InvalidClientMetadata) -> Self {
        Self::Metadata(why)
    }
}

impl ClientMetadata {
    /// Reads the document that was fetched from the URL of a client
    /// (draft-ietf-oauth-client-id-metadata-document section 4.1). Its `client_id` is compared before
    /// anything in it is used.
    ///
    /// # Errors
    /// The fault, as [`InvalidDocument`] lists them.
    pub fn parse_document(json: &[u8], url: &ClientIdUrl) -> Result<Self, InvalidDocument> {
        let mut members = Members::parse(json).ok_or(InvalidClientMetadata::Malformed)?;
        let named = members.0.remove("client_id");
        let named = named.as_ref().and_then(serde_json::Value::as_str);
        if !holds("document.client_id", named == Some(url.as_str())) {
            return Err(InvalidDocument::OtherClient);
        }
        let secrets = ["client_secret", "client_secret_expires_at"];
        if secrets.iter().any(|name| members.0.contains_key(*name)) {
            return Err(InvalidDocument::Secret);
        }
        let metadata = Self::from_members(members)?;
        let method = metadata.token_endpoint_auth_method.as_ref();
        let needs_secret = method.is_some_and(|method| {
            matches!(
                method,
                ClientSecretBasic | ClientSecretPost | ClientSecretJwt
            )
        });
        match needs_secret {
            true => Err(InvalidDocument::SecretMethod),
            false => Ok(metadata),
        }
    }

    /// The document of a client at its URL, for a program that publishes it.
    #[must_use]
    pub fn to_document(&self, url: &ClientIdUrl) -> String {
        let mut document = self.clone();
        let client_id = url.as_str().into();
        document.extra.insert("client_id".to_owned(), client_id);
        document.to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> ClientIdUrl {
        ClientIdUrl::parse("https://app.example/client.json").unwrap()
    }

    fn read(json: &str) -> Result<ClientMetadata, InvalidDocument> {
        ClientMetadata::parse_document(json.as_bytes(), &url())
    }

    #[test]
    fn round_trips() {
        let metadata = ClientMetadata {
            client_name: Some("App".to_owned()),
            redirect_uris: vec!["http://127.0.0.1/cb".parse().unwrap()],
            ..ClientMetadata::default()
        };
        assert_eq!(read(&metadata.to_document(&url())), Ok(metadata));
    }

    /// Impersonation: a document that names another client (section 4.1).
    #[test]
    fn a_document_names_its_own_url_byte_for_byte() {
        for named in [
            "",
            r#","client_id":null"#,
            r#","client_id":["https://app.example/client.json"]"#,
            r#","client_id":"https://app.example/client.json/""#,
            r#","client_id":"https://app.example/client.json?""#,
            r#","client_id":"HTTPS://app.example/client.json""#,
            r#","client_id":"https://other.example/client.json""#,
        ] {
            let document = format!(r#"{{"client_name":"App"{named}}}"#);
            assert_eq!(
                read(&document),
                Err(InvalidDocument::OtherClient),
                "{named}"
            );
        }
    }

    #[test]
    fn a_document_has_no_secret() {
        let with = |member: &str| {
            read(&format!(
                r#"{{"client_id":"https://app.example/client.json",{member}}}"#
            ))
        };
        for member in [
            r#""client_secret":"x""#,
            r#""client_secret":null"#,
            r#""client_secret_expires_at":0"#,
        ] {
            assert_eq!(with(member), Err(InvalidDocument::Secret), "{member}");
        }
        for method in [
            "client_secret_basic",
            "client_secret_post",
            "client_secret_jwt",
        ] {
            let member = format!(r#""token_endpoint_auth_method":"{method}""#);
            assert_eq!(
                with(&member),
                Err(InvalidDocument::SecretMethod),
                "{method}"
            );
        }
        for method in ["none", "private_key_jwt"] {
            assert!(with(&format!(r#""token_endpoint_auth_method":"{method}""#)).is_ok());
        }
    }
}
