//! Cookies of sites.

use grantor_core::{Environment, Secret};

use crate::identifier::Identifier;
use crate::token::{OpaqueKind, OpaqueToken};

/// The value of a cookie by which a site knows a browser: an identifier, which finds the site's
/// record, and a secret, of which the record keeps only the hash. So whoever reads the records can't
/// make the cookie.
///
/// ```
/// use grantor_core::Environment;
/// use grantor_server::CookieToken;
///
/// # fn run(environment: &Environment) {
/// let token = CookieToken::mint(environment);
/// // In the record, under the key `token.id()`:
/// let hash = token.hash();
/// // In the cookie:
/// let value = token.to_text("session_");
///
/// let returned = CookieToken::parse("session_", value.expose());
/// assert!(returned.is_some_and(|returned| returned.matches(&hash)));
/// # }
/// # run(&grantor_http::system());
/// ```
pub struct CookieToken(OpaqueToken);

impl CookieToken {
    /// A new one, with 256 random bits.
    #[must_use]
    pub fn mint(environment: &Environment) -> Self {
        Self(OpaqueToken::mint(environment))
    }

    /// Reads the text of a cookie. `None`: it has another prefix, or is no such text. Nothing is said
    /// of whether there is a record.
    #[must_use]
    pub fn parse(prefix: &'static str, text: &str) -> Option<Self> {
        OpaqueToken::parse(OpaqueKind::Site(prefix), text).map(Self)
    }

    /// The identifier of its record. It is no secret.
    #[must_use]
    pub fn id(&self) -> Identifier {
        self.0.id
    }

    /// The hash of its secret, for the record.
    #[must_use]
    pub fn hash(&self) -> String {
        self.0.hash()
    }

    /// Returns whether a record has the hash of its secret, in constant time.
    #[must_use]
    pub fn matches(&self, hash: &str) -> bool {
        self.0.matches(hash)
    }

    /// The text for the cookie. The prefix keeps cookies of several purposes apart.
    #[must_use]
    pub fn to_text(&self, prefix: &'static str) -> Secret {
        self.0.to_text(OpaqueKind::Site(prefix))
    }
}

impl std::fmt::Debug for CookieToken {
    /// Leaves out the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CookieToken")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_of_several_purposes_are_kept_apart() {
        let token = CookieToken::mint(&grantor_http::system());
        let text = token.to_text("a_");
        let read = CookieToken::parse("a_", text.expose()).unwrap();
        assert_eq!(read.id(), token.id());
        assert!(read.matches(&token.hash()));
        assert!(CookieToken::parse("b_", text.expose()).is_none());
        let other = CookieToken::mint(&grantor_http::system());
        assert!(!read.matches(&other.hash()));
        let secret = text.expose().split_at(24).1;
        assert!(!format!("{token:?}").contains(secret));
    }
}
