//! Requests to a token endpoint, in both directions.

use std::fmt;

use bytes::Bytes;
use http::Request;
use url::Url;

use super::{GrantParameters, TokenParameters, wire::to_request};
use crate::client_authentication::ClientAuthentication;
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::params::Params;
use crate::quirks::Quirks;
use crate::scope::Scope;

/// A request for a token, without the client's authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The grant that is presented.
    pub grant: GrantParameters,
    /// The access token that the client asks for.
    pub parameters: TokenParameters,
}

/// The reason why a token request can't be read.
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

/// Parameters that are read into fields of their own, or by other code.
const COMMON: [&str; 6] = [
    "grant_type",
    "scope",
    "resource",
    "audience",
    "client_id",
    "client_secret",
];

impl TokenRequest {
    /// A request that asks for nothing in particular.
    #[must_use]
    pub fn new(grant: GrantParameters) -> Self {
        Self {
            grant,
            parameters: TokenParameters::default(),
        }
    }

    /// Returns it as parameters.
    #[must_use]
    pub fn to_params(&self) -> Params<'static> {
        self.to_params_with(&Quirks::NONE)
    }

    fn to_params_with(&self, quirks: &Quirks) -> Params<'static> {
        let mut params = Params::new();
        self.grant.push_to(&mut params);
        self.parameters.push_to(&mut params, quirks);
        params
    }

    /// Reads the parameters of a request; the client's authentication is read elsewhere.
    ///
    /// # Errors
    /// A parameter that this grant needs is missing, or malformed.
    pub fn from_params(params: &Params<'_>) -> Result<Self, InvalidTokenRequest> {
        let grant = GrantParameters::from_params(params)?;
        let own = grant.parameters();
        let owned = |name: &str| params.all(name).map(str::to_owned).collect();
        let known = |name: &str| COMMON.contains(&name) || own.contains(&name);
        let extra = params.iter().filter(|(name, _)| !known(name));
        let scope = match params.get("scope") {
            None => None,
            Some(text) => Some(Scope::parse(text).map_err(|_| InvalidTokenRequest::Scope)?),
        };
        Ok(Self {
            grant,
            parameters: TokenParameters {
                scope: scope.filter(|scope| !scope.is_empty()),
                resource: owned("resource"),
                audience: owned("audience"),
                extra: extra.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
            },
        })
    }

    /// The HTTP request to a token endpoint.
    #[must_use]
    pub fn to_request(&self, endpoint: &Url, client: &ClientAuthentication) -> Request<Bytes> {
        self.to_request_with(endpoint, client, &Quirks::NONE)
    }

    /// The HTTP request to a token endpoint, as this server wants it.
    #[must_use]
    pub fn to_request_with(
        &self,
        endpoint: &Url,
        client: &ClientAuthentication,
        quirks: &Quirks,
    ) -> Request<Bytes> {
        let params = self.to_params_with(quirks);
        to_request(endpoint, params, client, quirks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActorToken, CodeVerifier, token_type};
    use proptest::prelude::*;

    fn any_grant() -> impl Strategy<Value = GrantParameters> {
        prop_oneof![
            Just(GrantParameters::ClientCredentials),
            "[ -~]{1,30}".prop_map(|token| GrantParameters::RefreshToken {
                refresh_token: token.into()
            }),
            (
                "[ -~]{1,30}",
                proptest::option::of("[ -~]{1,30}"),
                any::<Option<[u8; 32]>>()
            )
                .prop_map(|(code, redirect_uri, verifier)| {
                    GrantParameters::AuthorizationCode {
                        code: code.into(),
                        redirect_uri,
                        code_verifier: verifier.map(CodeVerifier::from_random),
                    }
                }),
            ("[ -~]{1,30}", "[ -~]{1,30}").prop_map(|(username, password)| {
                GrantParameters::Password {
                    username,
                    password: password.into(),
                }
            }),
            (
                "[ -~]{1,30}",
                proptest::option::of(("[ -~]{1,30}", "[ -~]{1,30}")),
                proptest::option::of("[ -~]{1,30}")
            )
                .prop_map(|(subject_token, actor, requested_token_type)| {
                    GrantParameters::TokenExchange {
                        subject_token: subject_token.into(),
                        subject_token_type: token_type::ACCESS_TOKEN.into(),
                        actor: actor.map(|(token, token_type)| ActorToken {
                            token: token.into(),
                            token_type,
                        }),
                        requested_token_type,
                    }
                }),
            "[ -~]{1,30}".prop_map(|device_code| GrantParameters::DeviceCode {
                device_code: device_code.into()
            }),
            "[ -~]{1,30}".prop_map(|assertion| GrantParameters::JwtBearer {
                assertion: assertion.into()
            }),
            "urn:[a-z]{1,10}".prop_map(|grant_type| GrantParameters::Other { grant_type }),
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
                parameters: TokenParameters {
                    scope: scope.map(|text| Scope::parse(&text).unwrap()),
                    resource,
                    audience,
                    extra: extra.into_iter().enumerate().map(|(i, v)| (format!("x{i}"), v)).collect(),
                },
            };
            let form = request.to_params().to_form();
            let params = Params::parse(form.as_bytes()).unwrap();
            prop_assert_eq!(TokenRequest::from_params(&params).unwrap(), request);
        }
    }

    #[test]
    fn a_scope_without_values_is_no_scope() {
        let params = Params::parse(b"grant_type=client_credentials&scope=++").unwrap();
        assert_eq!(
            TokenRequest::from_params(&params).unwrap().parameters.scope,
            None
        );
    }

    #[test]
    fn a_parameter_of_another_grant_is_an_extra_one() {
        let params = Params::parse(b"grant_type=urn:x&username=ada&code=c").unwrap();
        let extra = TokenRequest::from_params(&params).unwrap().parameters.extra;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(extra, [pair("username", "ada"), pair("code", "c")]);
    }

    #[test]
    fn debug_shows_no_secret() {
        for grant in [
            GrantParameters::Password {
                username: "ada".into(),
                password: "hunter2".into(),
            },
            GrantParameters::JwtBearer {
                assertion: "hunter2".into(),
            },
            GrantParameters::TokenExchange {
                subject_token: "hunter2".into(),
                subject_token_type: token_type::JWT.into(),
                actor: Some(ActorToken {
                    token: "hunter2".into(),
                    token_type: token_type::JWT.into(),
                }),
                requested_token_type: None,
            },
        ] {
            let text = format!("{:?}", TokenRequest::new(grant));
            assert!(!text.contains("hunter2"), "{text}");
        }
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
        let exchange = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange\
                        &subject_token=t&subject_token_type=u";
        assert!(read(exchange).is_ok());
        for (actor, missing) in [
            ("actor_token=a", "actor_token_type"),
            ("actor_token_type=a", "actor_token"),
        ] {
            let read = read(&format!("{exchange}&{actor}"));
            assert_eq!(read, Err(InvalidTokenRequest::Missing(missing)));
        }
        assert_eq!(
            read("grant_type=password&username=ada"),
            Err(InvalidTokenRequest::Missing("password"))
        );
        assert_eq!(
            read("grant_type=client_credentials&scope=%22"),
            Err(InvalidTokenRequest::Scope)
        );
    }
}
