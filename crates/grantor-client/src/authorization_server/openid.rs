//! The server as an OpenID provider: the rules of its ID tokens, its keys, its further endpoints.

use std::fmt::Display;
use std::sync::Arc;

use grantor_core::Issuer;
use grantor_core::openid::{
    Accompanying, IdToken, IdTokenRules, InvalidIdToken, InvalidUserInfo, IssuerRule, LogoutToken,
    UserInfo,
};
use grantor_http::JwksCache;
use grantor_jose::{Algorithm, Key, KeySet};
use http::Response;
use url::Url;

use super::AuthorizationServer;
use super::channel::ServerChannel;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

/// The keys that signatures are verified with.
enum Keys {
    Published(JwksCache),
    /// The secret of the client, for HMAC.
    Shared(Arc<KeySet>),
}

impl AuthorizationServer {
    /// The rules for ID tokens of this server for this client.
    pub(crate) async fn id_token_rules(&self) -> Result<IdTokenRules, Error> {
        let settings = &self.registration.id_tokens;
        let issuer = self.openid_issuer()?;
        let rule = match settings.any_tenant {
            false => IssuerRule::exactly(issuer),
            true => IssuerRule::danger_any_tenant(issuer.as_str())
                .map_err(|error| Error::configuration(format!("\"danger_any_tenant\": {error}")))?,
        };
        let mut rules = IdTokenRules::new(rule, &self.registration.client_id);
        if let Some(algorithm) = settings.algorithm {
            rules = rules.with_algorithms([algorithm]);
        } else if let Some(metadata) = self.published_metadata().await? {
            let names = metadata.id_token_signing_alg_values_supported.iter();
            let known = names.filter_map(|name| name.parse::<Algorithm>().ok());
            let known: Vec<_> = known.filter(|it| !it.is_symmetric()).collect();
            if !known.is_empty() {
                rules = rules.with_algorithms(known);
            }
        }
        for client in &settings.trusted_clients {
            rules = rules.with_trusted_client(client);
        }
        if let Some(decryption) = &settings.decryption {
            rules = rules.with_decryption(decryption.clone());
        }
        Ok(rules)
    }

    /// Validates an ID token. Newer keys are fetched if it names one that is not known.
    pub(crate) async fn validate_id_token(
        &self,
        rules: &IdTokenRules,
        token: &str,
        with: &Accompanying<'_>,
    ) -> Result<IdToken, Error> {
        let now = self.connection.environment.now();
        let check = |keys: &KeySet| rules.validate(token, keys, with, now);
        self.with_keys(self.registration.id_tokens.algorithm, check, newer_key)
            .await
    }

    /// Validates a logout token.
    pub(crate) async fn validate_logout_token(&self, token: &str) -> Result<LogoutToken, Error> {
        let rules = self.id_token_rules().await?;
        let now = self.connection.environment.now();
        let check = |keys: &KeySet| rules.validate_logout(token, keys, now);
        self.with_keys(self.registration.id_tokens.algorithm, check, newer_key)
            .await
    }

    /// Reads an answer of the UserInfo endpoint, which must be about this user.
    pub(crate) async fn read_user_info<B: AsRef<[u8]>>(
        &self,
        answer: &Response<B>,
        subject: &str,
    ) -> Result<UserInfo, Error> {
        let rules = self.id_token_rules().await?;
        let about = (subject, self.openid_issuer()?.as_str());
        // Plain JSON is not signed, and takes no keys.
        let unsigned = UserInfo::from_response(answer, about, &rules, &KeySet::new());
        match unsigned {
            Err(error) if error.may_have_newer_key() => {
                let check = |keys: &KeySet| UserInfo::from_response(answer, about, &rules, keys);
                let newer = |error: &InvalidUserInfo| error.may_have_newer_key();
                let algorithm = self.registration.id_tokens.algorithm;
                self.with_keys(algorithm, check, newer).await
            }
            outcome => outcome.map_err(|error| Error::refused(error.to_string())),
        }
    }

