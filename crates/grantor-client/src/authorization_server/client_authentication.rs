//! How the client says who it is, at each endpoint in the best way that is taken there.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{ClientAuthentication, Issuer, Secret, TokenEndpointAuthMethod};
use grantor_jose::Algorithm;
use http::Request;
use url::Url;

use super::ClientRegistration;
use super::assertion::Assertion;
use super::assertion::claims::AssertionTemplate;
use super::assertion::sign_on_send::{AssertionUse, SignOnSend};
use crate::error::Error;

/// The client's authentication at one endpoint.
#[derive(Debug)]
pub(crate) struct EndpointAuthentication {
    /// Part of the request from the beginning.
    pub(crate) authentication: ClientAuthentication,
    /// Signed when the request is sent.
    statement: Option<Arc<AssertionTemplate>>,
}

impl EndpointAuthentication {
    /// Has a request signed when it is sent, if the client authenticates so.
    pub(crate) fn sign(&self, request: &mut Request<Bytes>) {
        if let Some(statement) = &self.statement {
            SignOnSend::put(request, AssertionUse::Client, statement);
        }
    }
}

impl ClientRegistration {
    /// The client's authentication where these methods are taken; an empty list is the default of
    /// RFC 8414 section 2.
    pub(crate) fn endpoint_authentication(
        &self,
        taken: &[TokenEndpointAuthMethod],
        endpoint: &Url,
    ) -> Result<EndpointAuthentication, Error> {
        let client_id = self.client_id.clone();
        let method = self.method(taken)?;
        let mut statement = None;
        let authentication = match (method, &self.client_secret) {
            (
                TokenEndpointAuthMethod::ClientSecretJwt | TokenEndpointAuthMethod::PrivateKeyJwt,
                secret,
            ) => {
                let assertion = match (&self.client_assertion, secret) {
                    (Some(assertion), _) => assertion.clone(),
                    (None, Some(secret)) => {
                        Assertion::from_secret(Algorithm::Hs256, secret.clone())?
                    }
                    (None, None) => return Err(nothing_to_sign_with()),
                };
                let audience = self.audience().unwrap_or(endpoint.as_str());
                statement = Some(Arc::new(assertion.of_client(&self.client_id, audience)));
                // The identifier goes along, though the assertion says it too: RFC 7521 section 4.2
                // allows it, and some servers look there first.
                ClientAuthentication::None { client_id }
            }
            (_, None) | (TokenEndpointAuthMethod::None, _) => {
                ClientAuthentication::None { client_id }
            }
            (TokenEndpointAuthMethod::ClientSecretPost, Some(secret)) => {
                ClientAuthentication::Post {
                    client_id,
                    client_secret: secret.clone(),
                }
            }
            (_, Some(secret)) => ClientAuthentication::Basic {
                client_id,
                client_secret: secret.clone(),
            },
        };
        Ok(EndpointAuthentication {
            authentication,
            statement,
        })
    }

    /// To whom assertions are addressed that name nobody else.
    pub(crate) fn audience(&self) -> Option<&str> {
        let issuer = self.server.issuer.as_ref().map(Issuer::as_str);
        issuer.or(self.server.endpoints.token.as_ref().map(Url::as_str))
    }

    fn method(&self, taken: &[TokenEndpointAuthMethod]) -> Result<TokenEndpointAuthMethod, Error> {
        if let Some(method) = &self.method {
            return Ok(method.clone());
        }
        let able = match (&self.client_assertion, &self.client_secret) {
            (Some(assertion), _) => vec![assertion.method()],
            (None, Some(secret)) => methods_of(secret),
            (None, None) => return Ok(TokenEndpointAuthMethod::None),
        };
        let mut best = able.iter().filter(|method| taken.contains(method));
        match best.next() {
            Some(method) => Ok(method.clone()),
            // Nothing is said, and what there is is used.
            None if taken.is_empty() => Ok(able[0].clone()),
            None => Err(self.not_taken(&able, taken)),
        }
    }

    fn not_taken(
        &self,
        able: &[TokenEndpointAuthMethod],
        taken: &[TokenEndpointAuthMethod],
    ) -> Error {
        let list = |methods: &[TokenEndpointAuthMethod]| {
            let names: Vec<_> = methods
                .iter()
                .map(TokenEndpointAuthMethod::as_str)
                .collect();
            names.join(", ")
        };
        let what = match &self.client_assertion {
            Some(_) => "no such client assertion",
            None => "no client secret",
        };
        Error::configuration(format!(
            "{} takes {what} ({}), only: {}; if it takes one all the same, name the method by \
             \"auth_method\"",
            self.name(),
            list(able),
            list(taken)
        ))
    }
}

