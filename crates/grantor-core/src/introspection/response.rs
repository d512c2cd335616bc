//! The answer of an introspection endpoint (RFC 7662 section 2.2).

use std::fmt;

use grantor_jose::ObjectWriter;
use http::Response;
use serde_json::{Map, Value};

use crate::answer::content_coding;
use crate::members::InvalidMember;
use crate::members::Members;
use crate::scope::Scope;

/// The answer of an introspection endpoint (RFC 7662 section 2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Introspection {
    /// True if the token is good. If it is not, nothing else is said.
    pub active: bool,
    /// The scope of the token.
    pub scope: Option<Scope>,
    /// The client that the token was issued to.
    pub client_id: Option<String>,
    /// How it is used.
    pub token_type: Option<String>,
    /// When it ends, in seconds since 1970.
    pub exp: Option<i64>,
    /// When it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    /// From when it is good, in seconds since 1970.
    pub nbf: Option<i64>,
    /// For whom the client acts.
    pub sub: Option<String>,
    /// Where it is good.
    pub aud: Vec<String>,
    /// The issuer of the token.
    pub iss: Option<String>,
    /// The token's identifier.
    pub jti: Option<String>,
    /// Further members.
    pub extra: Map<String, Value>,
}

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
    /// The answer for a token that is not good, whatever the reason: `{"active":false}` and nothing
    /// else (RFC 7662 section 2.2).
    #[must_use]
    pub fn inactive() -> Self {
        Self::default()
    }

    /// Returns it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = ObjectWriter::with_capacity(TYPICAL_BYTES);
        json.flag("active", self.active);
        let texts = [
            ("scope", self.scope.as_ref().map(Scope::as_str)),
            ("client_id", self.client_id.as_deref()),
            ("token_type", self.token_type.as_deref()),
            ("sub", self.sub.as_deref()),
            ("iss", self.iss.as_deref()),
            ("jti", self.jti.as_deref()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                json.text(name, text);
            }
        }
        for (name, time) in [("exp", self.exp), ("iat", self.iat), ("nbf", self.nbf)] {
            if let Some(time) = time {
                json.number(name, time);
            }
        }
        json.one_or_many("aud", &self.aud);
        for (name, value) in &self.extra {
            json.value(name, value);
        }
        json.finish()
    }

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

/// Room for most answers.
const TYPICAL_BYTES: usize = 384;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inactive_answer_says_nothing_else() {
        assert_eq!(Introspection::inactive().to_json(), r#"{"active":false}"#);
    }

    #[test]
    fn answers_round_trip() {
        for aud in [vec![], vec!["a".to_owned()], vec!["a".into(), "b".into()]] {
            let answer = Introspection {
                active: true,
                scope: Some(Scope::parse("read").unwrap()),
                exp: Some(5),
                aud,
                ..Introspection::default()
            };
            let read = Introspection::from_json(answer.to_json().as_bytes());
            assert_eq!(read, Ok(answer));
        }
    }

    #[test]
    fn reads_what_servers_write_otherwise() {
        let json = r#"{"active":true,"scope":["a","b"],"exp":1.9e9,"nbf":"17","sub":5,"aud":null,
            "client_id":"","iss":null,"username":"ada"}"#;
        let read = Introspection::from_json(json.as_bytes()).unwrap();
        assert_eq!(read.scope.unwrap().as_str(), "a b");
        assert_eq!((read.exp, read.nbf), (Some(1_900_000_000), Some(17)));
        assert_eq!(read.sub.as_deref(), Some("5"));
        assert_eq!((read.client_id, read.iss), (None, None));
        assert!(read.aud.is_empty());
        assert_eq!(read.extra.keys().collect::<Vec<_>>(), ["username"]);
        let with_bom = Introspection::from_json(b"\xef\xbb\xbf{\"active\":false}");
        assert_eq!(with_bom, Ok(Introspection::inactive()));
    }

    #[test]
    fn what_can_not_be_read_is_named_without_its_value() {
        for (member, value) in [
            ("active", "\"hunter2\""),
            ("scope", "[\"a\",2]"),
            ("scope", "\"hunter\\\"2\""),
            ("exp", "\"hunter2\""),
            ("nbf", "[]"),
            ("sub", "{\"hunter2\":1}"),
            ("aud", "[1]"),
            ("token_type", "true"),
        ] {
            let active = if member == "active" {
                ""
            } else {
                "\"active\":true,"
            };
            let json = format!("{{{active}\"{member}\":{value}}}");
            let error = Introspection::from_json(json.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with(&format!("\"{member}\" is not ")),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
        for json in ["", "[]", "{}", "<html>", r#"{"active":null}"#] {
            let read = Introspection::from_json(json.as_bytes());
            assert_eq!(read, Err(InvalidIntrospection::Malformed), "{json}");
        }
    }

    #[test]
    fn a_compressed_answer_is_called_so() {
        let response = Response::builder().header("content-encoding", "gzip");
        let error = Introspection::from_response(&response.body("\x1f").unwrap()).unwrap_err();
        assert!(
            error.to_string().contains("compressed with \"gzip\""),
            "{error}"
        );
    }

    #[test]
    fn an_inactive_token_needs_nothing_else() {
        let read = Introspection::from_json(br#"{"active":false,"exp":"never","scope":1}"#);
        assert_eq!(read, Ok(Introspection::inactive()));
    }
}
