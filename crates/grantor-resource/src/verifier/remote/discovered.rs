//! The methods that the metadata of the issuer decides (RFC 8414).

use std::sync::Arc;
use std::time::Duration;

use grantor_core::exchange::{Discovery, DiscoveryError, Event, Exchange, Step};
use grantor_core::{ClientAuthentication, Clock, Issuer, ServerMetadata};
use grantor_http::{Cached, Fetched, JwksCache, RefreshTimes, Transport, Unavailable};
use url::Url;

use super::Methods;
use super::cached_introspection::CachedIntrospection;
use super::introspection::{IntrospectionEndpoint, SignedAnswers};
use super::jwt::Jwt;
use crate::verifier::introspector::Introspector;

/// The part of the configuration that does not depend on the metadata. With the metadata it makes
/// the methods, and anew when the metadata has changed.
#[derive(Clone)]
pub(in crate::verifier) struct Discovered {
    pub(in crate::verifier) issuer: Issuer,
    pub(in crate::verifier) audience: String,
    /// This resource's credentials at the introspection endpoint of the metadata.
    pub(in crate::verifier) client: Option<ClientAuthentication>,
    /// True if the answers of that endpoint must be signed.
    pub(in crate::verifier) signed_introspection: bool,
    /// Checks tokens that are no JWTs in place of the endpoint of the metadata.
    pub(in crate::verifier) introspection: Option<Arc<CachedIntrospection>>,
    pub(in crate::verifier) transport: Arc<dyn Transport>,
    pub(in crate::verifier) clock: Arc<dyn Clock>,
    pub(in crate::verifier) cache: Duration,
    pub(in crate::verifier) refresh_times: RefreshTimes,
}

impl Discovered {
    pub(in crate::verifier) fn into_cached(self) -> Cached<Methods> {
        let refresh_times = RefreshTimes {
            lifetime: METADATA_LIFETIME,
            ..self.refresh_times
        };
        let clock = self.clock.clone();
        Cached::new("issuer metadata", clock, refresh_times, move |before| {
            let discovered = self.clone();
            Box::pin(async move {
                let metadata = discovered.fetch().await.map_err(|error| {
                    Unavailable::new("the metadata of the issuer can't be fetched")
                        .with_source(error)
                })?;
                let methods = discovered.methods(&metadata, before.as_deref())?;
                Ok(Fetched::from(methods))
            })
        })
    }

    async fn fetch(&self) -> Result<ServerMetadata, DiscoveryError> {
        let mut discovery = Discovery::new(self.issuer.clone());
        let mut event = Event::Continue;
        loop {
            event = match discovery.step(event, self.clock.elapsed()) {
                Step::Done(outcome) => return outcome,
                // Discovery never waits.
                Step::Wait(_) => Event::Continue,
                Step::Send(request) => match self.transport.send(request).await {
                    Ok(answer) => Event::Answer(answer),
                    Err(error) => Event::NoAnswer(error.failure()),
                },
            };
        }
    }

    /// Fetched keys stay in use while `jwks_uri` is the same.
    fn methods(
        &self,
        metadata: &ServerMetadata,
        before: Option<&Methods>,
    ) -> Result<Methods, Unavailable> {
        let jwt = metadata.jwks_uri.as_ref().map(|jwks_uri| {
            let held = before.and_then(|before| before.jwt.as_ref());
            match held.filter(|jwt| jwt.jwks_uri() == jwks_uri) {
                Some(jwt) => jwt.clone(),
                None => self.jwt(jwks_uri),
            }
        });
        let endpoint = metadata.introspection_endpoint.as_ref();
        let introspection = match (&self.introspection, endpoint, &self.client) {
            (Some(fixed), _, _) => Some(fixed.clone()),
            (None, Some(url), Some(client)) => {
                let keys = jwt.as_ref().map(Jwt::keys);
                Some(Arc::new(self.introspection_at(url, client, keys)?))
            }
            _ => None,
        };
        if jwt.is_none() && introspection.is_none() {
            return Err(Unavailable::new(
                "the metadata of the issuer has no \"jwks_uri\", and no introspection is configured",
            ));
        }
        Ok(Methods { jwt, introspection })
    }

    fn jwt(&self, jwks_uri: &Url) -> Jwt {
        Jwt::new(
            &self.issuer,
            &self.audience,
            jwks_uri.clone(),
            JwksCache::new(
                jwks_uri,
                self.transport.clone(),
                self.clock.clone(),
                self.refresh_times.clone(),
            ),
        )
    }

    fn introspection_at(
        &self,
        url: &Url,
        client: &ClientAuthentication,
        keys: Option<&JwksCache>,
    ) -> Result<CachedIntrospection, Unavailable> {
        let signed = match (self.signed_introspection, keys) {
            (false, _) => None,
            (true, Some(keys)) => Some(SignedAnswers::new(
                keys.clone(),
                &self.issuer,
                client.client_id(),
                Some(&self.audience),
                self.clock.clone(),
            )),
            (true, None) => {
                return Err(Unavailable::new(
                    "the metadata of the issuer has no \"jwks_uri\" for signed introspections",
                ));
            }
        };
        let endpoint = IntrospectionEndpoint {
            url: url.clone(),
            client: client.clone(),
            transport: self.transport.clone(),
            signed,
        };
        let introspector = Introspector {
            introspect: Arc::new(endpoint),
            issuer: Some(self.issuer.as_str().to_owned()),
            audience: Some(self.audience.clone()),
            clock: self.clock.clone(),
        };
        Ok(CachedIntrospection::new(introspector, self.cache))
    }
}

const METADATA_LIFETIME: Duration = Duration::from_secs(60 * 60);
