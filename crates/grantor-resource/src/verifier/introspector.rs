//! The check of a token by introspection (RFC 7662).

use std::sync::Arc;

use grantor_core::{Clock, Introspection, Timestamp};

use crate::{AccessToken, Claims, Introspect, VerifyError};

/// Introspects one token, and checks the answer.
#[derive(Debug, Clone)]
pub(super) struct Introspector {
    pub(super) introspect: Arc<dyn Introspect>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Introspector {
    /// None: every token is introspected anew.
    pub(super) fn try_verify(&self, _: &str) -> Option<Result<AccessToken, VerifyError>> {
        None
    }

    pub(super) async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
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
