use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use url::Url;

use crate::{ClientAuthentication, CodeVerifier, ErrorCode, ErrorResponse, Params, Scope, Secret};

/// A request for a token, without the client's authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// What is presented for it.
    pub grant: GrantRequest,
    /// What is asked for.
    pub scope: Option<Scope>,
    /// Where the token is to be used (RFC 8707).
    pub resource: Vec<String>,
    /// Where the token is to be used, as some servers name it (RFC 8693).
    pub audience: Vec<String>,
    /// Further parameters of this grant or this server.
    pub extra: Vec<(String, String)>,
}

/// What a client presents for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantRequest {
    /// An authorization code (RFC 6749 section 4.1.3).
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// The redirect URI of the authorization request.
        redirect_uri: Option<String>,
        /// The proof that the same client asked for the code (RFC 7636).
        code_verifier: Option<CodeVerifier>,
    },
    /// Nothing but the client itself (RFC 6749 section 4.4).
    ClientCredentials,
    /// A refresh token (RFC 6749 section 6).
    RefreshToken {
        /// The refresh token.
        refresh_token: Secret,
    },
    /// Another grant; its parameters are in [`TokenRequest::extra`].
    Other {
        /// The grant type.
        grant_type: String,
    },
}

/// Why a token request can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTokenRequest {
    /// A parameter is missing.
    Missing(&'static str),
    /// A parameter is malformed.
    Malformed(&'static str),
    /// The scope is malformed.
    Scope,
}

impl fmt::Display for InvalidTokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "\"{name}\" is missing"),
            Self::Malformed(name) => write!(f, "\"{name}\" is malformed"),
            Self::Scope => f.write_str("\"scope\" has a character that is not allowed"),
        }
    }
}

impl std::error::Error for InvalidTokenRequest {}

impl From<InvalidTokenRequest> for ErrorResponse {
    fn from(error: InvalidTokenRequest) -> Self {
        let code = match error {
            InvalidTokenRequest::Scope => ErrorCode::InvalidScope,
            _ => ErrorCode::InvalidRequest,
        };
        Self::new(code, error.to_string())
    }
}

const KNOWN: [&str; 10] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "resource",
    "audience",
    "client_id",
    "client_secret",
];

impl GrantRequest {
    /// The grant type on the wire.
    #[must_use]
    pub fn grant_type(&self) -> &str {
        match self {
            Self::AuthorizationCode { .. } => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::RefreshToken { .. } => "refresh_token",
            Self::Other { grant_type } => grant_type,
        }
    }
}

impl TokenRequest {
    /// A request that asks for nothing in particular.
    #[must_use]
    pub fn new(grant: GrantRequest) -> Self {
        Self {
            grant,
            scope: None,
            resource: Vec::new(),
            audience: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// As parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        let mut params = Params::new();
        params.push("grant_type", self.grant.grant_type().to_owned());
        match &self.grant {
            GrantRequest::AuthorizationCode {
                code,
                redirect_uri,
                code_verifier,
            } => {
                params.push("code", code.expose().to_owned());
                params.push_some("redirect_uri", redirect_uri.clone());
                let verifier = code_verifier.as_ref();
                params.push_some("code_verifier", verifier.map(|v| v.expose().to_owned()));
            }
            GrantRequest::RefreshToken { refresh_token } => {
                params.push("refresh_token", refresh_token.expose().to_owned());
            }
            GrantRequest::ClientCredentials | GrantRequest::Other { .. } => {}
        }
        let scope = self.scope.as_ref();
        params.push_some("scope", scope.map(|scope| scope.as_str().to_owned()));
        for resource in &self.resource {
            params.push("resource", resource.clone());
        }
        for audience in &self.audience {
            params.push("audience", audience.clone());
        }
        for (name, value) in &self.extra {
            params.push(name.clone(), value.clone());
        }
        params
    }

    /// Reads the parameters of a request; the client's authentication is read elsewhere.
    ///
    /// # Errors
    /// A parameter that this grant needs is missing, or malformed.
    pub fn from_params(params: &Params<'_>) -> Result<Self, InvalidTokenRequest> {
        let needed = |name: &'static str| {
            let value = params.get(name);
            value.ok_or(InvalidTokenRequest::Missing(name))
        };
        let grant = match needed("grant_type")? {
            "authorization_code" => GrantRequest::AuthorizationCode {
                code: needed("code")?.into(),
                redirect_uri: params.get("redirect_uri").map(str::to_owned),
                code_verifier: match params.get("code_verifier") {
                    None => None,
                    Some(text) => Some(
                        CodeVerifier::parse(text)
                            .map_err(|_| InvalidTokenRequest::Malformed("code_verifier"))?,
                    ),
                },
            },
            "client_credentials" => GrantRequest::ClientCredentials,
            "refresh_token" => GrantRequest::RefreshToken {
                refresh_token: needed("refresh_token")?.into(),
            },
            other => GrantRequest::Other {
                grant_type: other.to_owned(),
            },
        };
        let owned = |name: &str| params.all(name).map(str::to_owned).collect();
        let extra = params.iter().filter(|(name, _)| !KNOWN.contains(name));
        let scope = match params.get("scope") {
            None => None,
            Some(text) => Some(Scope::parse(text).map_err(|_| InvalidTokenRequest::Scope)?),
        };
        Ok(Self {
            grant,
            scope: scope.filter(|scope| !scope.is_empty()),
            resource: owned("resource"),
            audience: owned("audience"),
            extra: extra.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        })
    }

