//! A token and the hint of its kind: all that requests to the introspection endpoint and to the
//! revocation endpoint have (RFC 7662 section 2.1, RFC 7009 section 2.1).

#[cfg(feature = "exchange")]
mod send;

#[cfg(feature = "exchange")]
pub(crate) use self::send::request;

/// A type of such requests, whose fields are public.
macro_rules! token_with_hint {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// The token.
            pub token: $crate::secret::Secret,
            /// The kind of the token, if the client knows it.
            pub token_type_hint: Option<$crate::token_type_hint::TokenTypeHint>,
        }

        impl $name {
            /// A request about `token`.
            pub fn new(token: impl Into<$crate::secret::Secret>) -> Self {
                Self {
                    token: token.into(),
                    token_type_hint: None,
                }
            }

            /// Returns it as parameters.
            #[cfg(feature = "exchange")]
            #[must_use]
            pub fn to_params(&self) -> $crate::params::Params<'static> {
                let mut params = $crate::params::Params::new();
                params.push("token", self.token.expose().to_owned());
                let hint = self.token_type_hint.map($crate::token_type_hint::TokenTypeHint::as_str);
                params.push_some("token_type_hint", hint);
                params
            }

            /// Reads parameters; none without a token. An unknown hint is no hint.
            #[must_use]
            pub fn from_params(params: &$crate::params::Params<'_>) -> Option<Self> {
                let hint = params.get("token_type_hint");
                Some(Self {
                    token: $crate::secret::Secret::new(params.get("token")?),
                    token_type_hint: hint.and_then($crate::token_type_hint::TokenTypeHint::parse),
                })
            }

            /// The HTTP request to an endpoint.
            #[cfg(feature = "exchange")]
            #[must_use]
            pub fn to_request(
                &self,
                endpoint: &url::Url,
                client: &$crate::client_authentication::ClientAuthentication,
            ) -> http::Request<bytes::Bytes> {
                self.to_request_with(endpoint, client, &$crate::quirks::Quirks::NONE)
            }

            /// The HTTP request to an endpoint, as this server wants it. Only the quirk of HTTP Basic
            /// applies here.
            #[cfg(feature = "exchange")]
            #[must_use]
            pub fn to_request_with(
                &self,
                endpoint: &url::Url,
                client: &$crate::client_authentication::ClientAuthentication,
                quirks: &$crate::quirks::Quirks,
            ) -> http::Request<bytes::Bytes> {
                $crate::token_with_hint::request(endpoint, self.to_params(), client, quirks)
            }
        }
    };
}

pub(crate) use token_with_hint;

#[cfg(test)]
mod tests {
    use crate::{IntrospectionRequest, Params, RevocationRequest, TokenTypeHint};

    macro_rules! round_trip {
        ($name:ident) => {
            let mut request = $name::new("t");
            request.token_type_hint = Some(TokenTypeHint::RefreshToken);
            let form = request.to_params().to_form();
            let params = Params::parse(form.as_bytes()).unwrap();
            assert_eq!($name::from_params(&params), Some(request));
            let params = Params::parse(b"token=t&token_type_hint=x").unwrap();
            assert_eq!($name::from_params(&params), Some($name::new("t")));
            assert_eq!($name::from_params(&Params::new()), None);
        };
    }

    #[test]
    fn requests_round_trip_and_unknown_hints_are_ignored() {
        round_trip!(IntrospectionRequest);
        round_trip!(RevocationRequest);
    }
}
