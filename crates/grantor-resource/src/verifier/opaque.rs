use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Clock, Introspection, Secret, Timestamp};

use super::answers::Answers;
use crate::{AccessToken, Claims, Introspect, VerifyError};

/// Tokens that mean nothing to anybody but their issuer, who is asked.
pub(super) struct Opaque {
    asking: Arc<Asking>,
    /// None where asking costs next to nothing.
    answers: Option<Arc<Answers>>,
}

/// Whom to ask, and what the answer must say.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) introspect: Arc<dyn Introspect>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Opaque {
    /// `cache` says how long an answer is used again; zero for never.
    pub(super) fn new(asking: Asking, cache: Duration) -> Self {
        let clock = asking.clock.clone();
        Self {
            asking: Arc::new(asking),
            answers: (!cache.is_zero()).then(|| Arc::new(Answers::new(cache, clock))),
        }
    }

    pub(super) async fn verify(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let Some(answers) = &self.answers else {
            return self.asking.ask(token).await;
        };
        let (asking, secret) = (self.asking.clone(), Secret::new(token));
        answers
            .get_or_ask(token, async move { asking.ask(secret.expose()).await })
            .await
    }

    /// Nothing if the question has to be asked.
    pub(super) fn verify_at_once(&self, token: &str) -> Option<Result<AccessToken, VerifyError>> {
        self.answers.as_ref()?.get(token).map(Ok)
    }
}

impl Asking {
    async fn ask(&self, token: &str) -> Result<AccessToken, VerifyError> {
        let answer = self.introspect.introspect(token).await;
        let answer = answer.map_err(VerifyError::undecided)?;
        self.accept(answer, self.clock.now())
    }

    /// RFC 7662 section 4: what the resource checks itself.
    fn accept(&self, answer: Introspection, now: Timestamp) -> Result<AccessToken, VerifyError> {
        if !answer.active {
            return Err(VerifyError::Inactive);
        }
        if is_bound(&answer) {
            return Err(VerifyError::SenderConstrained);
        }
        if !is_bearer_access_token(&answer) {
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
        Ok(Claims::from_introspection(answer).into())
    }
}

/// RFC 9449 section 6.2 and RFC 8705 section 3.2 put `cnf` in the answer.
fn is_bound(answer: &Introspection) -> bool {
    let dpop = answer
        .token_type
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("DPoP"));
    dpop || answer.extra.contains_key("cnf")
}

/// An endpoint also answers for refresh tokens, and some servers say so in `token_use`.
fn is_bearer_access_token(answer: &Introspection) -> bool {
    let is = |text: Option<&str>, meant: &str| text.is_none_or(|t| t.eq_ignore_ascii_case(meant));
    let token_use = answer.extra.get("token_use");
    let token_use = token_use.map(|value| value.as_str().unwrap_or_default());
    is(answer.token_type.as_deref(), "Bearer") && is(token_use, "access_token")
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opaque")
            .field("asking", &self.asking)
            .finish_non_exhaustive()
    }
}
