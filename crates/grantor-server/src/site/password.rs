//! A login by name and password, without a page.

use grantor_core::Secret;
use http::request::Parts;

use super::Login;

/// A user's name and password, in a request that shows no page: those of the password grant
/// (RFC 6749 section 4.3).
#[derive(Debug)]
pub struct PasswordLogin<'a> {
    name: &'a str,
    password: &'a Secret,
    head: &'a Parts,
    grant_type: &'a str,
}

impl<'a> PasswordLogin<'a> {
    /// A name and a password, and the head of the request that they came with.
    #[must_use]
    pub fn new(name: &'a str, password: &'a Secret, head: &'a Parts) -> Self {
        Self {
            name,
            password,
            head,
            grant_type: "password",
        }
    }

    /// For another grant type than that of passwords.
    #[must_use]
    pub fn for_grant_type(mut self, grant_type: &'a str) -> Self {
        self.grant_type = grant_type;
        self
    }

    /// The grant type that asks, as on the wire.
    #[must_use]
    pub fn grant_type(&self) -> &'a str {
        self.grant_type
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The password.
    #[must_use]
    pub fn password(&self) -> &'a Secret {
        self.password
    }

    /// The head of the request, by which attempts can be limited:
    /// [`Limits::address`](crate::Limits::address).
    #[must_use]
    pub fn request(&self) -> &'a Parts {
        self.head
    }
}

/// The site's answer to a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordAnswer {
    /// They are those of this user.
    Right(Login),
    /// They are not, or there is no such user; which of both is said to nobody.
    Wrong,
    /// They were not looked at, since too many were tried.
    TooManyAttempts,
    /// The site knows no passwords.
    Unsupported,
}
