use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Scope;

/// What an introspection endpoint says (RFC 7662 section 2.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introspection {
    /// Whether the token is good. If it is not, nothing else is said.
    pub active: bool,
    /// What it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// For whom the client acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Where it is good.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    pub aud: Vec<String>,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The token's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Further members.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Introspection {
    /// The answer for a token that is not good, whatever the reason: `{"active":false}` and nothing
    /// else (RFC 7662 section 2.2).
    #[must_use]
    pub fn inactive() -> Self {
        Self::default()
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// `aud` as one string or an array of them (RFC 7519 section 4.1.3).
mod one_or_many {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }

    pub(super) fn serialize<S: Serializer>(list: &[String], out: S) -> Result<S::Ok, S::Error> {
        match list {
            [one] => one.serialize(out),
            many => many.serialize(out),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
        Ok(match OneOrMany::deserialize(from)? {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        })
    }
}

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
            let read: Introspection = serde_json::from_str(&answer.to_json()).unwrap();
            assert_eq!(read, answer);
        }
    }
}