/// The methods that a secret can be used for, the best first. A short one can't be the key of a MAC.
fn methods_of(secret: &Secret) -> Vec<TokenEndpointAuthMethod> {
    let mut methods = vec![
        TokenEndpointAuthMethod::ClientSecretBasic,
        TokenEndpointAuthMethod::ClientSecretPost,
    ];
    if Assertion::from_secret(Algorithm::Hs256, secret.clone()).is_ok() {
        methods.push(TokenEndpointAuthMethod::ClientSecretJwt);
    }
    methods
}

fn nothing_to_sign_with() -> Error {
    Error::configuration(
        "the client is to authenticate by an assertion, and has none: give one by \
         \"client_assertion\"",
    )
}

#[cfg(test)]
mod tests {
    use grantor_jose::Key;

    use super::*;
    use crate::config::server::ServerConfig;

    const LONG: &str = "a secret that is long enough for a MAC";

    fn app(secret: Option<&str>, method: Option<TokenEndpointAuthMethod>) -> ClientRegistration {
        ClientRegistration {
            server: ServerConfig::default(),
            client_id: "app".into(),
            client_secret: secret.map(Secret::from),
            client_assertion: None,
            method,
        }
    }

    fn with_key(algorithm: Algorithm) -> ClientRegistration {
        let key = Key::generate(algorithm).unwrap();
        ClientRegistration {
            client_assertion: Some(Assertion::new(key)),
            ..app(None, None)
        }
    }

    fn chosen(
        app: &ClientRegistration,
        taken: &[TokenEndpointAuthMethod],
    ) -> TokenEndpointAuthMethod {
        let client = app.endpoint_authentication(taken, &endpoint()).unwrap();
        let signs = client.statement.is_some();
        assert_eq!(signs, app.method(taken).unwrap().as_str().ends_with("_jwt"));
        app.method(taken).unwrap()
    }

    fn endpoint() -> Url {
        "https://idp.example/token".parse().unwrap()
    }

    #[test]
    fn the_method_is_chosen_from_what_is_taken() {
        use TokenEndpointAuthMethod::{
            ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Public,
        };
        let with_secret = app(Some("s"), None);
        assert_eq!(chosen(&with_secret, &[]), ClientSecretBasic);
        assert_eq!(
            chosen(&with_secret, &[ClientSecretPost, ClientSecretBasic]),
            ClientSecretBasic
        );
        assert_eq!(
            chosen(&with_secret, &[Public, ClientSecretPost]),
            ClientSecretPost
        );
        assert_eq!(chosen(&app(None, None), &[ClientSecretBasic]), Public);
        assert_eq!(
            chosen(
                &app(Some("s"), Some(ClientSecretPost)),
                &[ClientSecretBasic]
            ),
            ClientSecretPost
        );
        assert_eq!(
            chosen(&app(Some(LONG), None), &[ClientSecretJwt]),
            ClientSecretJwt
        );
    }

    #[test]
    fn an_assertion_is_used_where_its_kind_is_taken() {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt};
        let all = [ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt];
        for (algorithm, method) in [
            (Algorithm::Es256, PrivateKeyJwt),
            (Algorithm::Hs256, ClientSecretJwt),
        ] {
            assert_eq!(chosen(&with_key(algorithm), &all), method);
            assert_eq!(chosen(&with_key(algorithm), &[]), method);
        }
        let not_taken = with_key(Algorithm::Es256).method(&[ClientSecretJwt]);
        assert!(not_taken.unwrap_err().is_configuration());
    }

    #[test]
    fn says_what_the_server_takes_instead() {
        for secret in ["hunter2", LONG] {
            let public = app(Some(secret), None).method(&[TokenEndpointAuthMethod::None]);
            let public = public.unwrap_err().to_string();
            assert!(public.contains("only: none; if it takes one all the same, name"));
            let error = app(Some(secret), None).method(&[TokenEndpointAuthMethod::PrivateKeyJwt]);
            let error = error.unwrap_err();
            assert!(error.is_configuration());
            assert!(error.to_string().contains("private_key_jwt"), "{error}");
            assert!(error.to_string().contains("\"auth_method\""), "{error}");
            assert!(!format!("{error:?}").contains(secret));
        }
    }
}
