use std::fmt;
use std::time::Duration;

use super::{Claims, Typ};
use crate::{Algorithm, Error, Timestamp, digest};

/// What one kind of token must fulfil, so that no other kind passes for it.
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
    issuer: String,
    /// None for tokens of the issuer itself, whatever their audience.
    audience: Option<String>,
    trusted: Vec<String>,
    nonce: Option<String>,
    algorithms: Vec<Algorithm>,
    leeway: Duration,
}

/// What tells the kinds apart.
struct Kind {
    typ: Typ,
    typ_may_be_absent: bool,
    required: &'static [&'static str],
    forbidden: &'static [&'static str],
    check: fn(&Policy, &Claims) -> Result<(), Error>,
}

impl Policy {
    /// The longest leeway for clocks that disagree, and the default.
    pub const MAX_LEEWAY: Duration = Duration::from_secs(60);

    /// Access tokens of `issuer` for the resource `audience` (RFC 9068 section 4).
    #[must_use]
    pub fn access_token(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self::new(&ACCESS_TOKEN, issuer.into(), Some(audience.into()))
    }

    /// Access tokens of `issuer` for any resource: only for the issuer itself, which answers
    /// questions about all of them (RFC 7662). A resource server that uses it accepts tokens that
    /// were meant for others.
    #[must_use]
    pub fn access_token_at_its_issuer(issuer: impl Into<String>) -> Self {
        Self::new(&ACCESS_TOKEN, issuer.into(), None)
    }

    /// ID Tokens of `issuer` for the client `client_id` (OpenID Connect Core section 3.1.3.7).
    ///
    /// Not checked here, because it takes more than the token: `at_hash`, `c_hash`, `acr`,
    /// `auth_time`.
    #[must_use]
    pub fn id_token(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self::new(&ID_TOKEN, issuer.into(), Some(client_id.into()))
    }

    fn new(kind: &'static Kind, issuer: String, audience: Option<String>) -> Self {
        let algorithms = Algorithm::ALL.iter().copied();
        Self {
            kind,
            issuer,
            audience,
            trusted: Vec::new(),
            nonce: None,
            algorithms: algorithms.filter(|one| !one.is_symmetric()).collect(),
            leeway: Self::MAX_LEEWAY,
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

    /// Accepts times that are wrong by this much, at most [`MAX_LEEWAY`](Self::MAX_LEEWAY).
    #[must_use]
    pub fn with_leeway(self, leeway: Duration) -> Self {
        Self {
            leeway: leeway.min(Self::MAX_LEEWAY),
            ..self
        }
    }

    /// Trusts another client: an ID Token may name it in `aud` beside this one, and in `azp`.
    #[must_use]
    pub fn with_trusted_client(mut self, client_id: impl Into<String>) -> Self {
        self.trusted.push(client_id.into());
        self
    }

    /// Which algorithms it allows.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    pub(super) fn check_typ(&self, typ: Option<&str>) -> Result<(), Error> {
        match typ {
            None if self.kind.typ_may_be_absent => Ok(()),
            Some(typ) if self.kind.typ.matches(typ) => Ok(()),
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
        if claims.issuer.as_ref() != Some(&self.issuer) {
            return Err(Error::WrongIssuer);
        }
        let meant = |audience| claims.audiences.contains(audience);
        if !self.audience.as_ref().is_none_or(meant) {
            return Err(Error::WrongAudience);
        }
        (self.kind.check)(self, claims)?;
        self.check_times(claims, now)
    }

    /// RFC 7519 section 4.1.4: "on or after" the time of `exp` a token is expired.
    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<(), Error> {
        if claims.expires_at.is_some_and(|at| now >= at + self.leeway) {
            return Err(Error::Expired);
        }
        let latest = now + self.leeway;
        let begins = [claims.not_before, claims.issued_at];
        if begins.into_iter().flatten().any(|at| at > latest) {
            return Err(Error::NotYetValid);
        }
        Ok(())
    }

    fn is_trusted(&self, client_id: &str) -> bool {
        self.audience.as_deref() == Some(client_id)
            || self.trusted.iter().any(|other| other == client_id)
    }

    fn check_nonce(&self, claims: &Claims) -> Result<(), Error> {
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

fn check_id_token(policy: &Policy, claims: &Claims) -> Result<(), Error> {
    // OpenID Connect Core section 2: sub "MUST NOT exceed 255 ASCII characters in length".
    let subject = claims.subject.as_deref();
    if subject.is_some_and(|subject| subject.len() > 255 || !subject.is_ascii()) {
        return Err(Error::InvalidClaim("sub"));
    }
    // Section 3.1.3.7 step 3: rejected "if it contains additional audiences not trusted by the
    // Client".
    if !claims.audiences.iter().all(|one| policy.is_trusted(one)) {
        return Err(Error::WrongAudience);
    }
    // Errata set 2 leaves `azp` to extensions; a party that is unknown here is refused.
    let party = claims.text("azp")?;
    if party.is_some_and(|party| !policy.is_trusted(party)) {
        return Err(Error::WrongAuthorizedParty);
    }
    policy.check_nonce(claims)
}

fn check_access_token(_: &Policy, claims: &Claims) -> Result<(), Error> {
    if claims.text("client_id")? == Some("") {
        return Err(Error::InvalidClaim("client_id"));
    }
    Ok(())
}

const ACCESS_TOKEN: Kind = Kind {
    typ: Typ::ACCESS_TOKEN,
    // RFC 9068 section 4: "reject tokens carrying any other "typ" value".
    typ_may_be_absent: false,
    // Section 2.2.
    required: &["iss", "exp", "aud", "sub", "client_id", "iat", "jti"],
    forbidden: &[],
    check: check_access_token,
};

const ID_TOKEN: Kind = Kind {
    typ: Typ::JWT,
    typ_may_be_absent: true,
    // OpenID Connect Core section 2.
    required: &["iss", "sub", "aud", "exp", "iat"],
    // A Logout Token, whose `typ` is optional too, always has `events` (OpenID Connect
    // Back-Channel Logout section 2.4).
    forbidden: &["events"],
    check: check_id_token,
};
