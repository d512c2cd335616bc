//! Reading the answer of an introspection endpoint.

use std::fmt;

use http::Response;

use super::Introspection;
use crate::answer::content_coding;
use crate::members::{InvalidMember, Members};
use crate::scope::Scope;

/// The reason why an answer of an introspection endpoint can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIntrospection {
    /// It is not a JSON object with `active`, or a member occurs twice.
    Malformed,
    /// It came in this coding, which was not asked for (RFC 9110 section 8.4).
    Compressed(String),
    /// A member has a value that it can't have.
    Member(InvalidMember),
}

impl fmt::Display for InvalidIntrospection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => {
                f.write_str("it is not a JSON object with \"active\" and each member once")
            }
            Self::Compressed(coding) => {
                write!(
                    f,
                    "it is compressed with \"{coding}\", which was not asked for"
                )
            }
            Self::Member(member) => member.fmt(f),
        }
    }
}

impl std::error::Error for InvalidIntrospection {}

impl From<InvalidMember> for InvalidIntrospection {
    fn from(member: InvalidMember) -> Self {
        Self::Member(member)
    }
}

impl Introspection {
    /// Reads an answer whose status is 200, as [`from_json`](Self::from_json) does.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidIntrospection`] lists; the message holds no value of the
    /// answer.
    pub fn from_response<B: AsRef<[u8]>>(
        response: &Response<B>,
    ) -> Result<Self, InvalidIntrospection> {
        match content_coding(response.headers()) {
            Some(coding) => Err(InvalidIntrospection::Compressed(coding)),
            None => Self::from_json(response.body().as_ref()),
        }
    }

    /// Reads an answer. Lenient where servers are known to differ: the scope may be an array, a time
    /// a fraction or a string, an identifier a number. Of a token that is not active, `active` is all
    /// that has to be readable.
    ///
    /// # Errors
    /// Fails for the reasons that [`InvalidIntrospection`] lists; the message holds no value of the
    /// answer.
    pub fn from_json(json: &[u8]) -> Result<Self, InvalidIntrospection> {
        let mut members = Members::parse(json).ok_or(InvalidIntrospection::Malformed)?;
        let active = members.flag("active")?;
        let active = active.ok_or(InvalidIntrospection::Malformed)?;
        match Self::from_members(active, members) {
            Err(_) if !active => Ok(Self::inactive()),
            read => Ok(read?),
        }
    }

    fn from_members(active: bool, mut members: Members) -> Result<Self, InvalidMember> {
        let scope = members.texts("scope")?.join(" ");
        let scope = Scope::parse(&scope).map_err(|_| InvalidMember {
            name: "scope",
            expected: "a scope: it has a character that is not allowed",
        })?;
        Ok(Self {
            active,
            scope: Some(scope).filter(|scope| !scope.is_empty()),
            client_id: members.identifier("client_id")?,
            token_type: members.text("token_type")?,
            exp: members.time("exp")?,
            iat: members.time("iat")?,
            nbf: members.time("nbf")?,
            sub: members.identifier("sub")?,
            aud: members.texts("aud")?,
            iss: members.text("iss")?,
            jti: members.identifier("jti")?,
            extra: members.0,
        })
    }
}
