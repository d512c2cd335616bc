//! The answer to a registration (RFC 7591 section 3.2.1, RFC 7592 section 3).

#[cfg(feature = "exchange")]
mod read;

use serde_json::{Map, Value};
use url::Url;

use super::ClientMetadata;
use crate::secret::Secret;

/// The answer to a registration (RFC 7591 section 3.2.1, RFC 7592 section 3): the
/// identifier, the credentials, and the metadata as the server keeps it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClientInformation {
    /// The client's identifier.
    pub client_id: String,
    /// Its secret, if it is confidential and the secret is new.
    pub client_secret: Option<Secret>,
    /// When the identifier was issued, in seconds since 1970.
    pub client_id_issued_at: Option<i64>,
    /// When the secret ends, in seconds since 1970; 0 if it does not.
    pub client_secret_expires_at: Option<i64>,
    /// The token for changes of the registration.
    pub registration_access_token: Option<Secret>,
    /// Where the registration is read, changed and ended.
    pub registration_client_uri: Option<Url>,
    /// The rest.
    pub metadata: ClientMetadata,
}

impl ClientInformation {
    /// The information of a client without credentials.
    #[must_use]
    pub fn new(client_id: impl Into<String>, metadata: ClientMetadata) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: None,
            client_id_issued_at: None,
            client_secret_expires_at: None,
            registration_access_token: None,
            registration_client_uri: None,
            metadata,
        }
    }

    /// As JSON, secrets included.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = match serde_json::to_value(&self.metadata) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                json.insert(name.to_owned(), value);
            }
        };
        let text = |secret: &Option<Secret>| secret.as_ref().map(|s| Value::from(s.expose()));
        set("client_id", Some(self.client_id.as_str().into()));
        set("client_secret", text(&self.client_secret));
        set(
            "client_id_issued_at",
            self.client_id_issued_at.map(Value::from),
        );
        set(
            "client_secret_expires_at",
            self.client_secret_expires_at.map(Value::from),
        );
        set(
            "registration_access_token",
            text(&self.registration_access_token),
        );
        let uri = self.registration_client_uri.as_ref();
        set(
            "registration_client_uri",
            uri.map(|uri| uri.as_str().into()),
        );
        Value::Object(json).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let metadata = ClientMetadata {
            client_name: Some("App".to_owned()),
            ..ClientMetadata::default()
        };
        let mut information = ClientInformation::new("app", metadata);
        let read = |information: &ClientInformation| {
            ClientInformation::parse(information.to_json().as_bytes())
        };
        assert_eq!(read(&information).as_ref(), Ok(&information));
        information.client_secret = Some("s3cret".into());
        information.client_id_issued_at = Some(1_790_000_000);
        information.client_secret_expires_at = Some(0);
        information.registration_access_token = Some("t0ken".into());
        information.registration_client_uri = Url::parse("https://id.example/register/app").ok();
        assert_eq!(read(&information).as_ref(), Ok(&information));
        assert!(!format!("{information:?}").contains("s3cret"));
    }

    #[test]
    fn without_an_identifier_it_is_nobodys() {
        let error = ClientInformation::parse(b"{}").unwrap_err();
        assert_eq!(error.to_string(), "\"client_id\" is not a text");
    }
}
