//! The rules that an ID token must keep (OpenID Connect Core sections 3.1.3.7, 3.2.2.11, 3.3.2.12).

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use grantor_jose::jwt::{self, Policy};
use grantor_jose::{Algorithm, KeySet, Leeway, Timestamp};

use super::tokens::{Plain, TokenDecryption, nested, plain};
use super::{Accompanying, IdToken, InvalidIdToken, IssuerRule, LogoutToken};

/// The rules that ID tokens for one client must keep.
///
/// ```
/// use grantor_core::Issuer;
/// use grantor_core::openid::{Accompanying, IdTokenRules, IssuerRule};
/// # use grantor_core::openid::{IdToken, InvalidIdToken};
/// # use grantor_jose::{KeySet, Timestamp};
/// # fn validate(token: &str, keys: &KeySet, now: Timestamp) -> Result<IdToken, InvalidIdToken> {
/// # let issuer = Issuer::parse("https://idp.example").unwrap();
/// let rules = IdTokenRules::new(IssuerRule::exactly(&issuer), "app").with_nonce("n-0S6_WzA2Mj");
/// let id_token = rules.validate(token, keys, &Accompanying::default(), now)?;
/// println!("{} signed in", id_token.subject());
/// # Ok(id_token)
/// # }
/// ```
#[derive(Clone)]
pub struct IdTokenRules {
    issuer: IssuerRule,
    client_id: String,
    algorithms: Option<Vec<Algorithm>>,
    trusted_clients: Vec<String>,
    nonce: Option<String>,
    max_age: Option<Duration>,
    acr_values: Vec<String>,
    decryption: Option<TokenDecryption>,
    leeway: Leeway,
}

impl IdTokenRules {
    /// The rules for ID tokens of an issuer for the client `client_id`, of any algorithm that is not
    /// symmetric.
    #[must_use]
    pub fn new(issuer: IssuerRule, client_id: impl Into<String>) -> Self {
        Self {
            issuer,
            client_id: client_id.into(),
            algorithms: None,
            trusted_clients: Vec::new(),
            nonce: None,
            max_age: None,
            acr_values: Vec::new(),
            decryption: None,
            leeway: Leeway::default(),
        }
    }

