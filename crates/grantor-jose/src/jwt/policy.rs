//! The requirements on each kind of token (RFC 8725 section 3).

use std::fmt;
use std::time::Duration;

use super::kind::{self, Kind};
use super::{Claims, Typ};
use crate::check::{holds, is_off};
use crate::{Algorithm, Error, Leeway, Timestamp, digest};

/// The requirements on one kind of token, so that no other kind passes for it.
///
/// ```
/// use grantor_jose::{Algorithm, jwt::Policy};
///
/// let policy = Policy::id_token("https://as.example.com", "client-1")
///     .with_nonce("n-0S6_WzA2Mj")
///     .with_algorithms([Algorithm::Rs256]);
/// ```
#[derive(Clone)]
pub struct Policy {
    kind: &'static Kind,
    pub(super) issuer: String,
    /// None for tokens of the issuer itself, whatever their audience.
    audience: Option<String>,
    /// Taken in place of the audience.
    other_audience: Option<String>,
    trusted: Vec<String>,
    nonce: Option<String>,
    algorithms: Vec<Algorithm>,
    leeway: Leeway,
    max_lifetime: Option<Duration>,
}

impl Policy {
    /// Access tokens of `issuer` for the resource `audience` (RFC 9068 section 4).
    #[must_use]
    pub fn access_token(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self::new(&kind::ACCESS_TOKEN, issuer.into(), Some(audience.into()))
    }

    /// Access tokens of `issuer` for any resource: only for the issuer itself, which answers
    /// questions about all of them (RFC 7662). A resource server that uses it accepts tokens that
    /// were meant for others.
    #[must_use]
    pub fn access_token_at_its_issuer(issuer: impl Into<String>) -> Self {
        Self::new(&kind::ACCESS_TOKEN, issuer.into(), None)
    }

    /// ID Tokens of `issuer` for the client `client_id` (OpenID Connect Core section 3.1.3.7).
    ///
    /// Not checked here, because it takes more than the token: `at_hash`, `c_hash`, `acr`,
    /// `auth_time`.
    #[must_use]
    pub fn id_token(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self::new(&kind::ID_TOKEN, issuer.into(), Some(client_id.into()))
    }

    /// Assertions that the client `client_id` authenticates with at the authorization server
    /// `issuer` (RFC 7523 section 3, OpenID Connect Core section 9). The issuer must be the only
    /// audience, which no URL of an endpoint is (draft-ietf-oauth-rfc7523bis section 4). They
    /// live for an hour at most.
    ///
    /// With a client secret, allow the algorithm of HMAC that was registered. Not checked here:
    /// that `jti` is new.
    #[must_use]
    pub fn client_assertion(client_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        let issuer = Some(issuer.into());
        Self::new(&kind::CLIENT_ASSERTION, client_id.into(), issuer)
            .with_max_lifetime(Duration::from_secs(3600))
    }

    /// Assertions of `issuer` that a client presents as a grant at the authorization server `audience`
    /// (RFC 7523 sections 2.1 and 3), which must be the only audience. They live for an hour at most.
    ///
    /// Not checked here: that `jti` is new, and whom `sub` means.
    #[must_use]
    pub fn authorization_grant(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let audience = Some(audience.into());
        Self::new(&kind::AUTHORIZATION_GRANT, issuer.into(), audience)
            .with_max_lifetime(Duration::from_secs(3600))
    }

    /// Identity assertions of `issuer` for the authorization server `audience`, which must be the only
    /// audience (draft-ietf-oauth-identity-assertion-authz-grant section 4.4.1). They live for an hour at
    /// most.
    ///
    /// Not checked here: that `client_id` is the client that presents it, that `jti` is new, and whom
    /// `sub` means.
    #[must_use]
    pub fn identity_assertion(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let audience = Some(audience.into());
        Self::new(&kind::IDENTITY_ASSERTION, issuer.into(), audience)
            .with_max_lifetime(Duration::from_secs(3600))
    }

    /// Logout Tokens of `issuer` for the client `client_id` (OpenID Connect Back-Channel Logout
    /// section 2.6). Not checked here: that `jti` is new, and the user and session of `sub` and
    /// `sid`.
    #[must_use]
    pub fn logout_token(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self::new(&kind::LOGOUT_TOKEN, issuer.into(), Some(client_id.into()))
    }

    /// Request Objects of the client `client_id` for the authorization server `issuer` (RFC 9101
    /// section 4). One that could be a client assertion is refused (section 10.8).
    #[must_use]
    pub fn request_object(client_id: impl Into<String>, issuer: impl Into<String>) -> Self {
        let issuer = Some(issuer.into());
        Self::new(&kind::REQUEST_OBJECT, client_id.into(), issuer)
    }

    /// Authorization responses of `issuer` for the client `client_id` (JARM section 2.4). Not
    /// checked here: `state`.
    #[must_use]
    pub fn authorization_response(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        let client_id = Some(client_id.into());
        Self::new(&kind::AUTHORIZATION_RESPONSE, issuer.into(), client_id)
    }

    /// Answers of `issuer` to the introspection of a token by `resource_server` (RFC 9701 section
    /// 5). The members about the token are in `token_introspection`.
    #[must_use]
    pub fn introspection(issuer: impl Into<String>, resource_server: impl Into<String>) -> Self {
        let resource_server = Some(resource_server.into());
        Self::new(&kind::INTROSPECTION, issuer.into(), resource_server)
    }

