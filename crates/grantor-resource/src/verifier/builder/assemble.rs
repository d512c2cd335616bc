//! Assembly of a verifier of tokens of an authorization server elsewhere.

use std::sync::Arc;
use std::time::Duration;

use grantor_http::JwksCache;

use super::VerifierBuilder;
use crate::Introspect;
use crate::verifier::remote::{
    CachedIntrospection, Discovered, IntrospectionEndpoint, Jwt, Methods, Setup, SignedAnswers,
};

impl VerifierBuilder {
    /// Whether anything but introspections in this process is configured.
    pub(super) fn is_remote(&self) -> bool {
        self.remote.sends
    }

    pub(super) fn remote_setup(&self) -> Option<Setup> {
        let keys = self.fixed_keys();
        let introspection = self.fixed_introspection(keys.as_ref());
        Some(match self.discovered(introspection.clone()) {
            Some(discovered) => Setup::AfterDiscovery(discovered.into_cached()),
            None => Setup::Fixed(Arc::new(Methods {
                jwt: self.fixed_jwt(keys.as_ref()),
                introspection,
            })),
        })
    }

    fn discovered(&self, introspection: Option<Arc<CachedIntrospection>>) -> Option<Discovered> {
        Some(Discovered {
            issuer: self.issuer.clone().filter(|_| self.remote.discovers)?,
            audience: self.audience.clone()?,
            client: self.remote.client.clone(),
            signed_introspection: self.remote.signed_introspection,
            introspection,
            transport: self.remote.transport.clone()?,
            clock: self.clock.clone(),
            cache: self.remote.cache,
            refresh_times: self.remote.refresh_times.clone(),
        })
    }

    fn fixed_keys(&self) -> Option<JwksCache> {
        Some(JwksCache::new(
            self.remote.jwks_uri.as_ref()?,
            self.remote.transport.clone()?,
            self.clock.clone(),
            self.remote.refresh_times.clone(),
        ))
    }

    fn fixed_jwt(&self, keys: Option<&JwksCache>) -> Option<Jwt> {
        Some(Jwt::new(
            self.issuer.as_ref()?,
            self.audience.as_deref()?,
            self.remote
                .jwks_uri
                .clone()
                .filter(|_| self.remote.verifies_jwts)?,
            keys?.clone(),
        ))
    }

    fn fixed_introspection(&self, keys: Option<&JwksCache>) -> Option<Arc<CachedIntrospection>> {
        let (introspect, cache) = match (&self.in_process, &self.remote.endpoint) {
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
                    transport: self.remote.transport.clone()?,
                    signed: signed.filter(|_| self.remote.signed_introspection),
                };
                (Arc::new(endpoint) as Arc<dyn Introspect>, self.remote.cache)
            }
            (None, None) => return None,
        };
        let introspector = self.introspector(introspect);
        Some(Arc::new(CachedIntrospection::new(introspector, cache)))
    }
}
