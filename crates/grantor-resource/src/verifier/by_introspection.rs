//! The check of a token by introspection (RFC 7662).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Clock, Introspection, Secret, Timestamp};

use super::introspection_cache::IntrospectionCache;
use crate::{AccessToken, Claims, Introspect, VerifyError};

/// Tokens that only their issuer can read, checked by introspection and cached for some seconds.
pub(super) struct ByIntrospection {
    introspector: Arc<Introspector>,
    /// None if every token is introspected anew, as in the server's own process.
    cache: Option<Arc<IntrospectionCache>>,
}

/// Introspects one token, and checks the answer.
#[derive(Debug)]
pub(super) struct Introspector {
    pub(super) introspect: Arc<dyn Introspect>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
}

impl ByIntrospection {
    /// `cache` is how long an answer is cached; zero for not at all.
    pub(super) fn new(introspector: Introspector, cache: Duration) -> Self {
        let clock = introspector.clock.clone();
        Self {
            introspector: Arc::new(introspector),
            cache: (!cache.is_zero()).then(|| Arc::new(IntrospectionCache::new(cache, clock))),
        }
    }

    pub(super) async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let Some(cache) = &self.cache else {
            return self.introspector.verify(token).await;
        };
        let (introspector, secret) = (self.introspector.clone(), Secret::new(token));
        cache
            .get_or_introspect(
                token,
                async move { introspector.verify(secret.expose()).await },
            )
            .await
    }

    /// Returns none if the token is not in the cache.
    pub(super) fn try_verify(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        self.cache.as_ref()?.get(token).map(Ok)
    }
}

impl Introspector {
    async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let answer = self.introspect.introspect(token).await;
        let answer = answer.map_err(VerifyError::undecided)?;
        self.accept(answer, self.clock.now())
    }

    /// The checks that RFC 7662 section 4 leaves to the resource.
    fn accept(&self, answer: Introspection, now: Timestamp) -> Result<AccessToken, VerifyError> {
        if !answer.active {
            return Err(VerifyError::Inactive);
        }
        if !is_access_token(&answer) {
            return Err(VerifyError::WrongKind);
        }
        if answer.nbf.is_some_and(|at| now < Timestamp::from_secs(at)) {
            return Err(VerifyError::NotYetValid);
        }
        if answer.exp.is_some_and(|at| now >= Timestamp::from_secs(at)) {
            return Err(VerifyError::Expired);
        }
        // The endpoint may leave `iss` out; it is the issuer's own.
        if let (Some(expected), Some(issuer)) = (&self.issuer, &answer.iss)
            && expected != issuer
        {
            return Err(VerifyError::WrongIssuer);
        }
        if let Some(audience) = &self.audience
            && !answer.aud.contains(audience)
        {
            return Err(VerifyError::WrongAudience);
        }
        let says_bound = is_type(&answer, "DPoP");
        let claims = Claims::from_introspection(answer)?;
        // RFC 9449 section 6.2: the key is in the answer. Without it there is nothing to check.
        if says_bound && claims.jkt.is_none() {
            return Err(VerifyError::SenderConstrained);
        }
        Ok(claims.into())
    }
}

/// An endpoint answers about refresh tokens too; some servers name the kind in `token_use`.
fn is_access_token(answer: &Introspection) -> bool {
    let is_known_type =
        answer.token_type.is_none() || is_type(answer, "Bearer") || is_type(answer, "DPoP");
    let token_use = answer.extra.get("token_use");
    let token_use = token_use.map(|value| value.as_str().unwrap_or_default());
    is_known_type && token_use.is_none_or(|text| text.eq_ignore_ascii_case("access_token"))
}

fn is_type(answer: &Introspection, token_type: &str) -> bool {
    let found = answer.token_type.as_deref();
    found.is_some_and(|found| found.eq_ignore_ascii_case(token_type))
}

impl fmt::Debug for ByIntrospection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByIntrospection")
            .field("introspector", &self.introspector)
            .finish_non_exhaustive()
    }
}
