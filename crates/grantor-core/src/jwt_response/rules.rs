//! The rules that an authorization response must keep where it is a JWT (JARM section 2.4).

use std::borrow::Cow;
use std::fmt;

use grantor_jose::jwt::{self, Claims, Policy};
use grantor_jose::{Algorithm, KeySet, Timestamp};
use serde_json::Value;

use super::InvalidJwtResponse;
use crate::authorization::AuthorizationResponse;
use crate::issuer::Issuer;
use crate::openid::{Plain, TokenDecryption, nested, plain};
use crate::params::Params;

/// The rules that authorization responses of one server to one client must keep.
///
/// ```
/// use grantor_core::{AuthorizationResponse, Issuer, JwtResponseRules};
/// # use grantor_core::InvalidJwtResponse;
/// # use grantor_jose::{KeySet, Timestamp};
/// # fn read(jwt: &str, keys: &KeySet, now: Timestamp) -> Result<(), InvalidJwtResponse> {
/// let issuer = Issuer::parse("https://idp.example").unwrap();
/// let rules = JwtResponseRules::new(&issuer, "app");
/// let response: AuthorizationResponse = rules.validate(jwt, keys, now)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct JwtResponseRules {
    issuer: String,
    client_id: String,
    algorithms: Option<Vec<Algorithm>>,
    decryption: Option<TokenDecryption>,
}

impl JwtResponseRules {
    /// The rules for responses of this issuer to this client, by any algorithm that is not symmetric.
    #[must_use]
    pub fn new(issuer: &Issuer, client_id: impl Into<String>) -> Self {
        Self {
            issuer: issuer.as_str().to_owned(),
            client_id: client_id.into(),
            algorithms: None,
            decryption: None,
        }
    }

    /// Allows only these algorithms: the one that the client registered as
    /// `authorization_signed_response_alg`, or those that the issuer publishes.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self {
            algorithms: Some(algorithms.into_iter().collect()),
            ..self
        }
    }

    /// Decrypts responses that are encrypted to the client.
    #[must_use]
    pub fn with_decryption(self, decryption: TokenDecryption) -> Self {
        Self {
            decryption: Some(decryption),
            ..self
        }
    }

    /// Validates a response: encryption, signature, `iss`, `aud` and `exp`. Errors of the server are
    /// in a JWT too. The parameters in it are still to be compared with the request, above all `state`
    /// ([`AuthorizationResponse::into_authorized`]).
    ///
    /// # Errors
    /// The rule that the response breaks.
    pub fn validate(
        &self,
        token: &str,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<AuthorizationResponse, InvalidJwtResponse> {
        let token = match plain(token, self.decryption.as_ref())? {
            Plain::AsSent(token) => Cow::Borrowed(token),
            Plain::Decrypted(text, content_type) => nested(text, content_type.as_deref())?,
            Plain::NoKey => return Err(InvalidJwtResponse::Encrypted),
            Plain::NotEncrypted => return Err(InvalidJwtResponse::NotEncrypted),
        };
        let mut policy = Policy::authorization_response(&self.issuer, &self.client_id);
        if let Some(algorithms) = &self.algorithms {
            policy = policy.with_algorithms(algorithms.iter().copied());
        }
        let verified = jwt::verify(&token, keys, &policy, now)?;
        let params = params(&verified.claims);
        AuthorizationResponse::from_params(&params).map_err(InvalidJwtResponse::Response)
    }
}

/// The parameters of the response; `iss` is one of them (RFC 9207 section 2.4).
fn params(claims: &Claims) -> Params<'static> {
    let mut params = Params::new();
    params.push_some("iss", claims.issuer.clone());
    for (name, value) in &claims.other {
        match value {
            Value::String(text) => params.push(name.clone(), text.clone()),
            Value::Number(number) => params.push(name.clone(), number.to_string()),
            _ => {}
        }
    }
    params
}

impl fmt::Debug for JwtResponseRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtResponseRules")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
