//! Requests to the client registration endpoint (RFC 7591 section 3) and to the configuration
//! endpoint of a client (RFC 7592), and their answers.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value};
use url::Url;

use crate::quirks::Quirks;
use crate::registration::{ClientInformation, ClientMetadata};
use crate::secret::Secret;
use crate::token::{endpoint_error, read_members, unexpected};

endpoint_error! {
    /// The reason why a client is not registered, or its registration can't be changed.
    ClientRegistrationError, "client registration"
}

/// A request about the registration of a client.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClientRegistrationRequest {
    /// A client registers itself (RFC 7591 section 3.1), with an initial access token if the server
    /// wants one.
    Register {
        /// The metadata of the client.
        metadata: Box<ClientMetadata>,
        /// The token by which the server knows who may register.
        initial_access_token: Option<Secret>,
    },
    /// Its registration is read (RFC 7592 section 2.1).
    Read {
        /// The token of the registration.
        registration_access_token: Secret,
    },
    /// Its registration is replaced by this (RFC 7592 section 2.2).
    Update {
        /// The token of the registration.
        registration_access_token: Secret,
        /// The client that is changed, with its new metadata.
        information: Box<ClientInformation>,
    },
    /// Its registration is removed (RFC 7592 section 2.3).
    Delete {
        /// The token of the registration.
        registration_access_token: Secret,
    },
}

impl ClientRegistrationRequest {
    /// The request: to the registration endpoint, or to the client's own URL.
    #[must_use]
    pub fn to_request(&self, url: &Url) -> Request<Bytes> {
        let (method, token, body) = match self {
            Self::Register {
                metadata,
                initial_access_token,
            } => (
                Method::POST,
                initial_access_token.as_ref(),
                Some(metadata.to_json()),
            ),
            Self::Read {
                registration_access_token,
            } => (Method::GET, Some(registration_access_token), None),
            Self::Update {
                registration_access_token,
                information,
            } => (
                Method::PUT,
                Some(registration_access_token),
                Some(update(information)),
            ),
            Self::Delete {
                registration_access_token,
            } => (Method::DELETE, Some(registration_access_token), None),
        };
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = url.as_str().parse().unwrap_or_default();
        let headers = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::ACCEPT, json.clone());
        let identity = HeaderValue::from_static("identity");
        headers.insert(header::ACCEPT_ENCODING, identity);
        let bearer = token.map(|token| format!("Bearer {}", token.expose()));
        if let Some(Ok(mut bearer)) = bearer.map(HeaderValue::try_from) {
            bearer.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, bearer);
        }
        if let Some(body) = body {
            headers.insert(header::CONTENT_TYPE, json);
            *request.body_mut() = body.into();
        }
        request
    }
}

/// The body of an update: the metadata with the identifier and the current secret, and without the
/// members that the server alone writes (RFC 7592 section 2.2).
fn update(information: &ClientInformation) -> String {
    let members: Result<Map<String, Value>, _> = serde_json::from_str(&information.to_json());
    let mut members = members.unwrap_or_default();
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        members.remove(name);
    }
    Value::Object(members).to_string()
}

impl ClientInformation {
    /// Reads the answer to a registration, a read or an update.
    ///
    /// # Errors
    /// The server refused, or answered something else.
    pub fn from_response<B: AsRef<[u8]>>(
        response: &Response<B>,
    ) -> Result<Self, ClientRegistrationError> {
        let json = read_members(response, &Quirks::NONE).map_err(ClientRegistrationError)?;
        let text = Value::Object(json).to_string();
        Self::parse(text.as_bytes())
            .map_err(|error| ClientRegistrationError(unexpected(response, error.to_string())))
    }
}

impl ClientRegistrationError {
    /// Reads the answer to a deletion, which has no body (RFC 7592 section 2.3).
    ///
    /// # Errors
    /// The server refused, or answered something else.
    pub fn check_deleted<B: AsRef<[u8]>>(response: &Response<B>) -> Result<(), Self> {
        if response.status() == StatusCode::NO_CONTENT || response.status() == StatusCode::OK {
            return Ok(());
        }
        match read_members(response, &Quirks::NONE) {
            Err(error) => Err(Self(error)),
            Ok(_) => Err(Self(unexpected(response, "did not delete the client"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("https://id.example/register").unwrap()
    }

    fn information() -> ClientInformation {
        let metadata = ClientMetadata {
            client_name: Some("App".to_owned()),
            ..ClientMetadata::default()
        };
        let mut information = ClientInformation::new("app", metadata);
        information.client_secret = Some("s3cret".into());
        information.client_secret_expires_at = Some(0);
        information.registration_access_token = Some("t0ken".into());
        information.registration_client_uri = Some(url());
        information
    }

    fn json(request: &Request<Bytes>) -> Value {
        serde_json::from_slice(request.body()).unwrap()
    }

    #[test]
    fn a_registration_is_the_metadata() {
        let register = |initial_access_token| ClientRegistrationRequest::Register {
            metadata: Box::new(information().metadata),
            initial_access_token,
        };
        let request = register(None).to_request(&url());
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.headers()["content-type"], "application/json");
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(json(&request), serde_json::json!({"client_name": "App"}));
        let request = register(Some("initial".into())).to_request(&url());
        assert_eq!(request.headers()["authorization"], "Bearer initial");
        assert!(request.headers()["authorization"].is_sensitive());
    }

    #[test]
    fn an_update_says_who_the_client_is_and_not_what_the_server_writes() {
        let update = ClientRegistrationRequest::Update {
            registration_access_token: "t0ken".into(),
            information: Box::new(information()),
        };
        let request = update.to_request(&url());
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.headers()["authorization"], "Bearer t0ken");
        let expected = serde_json::json!({
            "client_id": "app", "client_name": "App", "client_secret": "s3cret",
        });
        assert_eq!(json(&request), expected);
    }

    #[test]
    fn reading_and_deleting_have_no_body() {
        let token = || Secret::from("t0ken");
        for (request, method) in [
            (
                ClientRegistrationRequest::Read {
                    registration_access_token: token(),
                },
                Method::GET,
            ),
            (
                ClientRegistrationRequest::Delete {
                    registration_access_token: token(),
                },
                Method::DELETE,
            ),
        ] {
            let request = request.to_request(&url());
            assert_eq!(request.method(), method);
            assert!(request.body().is_empty());
        }
    }

    fn response(status: u16, body: &str) -> Response<String> {
        let response = Response::builder().status(status);
        response.body(body.to_owned()).unwrap()
    }

    #[test]
    fn answers_are_read_and_refusals_say_why() {
        let answer = response(201, &information().to_json());
        assert_eq!(ClientInformation::from_response(&answer), Ok(information()));
        for (status, body, expected) in [
            (
                400,
                r#"{"error":"invalid_redirect_uri","error_description":"no"}"#,
                "the client registration endpoint refused: invalid_redirect_uri (no)",
            ),
            (201, "{}", "answered 201 and \"client_id\" is not a text"),
            (404, "", "answered 404 and its body is empty"),
        ] {
            let error = ClientInformation::from_response(&response(status, body)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_deletion_has_nothing_to_read() {
        assert_eq!(
            ClientRegistrationError::check_deleted(&response(204, "")),
            Ok(())
        );
        let error =
            ClientRegistrationError::check_deleted(&response(401, r#"{"error":"invalid_token"}"#));
        let error = error.unwrap_err();
        assert!(error.to_string().contains("invalid_token"), "{error}");
    }
}
