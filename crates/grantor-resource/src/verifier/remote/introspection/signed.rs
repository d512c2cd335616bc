//! Signed answers of an introspection endpoint (RFC 9701).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{Clock, IntrospectError, Introspection, Issuer};
use grantor_http::JwksCache;
use grantor_jose::jwt::{self, Claims, Policy};
use grantor_jose::{Error, KeySet};
use http::{Response, header};

/// Reads answers that are signed by the issuer, and no others: a host that answers in its place
/// could leave the signature out (RFC 9701 section 8.2).
#[derive(Debug)]
pub(crate) struct SignedAnswers {
    keys: JwksCache,
    /// One for each name that the answer may have for this resource.
    policies: Vec<Policy>,
    clock: Arc<dyn Clock>,
}

impl SignedAnswers {
    /// RFC 9701 section 5.
    pub(super) const MEDIA_TYPE: &'static str = "application/token-introspection+jwt";

    /// Answers of `issuer` to the client `client_id`, which they may call by the audience of its
    /// tokens too.
    pub(crate) fn new(
        keys: JwksCache,
        issuer: &Issuer,
        client_id: &str,
        audience: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let names = [Some(client_id), audience].into_iter().flatten();
        let policies = names.map(|name| Policy::introspection(issuer.as_str(), name));
        Self {
            keys,
            policies: policies.collect(),
            clock,
        }
    }

    pub(super) async fn read(
        &self,
        answer: &Response<Bytes>,
    ) -> Result<Introspection, IntrospectError> {
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next());
        if !media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case(Self::MEDIA_TYPE)) {
            return Err(IntrospectError::new(
                "the introspection endpoint did not sign its answer, and signed ones are required",
            ));
        }
        let token = std::str::from_utf8(answer.body())
            .unwrap_or_default()
            .trim();
        let claims = self.verify(token).await?;
        let introspection = claims.other.get("token_introspection");
        let json = introspection.map(ToString::to_string).unwrap_or_default();
        Introspection::from_json(json.as_bytes()).map_err(|error| {
            IntrospectError::new(format!(
                "the signed answer of the introspection endpoint can't be read: {error}"
            ))
        })
    }

    async fn verify(&self, token: &str) -> Result<Claims, IntrospectError> {
        let unavailable = |error| {
            IntrospectError::new("the keys of signed introspections are missing").with_source(error)
        };
        let keys = self.keys.keys().await.map_err(unavailable)?;
        let verified = match self.verify_with(token, &keys) {
            Err(Error::UnknownKey) => {
                let newer = self.keys.newer_than(&keys).await.map_err(unavailable)?;
                self.verify_with(token, &newer)
            }
            decided => decided,
        };
        verified.map_err(|error| {
            IntrospectError::new(format!(
                "the signed answer of the introspection endpoint is not good: {error}"
            ))
        })
    }

    fn verify_with(&self, token: &str, keys: &KeySet) -> Result<Claims, Error> {
        let now = self.clock.now();
        let mut verified = Err(Error::WrongAudience);
        for policy in &self.policies {
            verified = jwt::verify(token, keys, policy, now);
            if !matches!(verified, Err(Error::WrongAudience)) {
                break;
            }
        }
        let claims = verified?.claims;
        // An answer is about the moment of its `iat`. An older one may be somebody's to replay.
        let is_recent = |at| now <= at + MAX_AGE;
        if !claims.issued_at.is_some_and(is_recent) {
            return Err(Error::Expired);
        }
        Ok(claims)
    }
}

/// For clocks that disagree, and an endpoint that caches its answers for a moment.
const MAX_AGE: Duration = Duration::from_secs(60);
