//! How a client proves who it is at the token endpoint and its neighbours (RFC 6749 section 2.3).

mod basic;

use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::{ErrorCode, ErrorResponse, Params, Quirks, Secret};

/// The way in which a client authenticates, by its name in metadata.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum TokenEndpointAuthMethod {
    /// Not at all: a public client.
    None,
    /// HTTP Basic, with identifier and secret form-encoded first.
    ClientSecretBasic,
    /// Identifier and secret in the body.
    ClientSecretPost,
    /// A JWT under the client's secret (RFC 7523 section 2.2).
    ClientSecretJwt,
    /// A JWT under the client's private key (RFC 7523 section 2.2).
    PrivateKeyJwt,
    /// A method that is not known here.
    Other(String),
}

impl TokenEndpointAuthMethod {
    /// Its name in metadata.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for TokenEndpointAuthMethod {
    fn from(name: String) -> Self {
        match name.as_str() {
            "none" => Self::None,
            "client_secret_basic" => Self::ClientSecretBasic,
            "client_secret_post" => Self::ClientSecretPost,
            "client_secret_jwt" => Self::ClientSecretJwt,
            "private_key_jwt" => Self::PrivateKeyJwt,
            _ => Self::Other(name),
        }
    }
}

impl From<TokenEndpointAuthMethod> for String {
    fn from(method: TokenEndpointAuthMethod) -> Self {
        method.as_str().to_owned()
    }
}

/// Who a client says it is, and its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// A public client.
    None {
        /// The client's identifier.
        client_id: String,
    },
    /// HTTP Basic.
    Basic {
        /// The client's identifier.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
    /// In the body.
    Post {
        /// The client's identifier.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
}

impl ClientAuthentication {
    /// The client's identifier.
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::None { client_id }
            | Self::Basic { client_id, .. }
            | Self::Post { client_id, .. } => client_id,
        }
    }

    /// The secret that was presented.
    #[must_use]
    pub fn client_secret(&self) -> Option<&Secret> {
        match self {
            Self::None { .. } => None,
            Self::Basic { client_secret, .. } | Self::Post { client_secret, .. } => {
                Some(client_secret)
            }
        }
    }

    /// The method, by its name in metadata.
    #[must_use]
    pub fn method(&self) -> TokenEndpointAuthMethod {
        match self {
            Self::None { .. } => TokenEndpointAuthMethod::None,
            Self::Basic { .. } => TokenEndpointAuthMethod::ClientSecretBasic,
            Self::Post { .. } => TokenEndpointAuthMethod::ClientSecretPost,
        }
    }

    /// Adds it to a request: to the body's parameters, or as the header that is returned.
    pub fn apply(&self, params: &mut Params<'_>) -> Option<HeaderValue> {
        self.apply_with(params, &Quirks::NONE)
    }

    /// Adds it to a request, as this server wants it.
    pub fn apply_with(&self, params: &mut Params<'_>, quirks: &Quirks) -> Option<HeaderValue> {
        match self {
            Self::None { client_id } => params.push("client_id", client_id.clone()),
            Self::Basic {
                client_id,
                client_secret,
            } => return Some(basic::write(client_id, client_secret, quirks.basic)),
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

    /// Reads what a request presents: the `Authorization` header and the body's parameters.
    ///
    /// # Errors
    /// `invalid_client` if there is nothing or the header is malformed; `invalid_request` if there
    /// are two methods, or two identifiers that differ (RFC 6749 section 2.3).
    pub fn from_request(
        authorization: Option<&HeaderValue>,
        params: &Params<'_>,
    ) -> Result<Self, ErrorResponse> {
        let in_body = params.get("client_secret");
        let named = params.get("client_id");
        let Some(header) = authorization else {
            let Some(client_id) = named else {
                return Err(ErrorResponse::new(
                    ErrorCode::InvalidClient,
                    "the request carries no client authentication and no \"client_id\"",
                ));
            };
            let client_id = client_id.to_owned();
            return Ok(match in_body {
                None => Self::None { client_id },
                Some(secret) => Self::Post {
                    client_id,
                    client_secret: Secret::new(secret),
                },
            });
        };
        let (client_id, client_secret) = basic::read(header).ok_or_else(|| {
            ErrorResponse::new(
                ErrorCode::InvalidClient,
                "the Authorization header is not HTTP Basic with a form-encoded identifier and secret",
            )
        })?;
        if in_body.is_some() {
            return Err(ErrorResponse::new(
                ErrorCode::InvalidRequest,
                "the client authenticates in two ways at once",
            ));
        }
        if named.is_some_and(|named| named != client_id) {
            return Err(ErrorResponse::new(
                ErrorCode::InvalidRequest,
                "\"client_id\" is not the client of the Authorization header",
            ));
        }
        Ok(Self::Basic {
            client_id,
            client_secret,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> HeaderValue {
        HeaderValue::try_from(text).unwrap()
    }

    fn code_of(header_text: Option<&str>, body: &str) -> ErrorCode {
        let header = header_text.map(header);
        let params = Params::parse(body.as_bytes()).unwrap();
        ClientAuthentication::from_request(header.as_ref(), &params)
            .unwrap_err()
            .error
    }

    #[test]
    fn every_method_survives_the_wire() {
        let (client_id, client_secret) = ("a:b ü".to_owned(), Secret::new("p%+ &=é:"));
        for sent in [
            ClientAuthentication::None {
                client_id: client_id.clone(),
            },
            ClientAuthentication::Basic {
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
            },
            ClientAuthentication::Post {
                client_id,
                client_secret,
            },
        ] {
            let mut params = Params::new();
            let header = sent.apply(&mut params);
            let form = params.to_form();
            let params = Params::parse(form.as_bytes()).unwrap();
            let read = ClientAuthentication::from_request(header.as_ref(), &params);
            assert_eq!(read.unwrap(), sent);
        }
    }

    #[test]
    fn a_client_with_an_empty_secret_says_so_by_basic() {
        // RFC 6749 section 2.3.1 has no other way for such a client, and Reddit's installed
        // applications are some.
        let sent = ClientAuthentication::Basic {
            client_id: "app".into(),
            client_secret: Secret::new(""),
        };
        for basic in [crate::BasicEncoding::FormEncoded, crate::BasicEncoding::Raw] {
            let quirks = Quirks {
                basic,
                ..Quirks::NONE
            };
            let mut params = Params::new();
            let header = sent.apply_with(&mut params, &quirks).unwrap();
            // base64 of "app:"
            assert_eq!(header, "Basic YXBwOg==");
            let read = ClientAuthentication::from_request(Some(&header), &params);
            assert_eq!(read.unwrap(), sent);
        }
    }

    #[test]
    fn rejects_two_methods_at_once() {
        let basic = Some("Basic YTpi");
        assert_eq!(
            code_of(basic, "client_id=a&client_secret=b"),
            ErrorCode::InvalidRequest
        );
        assert_eq!(code_of(basic, "client_id=x"), ErrorCode::InvalidRequest);
    }

    #[test]
    fn rejects_malformed_basic() {
        for bad in [
            "Basic",
            "Basic !",
            "Basic YQ==",
            "Bearer YTpi",
            "Basic Ong=",
            "Basic /zo=",
        ] {
            assert_eq!(code_of(Some(bad), ""), ErrorCode::InvalidClient, "{bad}");
        }
        assert_eq!(code_of(None, ""), ErrorCode::InvalidClient);
    }

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
