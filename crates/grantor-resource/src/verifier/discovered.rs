use std::sync::Arc;
use std::time::Duration;

use grantor_core::exchange::{Discovery, DiscoveryError, Event, Exchange, Step};
use grantor_core::{ClientAuthentication, Clock, Issuer, ServerMetadata};
use grantor_http::{Cached, RefreshTimes, Transport, Unavailable};
use url::Url;

use super::Ways;
use super::jwt::Jwt;
use super::opaque::{Asking, Opaque};
use crate::introspect::Endpoint;

/// What is known before the metadata of the issuer is.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) issuer: Issuer,
    pub(super) audience: String,
    /// Opens the introspection endpoint of the metadata.
    pub(super) client: Option<ClientAuthentication>,
    /// Checks tokens that are no JWTs, whatever the metadata says.
    pub(super) opaque: Option<Arc<Opaque>>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) cache: Duration,
    pub(super) refresh_times: RefreshTimes,
}

impl Plan {
    pub(super) fn into_cached(self) -> Cached<Ways> {
        let refresh_times = RefreshTimes {
            lifetime: METADATA_LIFETIME,
            ..self.refresh_times
        };
        let clock = self.clock.clone();
        Cached::new("issuer metadata", clock, refresh_times, move |before| {
            let plan = self.clone();
            Box::pin(async move {
                let metadata = plan.fetch().await.map_err(|error| {
                    Unavailable::new("the metadata of the issuer can't be had").with_source(error)
                })?;
                plan.ways(&metadata, before.as_deref())
            })
        })
    }

    async fn fetch(&self) -> Result<ServerMetadata, DiscoveryError> {
        let mut discovery = Discovery::new(self.issuer.clone());
        let mut event = Event::Continue;
        loop {
            event = match discovery.step(event, self.clock.elapsed()) {
                Step::Done(outcome) => return outcome,
                // Discovery has nothing to wait for.
                Step::Wait(_) => Event::Continue,
                Step::Send(request) => match self.transport.send(request).await {
                    Ok(answer) => Event::Answer(answer),
                    Err(error) => Event::NoAnswer(error.failure()),
                },
            };
        }
    }

    /// Keys that are held stay in use as long as they come from the same place.
    fn ways(&self, metadata: &ServerMetadata, before: Option<&Ways>) -> Result<Ways, Unavailable> {
        let jwt = metadata.jwks_uri.as_ref().map(|jwks_uri| {
            let held = before.and_then(|before| before.jwt.as_ref());
            match held.filter(|jwt| jwt.jwks_uri() == jwks_uri) {
                Some(jwt) => jwt.clone(),
                None => self.jwt(jwks_uri),
            }
        });
        let endpoint = metadata.introspection_endpoint.as_ref();
        let opaque = match (&self.opaque, endpoint, &self.client) {
            (Some(fixed), _, _) => Some(fixed.clone()),
            (None, Some(url), Some(client)) => Some(Arc::new(self.opaque_at(url, client))),
            _ => None,
        };
        if jwt.is_none() && opaque.is_none() {
            return Err(Unavailable::new(
                "the metadata of the issuer has no \"jwks_uri\", and no introspection is configured",
            ));
        }
        Ok(Ways { jwt, opaque })
    }

    fn jwt(&self, jwks_uri: &Url) -> Jwt {
        Jwt::new(
            &self.issuer,
            &self.audience,
            jwks_uri.clone(),
            self.transport.clone(),
            self.clock.clone(),
            self.refresh_times.clone(),
        )
    }

    fn opaque_at(&self, url: &Url, client: &ClientAuthentication) -> Opaque {
        let endpoint = Endpoint {
            url: url.clone(),
            client: client.clone(),
            transport: self.transport.clone(),
        };
        let asking = Asking {
            introspect: Arc::new(endpoint),
            issuer: Some(self.issuer.as_str().to_owned()),
            audience: Some(self.audience.clone()),
            clock: self.clock.clone(),
        };
        Opaque::new(asking, self.cache)
    }
}

const METADATA_LIFETIME: Duration = Duration::from_secs(60 * 60);
