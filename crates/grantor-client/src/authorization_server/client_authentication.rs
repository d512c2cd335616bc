//! How the client says who it is, at each endpoint in the best way that is taken there.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{ClientAuthentication, Issuer, Secret, TokenEndpointAuthMethod, visible};
use grantor_jose::Algorithm;
use http::Request;
use url::Url;

use super::ClientRegistration;
use super::assertion::Assertion;
use super::assertion::sign_on_send::{AssertionUse, SignOnSend, Statement};
use crate::error::Error;

/// The client's authentication at one endpoint.
#[derive(Debug)]
pub(crate) struct EndpointAuthentication {
    /// Part of the request from the beginning.
    pub(crate) authentication: ClientAuthentication,
    /// Signed when the request is sent.
    statement: Option<Statement>,
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
        if let Some(given) = &self.given_assertion {
            return Ok(EndpointAuthentication {
                authentication: ClientAuthentication::None { client_id },
                statement: Some(Statement::Given(Arc::clone(given))),
            });
        }
        let method = self.method(taken)?;
        if is_by_tls(&method) && !self.presents_certificate {
            return Err(Error::configuration(format!(
                "the client is to authenticate by \"{}\", and the HTTP client to the server presents no \
                 certificate: give one by \"client_certificate\", or a transport that names it",
                method.as_str()
            )));
        }
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
                let template = assertion.of_client(&self.client_id, audience);
                statement = Some(Statement::Signed(Arc::new(template)));
                // The identifier goes along, though the assertion says it too: RFC 7521 section 4.2
                // allows it, and some servers look there first.
                ClientAuthentication::None { client_id }
            }
            (
                TokenEndpointAuthMethod::None
                | TokenEndpointAuthMethod::TlsClientAuth
                | TokenEndpointAuthMethod::SelfSignedTlsClientAuth,
                _,
            )
            | (_, None) => ClientAuthentication::None { client_id },
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
            (None, None) if self.presents_certificate && !taken.is_empty() => {
                methods_of_certificate()
            }
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
            visible(&names.join(", "), 400)
        };
        let what = match (&self.client_assertion, &self.client_secret) {
            (Some(_), _) => "no such client assertion",
            (None, Some(_)) => "no client secret",
            (None, None) => "no client certificate",
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

/// Returns whether the client authenticates by the certificate of its connections.
pub(crate) fn is_by_tls(method: &TokenEndpointAuthMethod) -> bool {
    matches!(
        method,
        TokenEndpointAuthMethod::TlsClientAuth | TokenEndpointAuthMethod::SelfSignedTlsClientAuth
    )
}

/// The methods of a client that has nothing but a certificate. A public client may have its tokens
/// bound to one (RFC 8705 section 4).
fn methods_of_certificate() -> Vec<TokenEndpointAuthMethod> {
    vec![
        TokenEndpointAuthMethod::TlsClientAuth,
        TokenEndpointAuthMethod::SelfSignedTlsClientAuth,
        TokenEndpointAuthMethod::None,
    ]
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
mod tests;