    /// The HTTP request to a token endpoint.
    #[must_use]
    pub fn to_request(&self, endpoint: &Url, client: &ClientAuthentication) -> Request<Bytes> {
        form_request(endpoint, self.to_params(), client)
    }
}

/// A POST of parameters, with the client's authentication.
pub(crate) fn form_request(
    endpoint: &Url,
    mut params: Params<'_>,
    client: &ClientAuthentication,
) -> Request<Bytes> {
    let authorization = client.apply(&mut params);
    let mut request = Request::new(Bytes::from(params.to_form()));
    *request.method_mut() = Method::POST;
    // A `Url` with a host is always a valid `Uri`; if it were not, the request goes nowhere.
    *request.uri_mut() = endpoint.as_str().parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    if let Some(value) = authorization {
        headers.insert(AUTHORIZATION, value);
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_grant() -> impl Strategy<Value = GrantRequest> {
        prop_oneof![
            Just(GrantRequest::ClientCredentials),
            "[ -~]{1,30}".prop_map(|token| GrantRequest::RefreshToken {
                refresh_token: token.into()
            }),
            (
                "[ -~]{1,30}",
                proptest::option::of("[ -~]{1,30}"),
                any::<Option<[u8; 32]>>()
            )
                .prop_map(|(code, redirect_uri, verifier)| {
                    GrantRequest::AuthorizationCode {
                        code: code.into(),
                        redirect_uri,
                        code_verifier: verifier.map(CodeVerifier::from_random),
                    }
                }),
            "urn:[a-z]{1,10}".prop_map(|grant_type| GrantRequest::Other { grant_type }),
        ]
    }

    proptest! {
        #[test]
        fn round_trips(
            grant in any_grant(),
            scope in proptest::option::of("[a-z]{1,5} [a-z]{6,8}"),
            resource in proptest::collection::vec("https://[a-z]{1,8}", 0..3),
            audience in proptest::collection::vec("[ -~]{1,8}", 0..3),
            extra in proptest::collection::vec("[ -~]{1,8}", 0..3),
        ) {
            let request = TokenRequest {
                grant,
                scope: scope.map(|text| Scope::parse(&text).unwrap()),
                resource,
                audience,
                extra: extra.into_iter().enumerate().map(|(i, v)| (format!("x{i}"), v)).collect(),
            };
            let form = request.to_params().to_form();
            let params = Params::parse(form.as_bytes()).unwrap();
            prop_assert_eq!(TokenRequest::from_params(&params).unwrap(), request);
        }
    }

    #[test]
    fn a_scope_without_values_is_no_scope() {
        let params = Params::parse(b"grant_type=client_credentials&scope=++").unwrap();
        assert_eq!(TokenRequest::from_params(&params).unwrap().scope, None);
    }

    #[test]
    fn names_what_is_missing() {
        let read = |form: &str| TokenRequest::from_params(&Params::parse(form.as_bytes()).unwrap());
        assert_eq!(read(""), Err(InvalidTokenRequest::Missing("grant_type")));
        assert_eq!(
            read("grant_type=authorization_code"),
            Err(InvalidTokenRequest::Missing("code"))
        );
        assert_eq!(
            read("grant_type=authorization_code&code=x&code_verifier=short"),
            Err(InvalidTokenRequest::Malformed("code_verifier"))
        );
        assert_eq!(
            read("grant_type=client_credentials&scope=%22"),
            Err(InvalidTokenRequest::Scope)
        );
    }
}
