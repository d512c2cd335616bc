//! The claims of a verified token, as handlers see them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Introspection, Scope, Timestamp};
#[cfg(feature = "remote")]
use grantor_jose::jwt;
use serde_json::{Map, Value};

use crate::layer::{Admission, Authentication};
use crate::{Refusal, VerifyError};

/// A verified access token: its claims, not the token itself.
///
/// [`protect`](crate::protect) puts it in the extensions of the request. Cheap to clone.
#[derive(Clone)]
pub struct AccessToken {
    claims: Arc<Claims>,
    /// The layer that admitted the request; none if no layer did.
    pub(crate) admission: Option<Admission>,
}

/// The claims of an access token (RFC 9068 section 2.2, RFC 7662 section 2.2).
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// The issuer. A JWT always has one.
    pub issuer: Option<String>,
    /// The user for whom the client acts, or the client itself.
    pub subject: Option<String>,
    /// The client that the token was issued to.
    pub client_id: Option<String>,
    /// The scope.
    pub scope: Scope,
    /// The resources that it is for. Empty if an introspection leaves them out.
    pub audiences: Vec<String>,
    /// When it expires. None if an introspection leaves it out.
    pub expires_at: Option<Timestamp>,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// Its identifier, `jti`.
    pub token_id: Option<String>,
    /// How the user was authenticated, `acr` (RFC 9470 section 6).
    pub acr: Option<String>,
    /// When the user was authenticated, `auth_time`.
    pub auth_time: Option<Timestamp>,
    /// The thumbprint of the key that the token is bound to, `cnf.jkt` (RFC 9449 section 6). Behind
    /// [`protect`](crate::protect) the request proved possession of that key.
    pub jkt: Option<String>,
    /// All other claims, unchanged.
    pub other: Map<String, Value>,
}

impl Claims {
    #[cfg(feature = "remote")]
    pub(crate) fn from_jwt(claims: jwt::Claims) -> Result<Self, VerifyError> {
        let mut other = claims.other;
        let scope = match other.remove("scope") {
            None => Scope::default(),
            Some(Value::String(text)) => {
                Scope::parse(&text).map_err(|_| VerifyError::InvalidScope)?
            }
            Some(_) => return Err(VerifyError::InvalidScope),
        };
        Ok(Self {
            issuer: claims.issuer,
            subject: claims.subject,
            client_id: take_text(&mut other, "client_id"),
            scope,
            audiences: claims.audiences,
            expires_at: claims.expires_at,
            issued_at: claims.issued_at,
            token_id: claims.jwt_id,
            jkt: take_jkt(&mut other)?,
            acr: take_text(&mut other, "acr"),
            auth_time: take_time(&mut other, "auth_time"),
            other,
        })
    }

    pub(crate) fn from_introspection(answer: Introspection) -> Result<Self, VerifyError> {
        let mut other = answer.extra;
        Ok(Self {
            issuer: answer.iss,
            subject: answer.sub,
            client_id: answer.client_id,
            scope: answer.scope.unwrap_or_default(),
            audiences: answer.aud,
            expires_at: answer.exp.map(Timestamp::from_secs),
            issued_at: answer.iat.map(Timestamp::from_secs),
            token_id: answer.jti,
            jkt: take_jkt(&mut other)?,
            acr: take_text(&mut other, "acr"),
            auth_time: take_time(&mut other, "auth_time"),
            other,
        })
    }
}

/// The thumbprint in `cnf` (RFC 7800, RFC 9449 section 6.1). A token that is bound in another way, or
/// in another way too, is refused, since nothing here can check that.
fn take_jkt(other: &mut Map<String, Value>) -> Result<Option<String>, VerifyError> {
    let Some(confirmation) = other.remove("cnf") else {
        return Ok(None);
    };
    let members = confirmation
        .as_object()
        .filter(|members| members.len() == 1);
    match members.and_then(|members| members.get("jkt")?.as_str()) {
        Some(jkt) => Ok(Some(jkt.to_owned())),
        None => Err(VerifyError::SenderConstrained),
    }
}

fn take_text(other: &mut Map<String, Value>, name: &str) -> Option<String> {
    match other.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// RFC 7519 section 2: a number of seconds, perhaps with a fraction.
fn take_time(other: &mut Map<String, Value>, name: &str) -> Option<Timestamp> {
    let seconds = other.remove(name)?.as_f64()?;
    // A float that is too large becomes the largest number.
    Some(Timestamp::from_secs(seconds as i64))
}

impl AccessToken {
    pub(crate) fn with_admission(self, admission: Admission) -> Self {
        Self {
            admission: Some(admission),
            ..self
        }
    }

    /// Requires one more scope value, or several between spaces, where only the handler knows what the
    /// request needs. A layer requires it by [`Protect::scope`](crate::Protect::scope).
    ///
    /// # Errors
    /// The answer to send: 403 `insufficient_scope` with the whole scope that would do (RFC 6750
    /// section 3.1).
    ///
    /// # Panics
    /// If `scope` has a character that no scope may have: a fault in the code.
    #[track_caller]
    pub fn require_scope(&self, scope: &str) -> Result<(), Refusal> {
        match Scope::parse(scope) {
            Ok(scope) => self.require_scopes(&scope),
            Err(error) => panic!("{error}: {scope:?}"),
        }
    }

    /// Like [`require_scope`](Self::require_scope), for a scope that is not a literal.
    ///
    /// # Errors
    /// The answer to send.
    pub fn require_scopes(&self, scope: &Scope) -> Result<(), Refusal> {
        if scope.is_subset(&self.scope) {
            return Ok(());
        }
        Err(Refusal::scope(self, scope))
    }

    /// Requires that the user was authenticated in one of these ways, the preferred one first.
    ///
    /// # Errors
    /// The answer to send: 401 `insufficient_user_authentication` (RFC 9470 section 3).
    pub fn require_acr_values(&self, acr_values: &[&str]) -> Result<(), Refusal> {
        let acr_values = acr_values.iter().copied();
        self.require_authentication(Authentication::default().with_acr_values(acr_values))
    }

    /// Requires that the user was authenticated no longer ago than this.
    ///
    /// # Errors
    /// The answer to send: 401 `insufficient_user_authentication` (RFC 9470 section 3). It is sent for
    /// every token that did not come through [`protect`](crate::protect), which has the clock.
    pub fn require_max_age(&self, max_age: Duration) -> Result<(), Refusal> {
        self.require_authentication(Authentication::default().with_max_age(max_age))
    }

    fn require_authentication(&self, required: Authentication) -> Result<(), Refusal> {
        let now = self.admission.as_ref().map(Admission::now);
        if required.is_met_by(self, now) {
            return Ok(());
        }
        Err(Refusal::authentication(self, required))
    }
}

impl From<Claims> for AccessToken {
    fn from(claims: Claims) -> Self {
        Self {
            claims: Arc::new(claims),
            admission: None,
        }
    }
}

impl Deref for AccessToken {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}

/// Tokens with the same claims are equal.
impl PartialEq for AccessToken {
    fn eq(&self, other: &Self) -> bool {
        self.claims == other.claims
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccessToken").field(&self.claims).finish()
    }
}

impl fmt::Debug for Claims {
    /// Leaves out the claims that identify the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .field("audiences", &self.audiences)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
