//! The types of tokens in `typ` (RFC 8725 section 3.11).

/// The `typ` of a header: what kind of token it is (RFC 7515 section 4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Typ(&'static str);

impl Typ {
    /// An access token (RFC 9068).
    pub const ACCESS_TOKEN: Self = Self("at+jwt");
    /// A client assertion (draft-ietf-oauth-rfc7523bis).
    pub const CLIENT_ASSERTION: Self = Self("client-authentication+jwt");
    /// A proof of possession (RFC 9449).
    pub const DPOP: Self = Self("dpop+jwt");
    /// An identity assertion for the authorization server of a resource
    /// (draft-ietf-oauth-identity-assertion-authz-grant).
    pub const IDENTITY_ASSERTION: Self = Self("oauth-id-jag+jwt");
    /// An answer about a token (RFC 9701).
    pub const INTROSPECTION: Self = Self("token-introspection+jwt");
    /// A Logout Token (OpenID Connect Back-Channel Logout).
    pub const LOGOUT_TOKEN: Self = Self("logout+jwt");
    /// A Request Object (RFC 9101).
    pub const REQUEST_OBJECT: Self = Self("oauth-authz-req+jwt");
    /// A JWT of no special kind, such as an ID Token.
    pub const JWT: Self = Self("JWT");

    /// Another kind, by its media type without `application/`.
    #[must_use]
    pub const fn new(typ: &'static str) -> Self {
        Self(typ)
    }

    /// The value, as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Returns whether a header means this kind: in any case, with or without `application/`.
    #[must_use]
    pub fn matches(self, typ: &str) -> bool {
        let short = match typ.split_at_checked(PREFIX.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
            _ => typ,
        };
        short.eq_ignore_ascii_case(self.0)
    }
}

const PREFIX: &str = "application/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_media_types() {
        for typ in [
            "at+jwt",
            "AT+JWT",
            "application/at+jwt",
            "Application/AT+jwt",
        ] {
            assert!(Typ::ACCESS_TOKEN.matches(typ), "{typ}");
        }
        for typ in [
            "",
            "JWT",
            "at",
            "at+jwt ",
            "text/at+jwt",
            "font-family/at+jwt",
            "application/application/at+jwt",
        ] {
            assert!(!Typ::ACCESS_TOKEN.matches(typ), "{typ}");
        }
    }
}
