//! JWTs that a client signs: for a token, or to say who it is (RFC 7521, RFC 7523).

pub(crate) mod claims;
pub(crate) mod constructors;
pub(crate) mod given;
pub(crate) mod google;
pub(crate) mod sign_on_send;
pub(crate) mod signing_key;
pub(crate) mod validate;

use std::fmt;
use std::time::Duration;

use grantor_core::TokenEndpointAuthMethod;
use serde_json::{Map, Value};

use self::signing_key::SigningKey;

/// A statement that a client signs with its own key: the authorization grant of a service account
/// ([`Tokens::jwt_bearer`](crate::Tokens::jwt_bearer)), or who the client is
/// ([`TokensBuilder::client_assertion`](crate::TokensBuilder::client_assertion)).
///
/// Every request carries an assertion that was signed for it alone, with a `jti`, an `iat` and an
/// `exp` of its own; a request that is repeated is signed anew.
///
/// The audience is the issuer of the server unless another is named. RFC 7523 let a client choose
/// between that and the URL of the token endpoint, and a server that was believed about its token
/// endpoint could then have assertions made out to another one; draft-ietf-oauth-rfc7523bis leaves
/// the issuer alone. Where no issuer is known it is the token endpoint.
///
/// ```
/// use grantor_client::{Assertion, Tokens};
/// # let pem = grantor_jose::Key::generate(grantor_jose::Algorithm::Es256)?.to_pkcs8_pem()?;
/// # let pem = pem.as_str();
/// use grantor_jose::Algorithm;
///
/// let assertion = Assertion::from_pem(Algorithm::Es256, pem)?.key_id("2026-11");
/// let tokens =
///     Tokens::client_credentials("https://idp.example", "app", assertion).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Assertion {
    key: SigningKey,
    key_id: Option<String>,
    issuer: Option<String>,
    subject: AssertionSubject,
    audience: Audience,
    lifetime: Duration,
    backdated: Duration,
    typ: Option<String>,
    claims: Map<String, Value>,
    header: Map<String, Value>,
    scope: ScopeLocation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum AssertionSubject {
    Issuer,
    Named(String),
    Nobody,
}

/// To whom an assertion is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Audience {
    Issuer,
    /// The endpoint that it is sent to.
    Endpoint,
    Named(String),
}

/// The place of the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeLocation {
    Parameter,
    Claim,
}

impl Assertion {
    /// The `kid` by which the server knows the key.
    #[must_use]
    pub fn key_id(mut self, key_id: impl Into<String>) -> Self {
        self.key_id = Some(key_id.into());
        self
    }

    /// The issuer of the statement (`iss`). A client that authenticates by it is the issuer itself.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Whom it is about (`sub`); otherwise the issuer itself.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = AssertionSubject::Named(subject.into());
        self
    }

    /// To whom it is addressed (`aud`); otherwise the server's issuer, or its token endpoint if no
    /// issuer is known.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Audience::Named(audience.into());
        self
    }

    /// Addresses it to the endpoint that it is sent to, for servers that refuse their issuer as the
    /// audience (RFC 7523 section 3, item 3, before draft-ietf-oauth-rfc7523bis). Whoever can make this
    /// client believe another endpoint then has assertions for that.
    #[must_use]
    pub fn danger_audience_endpoint(mut self) -> Self {
        self.audience = Audience::Endpoint;
        self
    }

    /// How long each one is good after it was signed, in whole seconds; 5 minutes otherwise.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Dates each one back, in whole seconds, for a server whose clock is slow and which refuses what
    /// was signed in its future: `iat` and `nbf` are so much earlier, `exp` stays.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use grantor_client::Assertion;
    /// # let key = grantor_jose::Key::generate(grantor_jose::Algorithm::Es256).unwrap();
    ///
    /// let assertion = Assertion::new(key).backdate(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn backdate(mut self, by: Duration) -> Self {
        self.backdated = by;
        self
    }

    /// The `typ` of the header. Otherwise it is `JWT` in a grant, and `client-authentication+jwt`
    /// where the client says who it is (draft-ietf-oauth-rfc7523bis section 4), which a server of
    /// old may refuse.
    #[must_use]
    pub fn typ(mut self, typ: impl Into<String>) -> Self {
        self.typ = Some(typ.into());
        self
    }

    /// A further claim. Identifier and times stay new for every assertion.
    ///
    /// A `jti` given here is the exception: it is in all of them, so a server that remembers
    /// identifiers refuses the second one, and one that does not can't tell a replay.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// A further member of the header, as `x5t`.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.header.insert(name.into(), value.into());
        self
    }

    /// Puts the scope into the claim `scope` in place of the parameter, as some servers of
    /// service accounts want it.
    #[must_use]
    pub fn scope_as_claim(mut self) -> Self {
        self.scope = ScopeLocation::Claim;
        self
    }

    /// The algorithm that it is signed by.
    pub(crate) fn algorithm(&self) -> grantor_jose::Algorithm {
        self.key.algorithm()
    }

    pub(crate) fn scope_place(&self) -> ScopeLocation {
        self.scope
    }

    /// How a client authenticates with it.
    pub(crate) fn method(&self) -> TokenEndpointAuthMethod {
        if self.key.algorithm().is_symmetric() {
            TokenEndpointAuthMethod::ClientSecretJwt
        } else {
            TokenEndpointAuthMethod::PrivateKeyJwt
        }
    }
}

impl fmt::Debug for Assertion {
    /// Names the further claims and leaves out what they say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("key", &self.key)
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .field("audience", &self.audience)
            .field("lifetime", &self.lifetime)
            .field("claims", &self.claims.keys())
            .finish_non_exhaustive()
    }
}