    fn new(kind: &'static Kind, issuer: String, audience: Option<String>) -> Self {
        let algorithms = Algorithm::ALL.iter().copied();
        Self {
            kind,
            issuer,
            audience,
            other_audience: None,
            trusted: Vec::new(),
            nonce: None,
            algorithms: algorithms.filter(|one| !one.is_symmetric()).collect(),
            leeway: Leeway::default(),
            max_lifetime: None,
        }
    }

    /// Requires the `nonce` that was sent with the request. Without this, any or none passes.
    #[must_use]
    pub fn with_nonce(self, nonce: impl Into<String>) -> Self {
        Self {
            nonce: Some(nonce.into()),
            ..self
        }
    }

    /// Allows only these algorithms. Without this, all that are not symmetric.
    ///
    /// An ID Token should allow only the one that the client registered (OpenID Connect Core
    /// section 3.1.3.7 step 7).
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self {
            algorithms: algorithms.into_iter().collect(),
            ..self
        }
    }

    /// Accepts times that are wrong by this much.
    #[must_use]
    pub fn with_leeway(self, leeway: Leeway) -> Self {
        Self { leeway, ..self }
    }

    /// Requires `exp`, and that it lies no further ahead than this. A token that lives for long
    /// has to be remembered for long where it may be used only once.
    #[must_use]
    pub fn with_max_lifetime(self, lifetime: Duration) -> Self {
        Self {
            max_lifetime: Some(lifetime),
            ..self
        }
    }

    /// Takes `audience` in place of the audience too. An assertion that names the URL of an endpoint is
    /// good at whichever server has the client believe that this is its endpoint
    /// (draft-ietf-oauth-rfc7523bis section 7).
    #[must_use]
    pub fn danger_or_audience(self, audience: impl Into<String>) -> Self {
        Self {
            other_audience: Some(audience.into()),
            ..self
        }
    }

    /// Trusts another client: an ID Token may name it in `aud` beside this one, and in `azp`.
    #[must_use]
    pub fn with_trusted_client(mut self, client_id: impl Into<String>) -> Self {
        self.trusted.push(client_id.into());
        self
    }

    /// Returns the algorithms that it allows.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    pub(super) fn check_typ(&self, typ: Option<&str>) -> Result<(), Error> {
        match typ {
            _ if is_off("jwt.type") => Ok(()),
            None if self.kind.may_be_untyped => Ok(()),
            Some(typ) if self.kind.typ.matches(typ) => Ok(()),
            Some(typ) if self.kind.may_be_untyped && Typ::JWT.matches(typ) => Ok(()),
            _ => Err(Error::WrongType),
        }
    }

    pub(super) fn check_claims(&self, claims: &Claims, now: Timestamp) -> Result<(), Error> {
        if let Some(name) = self.kind.required.iter().find(|name| !claims.has(name)) {
            return Err(Error::MissingClaim(name));
        }
        if let Some(name) = self.kind.forbidden.iter().find(|name| claims.has(name)) {
            return Err(Error::InvalidClaim(name));
        }
        if !holds("jwt.issuer", claims.issuer.as_ref() == Some(&self.issuer)) {
            return Err(Error::WrongIssuer);
        }
        let meant = |audience| claims.audiences.contains(audience);
        let other = self.other_audience.as_ref();
        let is_meant = self.audience.as_ref().is_none_or(meant) || other.is_some_and(meant);
        if !holds("jwt.audience", is_meant) {
            return Err(Error::WrongAudience);
        }
        let is_sole = !self.kind.sole_audience || claims.audiences.len() == 1;
        if !holds("jwt.sole_audience", is_sole) {
            return Err(Error::WrongAudience);
        }
        (self.kind.check)(self, claims)?;
        self.check_times(claims, now)
    }

    /// RFC 7519 section 4.1.4: "on or after" the time of `exp` a token is expired.
    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<(), Error> {
        let is_over = |at| now >= at + self.leeway.duration();
        if !holds("jwt.expiry", !claims.expires_at.is_some_and(is_over)) {
            return Err(Error::Expired);
        }
        if let Some(lifetime) = self.max_lifetime {
            let at = claims.expires_at.ok_or(Error::MissingClaim("exp"))?;
            if at > now + lifetime + self.leeway.duration() {
                return Err(Error::InvalidClaim("exp"));
            }
        }
        let latest = now + self.leeway.duration();
        let begins = [claims.not_before, claims.issued_at];
        let has_begun = begins.into_iter().flatten().all(|at| at <= latest);
        if !holds("jwt.not_before", has_begun) {
            return Err(Error::NotYetValid);
        }
        Ok(())
    }

    pub(super) fn is_trusted(&self, client_id: &str) -> bool {
        self.audience.as_deref() == Some(client_id)
            || self.trusted.iter().any(|other| other == client_id)
    }

    pub(super) fn check_nonce(&self, claims: &Claims) -> Result<(), Error> {
        let found = claims.text("nonce")?;
        match (&self.nonce, found) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(Error::MissingClaim("nonce")),
            (Some(sent), Some(found)) => {
                if digest::constant_time_eq(sent.as_bytes(), found.as_bytes()) {
                    Ok(())
                } else {
                    Err(Error::WrongNonce)
                }
            }
        }
    }
}

impl fmt::Debug for Policy {
    /// Leaves out the nonce, whose worth is that others don't know it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("typ", &self.kind.typ)
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}