    /// The URL of the UserInfo endpoint.
    pub(crate) async fn user_info_endpoint(&self) -> Result<Url, Error> {
        if let Some(url) = &self.registration.server.endpoints.user_info {
            return Ok(url.clone());
        }
        let metadata = self.metadata().await?;
        let alias = metadata.mtls_endpoint_aliases.get("userinfo_endpoint");
        let alias = alias.filter(|_| self.registration.presents_certificate);
        alias
            .or(metadata.userinfo_endpoint.as_ref())
            .cloned()
            .ok_or_else(|| self.lacks("userinfo_endpoint"))
    }

    /// The URL of the end session endpoint; none, if the server has none.
    pub(crate) async fn end_session_endpoint(&self) -> Result<Option<Url>, Error> {
        if let Some(url) = &self.registration.server.endpoints.end_session {
            return Ok(Some(url.clone()));
        }
        let metadata = self.published_metadata().await?;
        Ok(metadata.and_then(|metadata| metadata.end_session_endpoint.clone()))
    }

    /// A way to an endpoint at which the client does not authenticate.
    pub(crate) fn channel(&self, kind: RequestKind) -> ServerChannel {
        ServerChannel::new(Arc::clone(&self.connection), kind, self.timeout)
    }

    pub(crate) fn openid_issuer(&self) -> Result<&Issuer, Error> {
        let issuer = self.registration.server.issuer.as_ref();
        issuer.ok_or_else(|| {
            Error::configuration(
                "an ID token is that of an issuer: give the server's \"issuer\", or leave \"openid\" \
                 out of the scope",
            )
        })
    }

    /// The keys for signatures by a registered algorithm, or by one that the server publishes.
    async fn keys(&self, registered: Option<Algorithm>) -> Result<Keys, Error> {
        if let Some(algorithm) = registered.filter(|algorithm| algorithm.is_symmetric()) {
            let secret = self.registration.client_secret.as_ref().ok_or_else(|| {
                Error::configuration(format!(
                    "signatures are by {algorithm}, whose key is the client's secret: give one"
                ))
            })?;
            let shared = Key::from_secret(algorithm, secret.expose().as_bytes())
                .and_then(|key| KeySet::from_secrets([&key]));
            let shared = shared.map_err(|error| {
                Error::configuration(format!(
                    "the client's secret is no key for {algorithm}: {error}"
                ))
            })?;
            return Ok(Keys::Shared(Arc::new(shared)));
        }
        Ok(Keys::Published(self.published_keys().await?))
    }

    /// The keys that the server publishes.
    pub(super) async fn published_keys(&self) -> Result<JwksCache, Error> {
        let given = self.registration.server.endpoints.jwks.as_ref();
        let url = match given {
            Some(url) => url.clone(),
            None => {
                let published = self.published_metadata().await?;
                let published = published.and_then(|metadata| metadata.jwks_uri.clone());
                published.ok_or_else(|| self.lacks("jwks_uri"))?
            }
        };
        Ok(self.issuer_keys.at(&url))
    }

    /// Checks something with the keys there are, and once more with newer ones if that may help.
    pub(super) async fn with_keys<T, E: Display>(
        &self,
        registered: Option<Algorithm>,
        check: impl Fn(&KeySet) -> Result<T, E>,
        may_have_newer_key: impl Fn(&E) -> bool,
    ) -> Result<T, Error> {
        let unavailable =
            |error| Error::transient(format!("no signature can be verified: {error}"));
        let refused = |error: E| Error::refused(error.to_string());
        let published = match self.keys(registered).await? {
            Keys::Shared(keys) => return check(&keys).map_err(refused),
            Keys::Published(published) => published,
        };
        let keys = published.keys().await.map_err(unavailable)?;
        match check(&keys) {
            Err(error) if may_have_newer_key(&error) => {
                let newer = published.newer_than(&keys).await.map_err(unavailable)?;
                check(&newer).map_err(refused)
            }
            outcome => outcome.map_err(refused),
        }
    }

    fn lacks(&self, name: &str) -> Error {
        Error::configuration(format!(
            "the metadata of {} has no \"{name}\"",
            self.registration.name()
        ))
    }
}

fn newer_key(error: &InvalidIdToken) -> bool {
    error.may_have_newer_key()
}
