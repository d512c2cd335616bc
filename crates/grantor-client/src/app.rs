use std::sync::Arc;

use grantor_core::{AuthMethod, ClientAuthentication, Secret, ServerMetadata};
use grantor_http::MetadataCache;
use url::Url;

use crate::Error;
use crate::server::Checked;

/// Who asks for tokens, and where.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) server: Checked,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    /// Used instead of the best that the server takes.
    pub(crate) method: Option<AuthMethod>,
}

/// An endpoint of the server at which a client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Token,
    Introspection,
    Revocation,
}

impl Endpoint {
    fn name(self) -> &'static str {
        match self {
            Self::Token => "token_endpoint",
            Self::Introspection => "introspection_endpoint",
            Self::Revocation => "revocation_endpoint",
        }
    }

    /// What was given beforehand.
    fn given(self, server: &Checked) -> Option<&Url> {
        match self {
            Self::Token => server.token_endpoint.as_ref(),
            Self::Introspection => server.introspection_endpoint.as_ref(),
            Self::Revocation => server.revocation_endpoint.as_ref(),
        }
    }

    fn of(self, metadata: &ServerMetadata) -> Option<&Url> {
        match self {
            Self::Token => metadata.token_endpoint.as_ref(),
            Self::Introspection => metadata.introspection_endpoint.as_ref(),
            Self::Revocation => metadata.revocation_endpoint.as_ref(),
        }
    }

    /// The methods it takes; what is not said of it is said of the token endpoint.
    fn methods(self, metadata: &ServerMetadata) -> &[AuthMethod] {
        let own = match self {
            Self::Token => &metadata.token_endpoint_auth_methods_supported,
            Self::Introspection => &metadata.introspection_endpoint_auth_methods_supported,
            Self::Revocation => &metadata.revocation_endpoint_auth_methods_supported,
        };
        if own.is_empty() {
            &metadata.token_endpoint_auth_methods_supported
        } else {
            own
        }
    }
}

impl App {
    /// Where an endpoint is, and how to authenticate there.
    pub(crate) async fn endpoint(
        &self,
        cache: &MetadataCache,
        endpoint: Endpoint,
    ) -> Result<(Url, ClientAuthentication), Error> {
        if let Some(url) = endpoint.given(&self.server) {
            return Ok((url.clone(), self.authentication(&[])?));
        }
        let metadata = self.metadata(cache).await?;
        let Some(url) = endpoint.of(&metadata) else {
            return Err(Error::configuration(format!(
                "the metadata of {} has no \"{}\"",
                metadata.issuer,
                endpoint.name()
            )));
        };
        let methods = endpoint.methods(&metadata);
        Ok((url.clone(), self.authentication(methods)?))
    }

    /// What the server publishes about itself.
    pub(crate) async fn metadata(
        &self,
        cache: &MetadataCache,
    ) -> Result<Arc<ServerMetadata>, Error> {
        let Some(issuer) = &self.server.issuer else {
            return Err(Error::configuration(
                "the server has no metadata to look at, since no \"issuer\" was given",
            ));
        };
        Ok(match &self.server.metadata {
            Some(location) => cache.get_at(issuer, location).await?,
            None => cache.get(issuer).await?,
        })
    }

    /// What to call the server in messages.
    pub(crate) fn name(&self) -> &str {
        let issuer = self.server.issuer.as_ref();
        issuer.map_or("the server", grantor_core::Issuer::as_str)
    }

    /// The client's authentication where these methods are taken; an empty list is the default of
    /// RFC 8414 section 2.
    fn authentication(&self, taken: &[AuthMethod]) -> Result<ClientAuthentication, Error> {
        let client_id = self.client_id.clone();
        let Some(client_secret) = self.client_secret.clone() else {
            return Ok(ClientAuthentication::None { client_id });
        };
        let method = match &self.method {
            Some(method) => method,
            None if taken.is_empty() => &AuthMethod::ClientSecretBasic,
            None => {
                let known = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];
                let mut best = known.iter().filter_map(|m| taken.iter().find(|t| *t == m));
                best.next().ok_or_else(|| {
                    let taken: Vec<_> = taken.iter().map(AuthMethod::as_str).collect();
                    Error::configuration(format!(
                        "{} takes no client secret, only: {}",
                        self.name(),
                        taken.join(", ")
                    ))
                })?
            }
        };
        Ok(match method {
            AuthMethod::ClientSecretPost => ClientAuthentication::Post {
                client_id,
                client_secret,
            },
            AuthMethod::None => ClientAuthentication::None { client_id },
            _ => ClientAuthentication::Basic {
                client_id,
                client_secret,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(secret: Option<&str>, method: Option<AuthMethod>) -> App {
        App {
            server: Checked::default(),
            client_id: "app".into(),
            client_secret: secret.map(Secret::from),
            method,
        }
    }

    fn chosen(app: &App, taken: &[AuthMethod]) -> AuthMethod {
        app.authentication(taken).unwrap().method()
    }

    #[test]
    fn the_method_is_chosen_from_what_is_taken() {
        use AuthMethod::{ClientSecretBasic, ClientSecretPost, None as Public};
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
    }

    #[test]
    fn says_what_the_server_takes_instead() {
        let taken = [AuthMethod::from("private_key_jwt".to_owned())];
        let error = app(Some("hunter2"), None).authentication(&taken);
        let error = error.unwrap_err();
        assert!(error.is_configuration());
        assert!(error.to_string().contains("private_key_jwt"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
