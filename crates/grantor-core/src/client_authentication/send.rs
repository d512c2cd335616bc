//! The authentication of a client as it is sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::{ClientAuthentication, assertion};
use crate::params::Params;
use crate::quirks::{BasicEncoding, Quirks};
use crate::secret::Secret;

impl ClientAuthentication {
    /// Adds it to a request: to the body's parameters, or as the header that is returned.
    pub fn apply(&self, params: &mut Params<'_>) -> Option<HeaderValue> {
        self.apply_with(params, &Quirks::NONE)
    }

    /// Adds it to a request, as this server wants it.
    pub fn apply_with(&self, params: &mut Params<'_>, quirks: &Quirks) -> Option<HeaderValue> {
        match self {
            Self::None { client_id } | Self::Tls { client_id, .. } => {
                params.push("client_id", client_id.clone());
            }
            Self::Assertion { assertion, .. } => {
                params.push("client_assertion_type", assertion::JWT_BEARER);
                params.push("client_assertion", assertion.expose().to_owned());
            }
            Self::Basic {
                client_id,
                client_secret,
            } => return Some(basic(client_id, client_secret, quirks.basic)),
            Self::Post {
                client_id,
                client_secret,
            } => {
                params.push("client_id", client_id.clone());
                params.push("client_secret", client_secret.expose().to_owned());
            }
        }
        None
    }
}

/// Both parts are form-encoded first (RFC 6749 section 2.3.1), unless the server takes them raw.
fn basic(client_id: &str, client_secret: &Secret, encoding: BasicEncoding) -> HeaderValue {
    let encode = |text: &str| match encoding {
        BasicEncoding::FormEncoded => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        BasicEncoding::Raw => text.to_owned(),
    };
    let pair = format!("{}:{}", encode(client_id), encode(client_secret.expose()));
    let text = format!("Basic {}", STANDARD.encode(pair));
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_sensitive() {
        let authentication = ClientAuthentication::Basic {
            client_id: "a".into(),
            client_secret: "b".into(),
        };
        let header = authentication.apply(&mut Params::new()).unwrap();
        assert!(header.is_sensitive());
        assert!(!format!("{authentication:?}").contains("\"b\""));
    }
}