    /// Allows only these algorithms: the one that the client registered as
    /// `id_token_signed_response_alg`, or those that the issuer publishes.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self {
            algorithms: Some(algorithms.into_iter().collect()),
            ..self
        }
    }

    /// Requires the `nonce` of the request.
    #[must_use]
    pub fn with_nonce(self, nonce: impl Into<String>) -> Self {
        Self {
            nonce: Some(nonce.into()),
            ..self
        }
    }

    /// Requires that the user proved who they are at most so long ago, as the request did (`max_age`).
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self {
            max_age: Some(max_age),
            ..self
        }
    }

    /// Requires that `acr` is one of these.
    #[must_use]
    pub fn with_acr_values(self, values: impl IntoIterator<Item = String>) -> Self {
        Self {
            acr_values: values.into_iter().collect(),
            ..self
        }
    }

    /// Trusts another client, which tokens may name in `aud` beside this one, and in `azp`.
    #[must_use]
    pub fn with_trusted_client(mut self, client_id: impl Into<String>) -> Self {
        self.trusted_clients.push(client_id.into());
        self
    }

    /// Decrypts tokens that are encrypted to the client.
    #[must_use]
    pub fn with_decryption(self, decryption: TokenDecryption) -> Self {
        Self {
            decryption: Some(decryption),
            ..self
        }
    }

    /// Accepts times that are wrong by this much.
    #[must_use]
    pub fn with_leeway(self, leeway: Leeway) -> Self {
        Self { leeway, ..self }
    }

    /// The client that tokens are for.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Validates an ID token with the issuer's keys, or for HMAC with the client's secret
    /// ([`KeySet::from_secrets`]).
    ///
    /// # Errors
    /// The rule that the token breaks. After one for which
    /// [`may_have_newer_key`](InvalidIdToken::may_have_newer_key) holds it is worth to fetch the keys
    /// anew.
    pub fn validate(
        &self,
        token: &str,
        keys: &KeySet,
        with: &Accompanying<'_>,
        now: Timestamp,
    ) -> Result<IdToken, InvalidIdToken> {
        let token = self.decrypted(token)?;
        let issuer = self.issuer.of(&token)?;
        let mut policy = self.policy(Policy::id_token(issuer, &self.client_id));
        if let Some(nonce) = &self.nonce {
            policy = policy.with_nonce(nonce);
        }
        let verified = jwt::verify(&token, keys, &policy, now)?;
        let id_token = IdToken {
            claims: verified.claims,
            algorithm: verified.algorithm,
        };
        self.issuer.check(&id_token.claims)?;
        with.check(&id_token.claims, id_token.algorithm)?;
        self.check_authentication(&id_token, now)?;
        Ok(id_token)
    }

    /// Validates a logout token, which has the issuer, the audience and the algorithms of ID tokens
    /// (OpenID Connect Back-Channel Logout section 2.6).
    ///
    /// # Errors
    /// The rule that the token breaks.
    pub fn validate_logout(
        &self,
        token: &str,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<LogoutToken, InvalidIdToken> {
        let token = self.decrypted(token)?;
        let issuer = self.issuer.of(&token)?;
        let policy = self.policy(Policy::logout_token(issuer, &self.client_id));
        let verified = jwt::verify(&token, keys, &policy, now)?;
        self.issuer.check(&verified.claims)?;
        Ok(LogoutToken::of(&verified.claims)?)
    }

    fn policy(&self, mut policy: Policy) -> Policy {
        if let Some(algorithms) = &self.algorithms {
            policy = policy.with_algorithms(algorithms.iter().copied());
        }
        for client in &self.trusted_clients {
            policy = policy.with_trusted_client(client);
        }
        policy.with_leeway(self.leeway)
    }

    /// The algorithms that signatures may have.
    pub(super) fn algorithms(&self) -> Cow<'_, [Algorithm]> {
        match &self.algorithms {
            Some(algorithms) => Cow::Borrowed(algorithms),
            None => {
                let all = Algorithm::ALL.iter().copied();
                all.filter(|it| !it.is_symmetric()).collect()
            }
        }
    }

    pub(super) fn decryption(&self) -> Option<&TokenDecryption> {
        self.decryption.as_ref()
    }

    fn decrypted<'a>(&self, token: &'a str) -> Result<Cow<'a, str>, InvalidIdToken> {
        match plain(token, self.decryption.as_ref())? {
            Plain::AsSent(token) => Ok(Cow::Borrowed(token)),
            Plain::Decrypted(text, content_type) => Ok(nested(text, content_type.as_deref())?),
            Plain::NoKey => Err(InvalidIdToken::Encrypted),
            Plain::NotEncrypted => Err(InvalidIdToken::NotEncrypted),
        }
    }

    /// Steps 12 and 13 of section 3.1.3.7.
    fn check_authentication(&self, token: &IdToken, now: Timestamp) -> Result<(), InvalidIdToken> {
        let at = token.claims.time("auth_time")?;
        if let Some(max_age) = self.max_age {
            let at = at.ok_or(InvalidIdToken::MissingAuthTime)?;
            if now > at + max_age + self.leeway.duration() {
                return Err(InvalidIdToken::AuthenticatedTooLongAgo);
            }
        }
        let acr = token.claims.text("acr")?;
        let demanded = &self.acr_values;
        let fits = |acr: &str| demanded.iter().any(|it| it == acr);
        match demanded.is_empty() || acr.is_some_and(fits) {
            true => Ok(()),
            false => Err(InvalidIdToken::WrongAcr),
        }
    }
}

impl fmt::Debug for IdTokenRules {
    /// Leaves out the nonce, whose worth is that others don't know it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokenRules")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("algorithms", &self.algorithms)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
