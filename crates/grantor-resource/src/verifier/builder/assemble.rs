//! Assembly of a verifier from its builder.

use std::sync::Arc;
use std::time::Duration;

use grantor_http::JwksCache;

use super::VerifierBuilder;
use crate::introspection::{IntrospectionEndpoint, SignedAnswers};
use crate::verifier::by_introspection::{ByIntrospection, Introspector};
use crate::verifier::discovered::Discovered;
use crate::verifier::jwt::Jwt;
use crate::verifier::{Configuration, Methods, Setup, Verifier};
use crate::{ConfigurationError, Introspect};

impl VerifierBuilder {
    /// Builds the verifier. Nothing is fetched yet.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, at once.
    pub fn build(mut self) -> Result<Verifier, ConfigurationError> {
        self.check();
        if !self.problems.is_empty() {
            let problems = self.problems;
            return Err(ConfigurationError { problems });
        }
        let keys = self.fixed_keys();
        let introspection = self.fixed_introspection(keys.as_ref());
        let setup = match self.discovered(introspection.clone()) {
            Some(discovered) => Setup::AfterDiscovery(discovered.into_cached()),
            None => Setup::Fixed(Arc::new(Methods {
                jwt: self.fixed_jwt(keys.as_ref()),
                introspection,
            })),
        };
        Ok(Verifier {
            configuration: Arc::new(Configuration {
                audience: self.audience,
                clock: self.clock,
                setup,
            }),
        })
    }

    fn discovered(&self, introspection: Option<Arc<ByIntrospection>>) -> Option<Discovered> {
        Some(Discovered {
            issuer: self.issuer.clone().filter(|_| self.discovers)?,
            audience: self.audience.clone()?,
            client: self.client.clone(),
            signed_introspection: self.signed_introspection,
            introspection,
            transport: self.transport.clone()?,
            clock: self.clock.clone(),
            cache: self.cache,
            refresh_times: self.refresh_times.clone(),
        })
    }

    fn fixed_keys(&self) -> Option<JwksCache> {
        Some(JwksCache::new(
            self.jwks_uri.as_ref()?,
            self.transport.clone()?,
            self.clock.clone(),
            self.refresh_times.clone(),
        ))
    }

    fn fixed_jwt(&self, keys: Option<&JwksCache>) -> Option<Jwt> {
        Some(Jwt::new(
            self.issuer.as_ref()?,
            self.audience.as_deref()?,
            self.jwks_uri.clone().filter(|_| self.verifies_jwts)?,
            keys?.clone(),
        ))
    }

    fn fixed_introspection(&self, keys: Option<&JwksCache>) -> Option<Arc<ByIntrospection>> {
        let (introspect, cache) = match (&self.in_process, &self.endpoint) {
            (Some(introspect), _) => (introspect.clone(), Duration::ZERO),
            (None, Some((url, client))) => {
                let signed = self.issuer.as_ref().zip(keys).map(|(issuer, keys)| {
                    let audience = self.audience.as_deref();
                    let client_id = client.client_id();
                    SignedAnswers::new(
                        keys.clone(),
                        issuer,
                        client_id,
                        audience,
                        self.clock.clone(),
                    )
                });
                let endpoint = IntrospectionEndpoint {
                    url: url.clone(),
                    client: client.clone(),
                    transport: self.transport.clone()?,
                    signed: signed.filter(|_| self.signed_introspection),
                };
                (Arc::new(endpoint) as Arc<dyn Introspect>, self.cache)
            }
            (None, None) => return None,
        };
        let introspector = Introspector {
            introspect,
            issuer: self
                .issuer
                .as_ref()
                .map(|issuer| issuer.as_str().to_owned()),
            audience: self.audience.clone(),
            clock: self.clock.clone(),
        };
        Some(Arc::new(ByIntrospection::new(introspector, cache)))
    }
}
