//! The checks that admit a request, in order.

use std::sync::Arc;

use grantor_core::{Scope, Timestamp};
use grantor_jose::check::{holds, is_off};
use http::{HeaderValue, Request};
use url::Url;

use super::Authentication;
use super::credentials::{Credentials, Head, Scheme, credentials};
use super::refusal::{Reason, Refused};
use crate::{AccessToken, Dpop, Verifier, VerifyError};

/// The requirements on a request, and the parameters of the challenge for one that fails them.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(super) verifier: Verifier,
    pub(super) scope: Scope,
    pub(super) audience: Option<String>,
    pub(super) authentication: Authentication,
    pub(super) dpop: Option<Dpop>,
    pub(super) realm: String,
    pub(super) resource_metadata: Option<Url>,
}

/// How a request was admitted. It travels in the token, for layers further in and for handlers.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    pub(super) rules: Arc<Rules>,
    pub(super) scheme: Scheme,
    /// The header that was checked, so that no other request passes with it.
    authorization: HeaderValue,
    pub(super) outer: Option<Arc<Self>>,
}

/// An admitted request.
pub(super) struct Admitted {
    pub(super) token: AccessToken,
    /// For the header `DPoP-Nonce` of the answer.
    pub(super) next_nonce: Option<HeaderValue>,
}

impl Admission {
    pub(crate) fn now(&self) -> Timestamp {
        self.rules.verifier.now()
    }
}

/// The credentials of a request, and the token of a layer further out that admitted the same.
struct Presented<'a> {
    credentials: Credentials<'a>,
    outer: Option<&'a AccessToken>,
}

impl Rules {
    /// The decision, if nothing has to be waited for; else none.
    pub(super) fn try_admit<B>(
        self: &Arc<Self>,
        request: &Request<B>,
    ) -> Option<Result<Admitted, Refused>> {
        let presented = match self.present(&Head::of(request)) {
            Ok(presented) => presented,
            Err(refused) => return Some(Err(refused)),
        };
        // The replay of a proof is looked up in a store.
        if presented.needs_proof() {
            return None;
        }
        let verified = match presented.known_to(&self.verifier) {
            Some(token) => Ok(token),
            None => self
                .verifier
                .try_verify_token(presented.credentials.token)?,
        };
        let decided = presented.name(verified.map_err(Reason::Token));
        Some(decided.and_then(|token| {
            presented.name(self.check_binding(&presented, &token))?;
            presented.name(self.check_requirements(&token))?;
            Ok(self.admitted(&presented, token, None))
        }))
    }

    /// The decision. The proof's `jti` is looked up and stored last, so that a request that is refused
    /// for another reason stores nothing.
    pub(super) async fn admit(self: &Arc<Self>, head: &Head<'_>) -> Result<Admitted, Refused> {
        let presented = self.present(head)?;
        let verified = match presented.known_to(&self.verifier) {
            Some(token) => Ok(token),
            None => {
                let token = presented.credentials.token;
                self.verifier.verify_token(token).await
            }
        };
        let token = presented.name(verified.map_err(Reason::Token))?;
        presented.name(self.check_binding(&presented, &token))?;
        let dpop = self.dpop.as_ref().filter(|_| presented.needs_proof());
        let Some((dpop, jkt)) = dpop.zip(token.jkt.as_deref()) else {
            presented.name(self.check_requirements(&token))?;
            return Ok(self.admitted(&presented, token, None));
        };
        let proof = presented.name(dpop.verify(head, presented.credentials.token, jkt))?;
        presented.name(self.check_requirements(&token))?;
        presented.name(dpop.redeem(&proof).await)?;
        Ok(self.admitted(&presented, token, dpop.next_nonce(&proof)))
    }

    fn present<'a>(&self, head: &Head<'a>) -> Result<Presented<'a>, Refused> {
        let credentials = credentials(head)?;
        let outer = head.extensions.get::<AccessToken>();
        let presented = Presented {
            credentials,
            outer: outer.filter(|token| {
                let admission = token.admission.as_ref();
                admission.is_some_and(|by| by.authorization == credentials.header)
            }),
        };
        // A resource without DPoP does not know the scheme.
        if presented.needs_proof() && self.dpop.is_none() {
            return Err(Refused::MISSING);
        }
        Ok(presented)
    }

    /// RFC 9449 section 7.2: a bound token is not taken as Bearer, nor another with a proof.
    fn check_binding(&self, presented: &Presented<'_>, token: &AccessToken) -> Result<(), Reason> {
        let is_required = self.dpop.as_ref().is_some_and(Dpop::is_required);
        match (presented.credentials.scheme, &token.jkt) {
            (Scheme::Bearer, Some(_)) if !is_off("resource.bound_as_bearer") => {
                Err(Reason::Token(VerifyError::SenderConstrained))
            }
            (Scheme::Bearer, None) if is_required => Err(Reason::Unbound(
                "this resource takes only tokens that are bound to a key",
            )),
            (Scheme::Dpop, None) => Err(Reason::Unbound(
                "the token is not bound to a key, send it as Bearer",
            )),
            // The proof that a layer further out has checked was of another key.
            (Scheme::Dpop, Some(jkt)) if presented.proven().is_some_and(|proven| proven != jkt) => {
                Err(Reason::Unbound("the token is bound to another key"))
            }
            _ => Ok(()),
        }
    }

    fn check_requirements(&self, token: &AccessToken) -> Result<(), Reason> {
        if let Some(audience) = &self.audience
            && !holds("resource.audience", token.audiences.contains(audience))
        {
            return Err(Reason::Token(VerifyError::WrongAudience));
        }
        // Before the scope: the challenge names the scope too, and one login brings both.
        let now = || Some(self.verifier.now());
        let is_met = self.authentication.is_met_by(token, now());
        if !holds("resource.authentication", is_met) {
            return Err(Reason::Authentication);
        }
        if !holds("resource.scope", self.scope.is_subset(&token.scope)) {
            return Err(Reason::Scope);
        }
        Ok(())
    }

    fn admitted(
        self: &Arc<Self>,
        presented: &Presented<'_>,
        token: AccessToken,
        next_nonce: Option<HeaderValue>,
    ) -> Admitted {
        let outer = presented.outer.and_then(|token| token.admission.clone());
        let admission = Admission {
            rules: self.clone(),
            scheme: presented.credentials.scheme,
            authorization: presented.credentials.header.clone(),
            outer: outer.map(Arc::new),
        };
        Admitted {
            token: token.with_admission(admission),
            next_nonce,
        }
    }
}

impl Presented<'_> {
    /// The token, if a layer further out has verified it by the same verifier.
    fn known_to(&self, verifier: &Verifier) -> Option<AccessToken> {
        let token = self.outer?;
        let by = token.admission.as_ref()?;
        by.rules.verifier.is_same(verifier).then(|| token.clone())
    }

    /// The key of the proof that a layer further out has checked. A second look would take the same
    /// proof for a replay.
    fn proven(&self) -> Option<&str> {
        self.outer?.jkt.as_deref()
    }

    fn needs_proof(&self) -> bool {
        self.credentials.scheme == Scheme::Dpop && self.proven().is_none()
    }

    /// The scheme, whose challenge delivers the error.
    fn name<T>(&self, outcome: Result<T, Reason>) -> Result<T, Refused> {
        let scheme = self.credentials.scheme;
        outcome.map_err(|reason| Refused::of(scheme, reason))
    }
}
