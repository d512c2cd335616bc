use serde_json::Value;

use crate::jwt::Typ;
use crate::{Algorithm, Error, base64url};

/// The header of a token that is going to be signed, `alg` and `kid` apart, which come from the
/// key.
#[derive(Debug, Clone, Default)]
pub struct Header {
    typ: Option<String>,
    content_type: Option<String>,
    unencoded: bool,
}

impl Header {
    /// A header without further members.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            typ: None,
            content_type: None,
            unencoded: false,
        }
    }

    /// Says what kind of token it is.
    #[must_use]
    pub fn with_typ(self, typ: impl Into<String>) -> Self {
        Self {
            typ: Some(typ.into()),
            ..self
        }
    }

    /// Says what the payload is: `cty`, a media type without `application/`.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        Self {
            content_type: Some(content_type.into()),
            ..self
        }
    }

    /// Signs the bytes of the payload and not their encoding (RFC 7797). Not for JWTs.
    #[must_use]
    pub fn unencoded(self) -> Self {
        Self {
            unencoded: true,
            ..self
        }
    }

    pub(crate) const fn is_unencoded(&self) -> bool {
        self.unencoded
    }

    /// The protected header, encoded.
    pub(crate) fn encode(&self, algorithm: Algorithm, key_id: &str) -> String {
        let mut json = format!(r#"{{"alg":"{algorithm}""#);
        let members = [
            ("typ", self.typ.as_deref()),
            ("cty", self.content_type.as_deref()),
            ("kid", Some(key_id).filter(|id| !id.is_empty())),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                json.push_str(&format!(r#","{name}":{}"#, Value::from(value)));
            }
        }
        if self.unencoded {
            json.push_str(r#","b64":false,"crit":["b64"]"#);
        }
        json.push('}');
        base64url::encode(json)
    }
}

/// The header of a JWT that is going to be signed, encoded.
pub(crate) fn encode_header(algorithm: Algorithm, typ: Typ, key_id: &str) -> String {
    Header::new()
        .with_typ(typ.as_str())
        .encode(algorithm, key_id)
}

/// Whether a signer elsewhere answered what can be a signature.
pub(crate) fn sign_length_ok(algorithm: Algorithm, signature: &[u8]) -> bool {
    let expected = algorithm.signature_length();
    !signature.is_empty() && expected.is_none_or(|length| length == signature.len())
}

/// Which extensions a header may declare in `crit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extensions {
    None,
    /// `b64`.
    Unencoded,
}

/// What a verifier reads of a header.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) typ: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) unencoded: bool,
    /// `jwk`, as it stands there.
    pub(super) embedded_key: Option<Value>,
}

/// The members that are read, in the order of [`Known`].
pub(super) const KNOWN: [&str; 7] = ["alg", "kid", "typ", "cty", "crit", "b64", "jwk"];

/// The values of [`KNOWN`].
pub(super) type Known = [Option<Value>; 7];

impl Parsed {
    /// `known` are the members of the whole header, protected and not; `unencoded` is what
    /// [`extensions`] found in the protected part.
    pub(super) fn new(known: Known, unencoded: bool) -> Result<Self, Error> {
        let [algorithm, key_id, typ, content_type, _, _, embedded_key] = known;
        let algorithm = text(algorithm, "alg")?.ok_or(Error::InvalidHeader("alg"))?;
        Ok(Self {
            algorithm: algorithm.parse()?,
            key_id: text(key_id, "kid")?,
            typ: text(typ, "typ")?,
            content_type: text(content_type, "cty")?,
            unencoded,
            embedded_key,
        })
    }
}

/// Reads `crit` and `b64` of a protected header: whether the payload is not encoded.
pub(super) fn extensions(
    critical: Option<&Value>,
    encoded: Option<&Value>,
    understood: Extensions,
) -> Result<bool, Error> {
    let Some(critical) = critical else {
        // RFC 7797 section 6: "b64" without "crit" could be read in two ways.
        return match encoded {
            None => Ok(false),
            Some(_) => Err(Error::InvalidHeader("b64")),
        };
    };
    if understood == Extensions::None {
        return Err(Error::CriticalHeader);
    }
    // RFC 7515 section 4.1.11: not empty, no name twice, none that is not in the header; as only
    // one name is understood, one that is fine stands alone.
    let names = critical.as_array().ok_or(Error::InvalidHeader("crit"))?;
    match names.as_slice() {
        [Value::String(name)] if name == "b64" => {}
        [] => return Err(Error::InvalidHeader("crit")),
        names if !names.iter().all(Value::is_string) => return Err(Error::InvalidHeader("crit")),
        _ => return Err(Error::CriticalHeader),
    }
    match encoded {
        Some(Value::Bool(encoded)) => Ok(!encoded),
        _ => Err(Error::InvalidHeader("b64")),
    }
}

fn text(value: Option<Value>, name: &'static str) -> Result<Option<String>, Error> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::InvalidHeader(name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn crit_must_be_one_extension_that_is_there_and_understood() {
        let check = |header: Value| {
            extensions(header.get("crit"), header.get("b64"), Extensions::Unencoded)
        };
        assert_eq!(check(json!({})), Ok(false));
        assert_eq!(check(json!({"crit": ["b64"], "b64": true})), Ok(false));
        assert_eq!(check(json!({"crit": ["b64"], "b64": false})), Ok(true));
        let invalid = |name| Err(Error::InvalidHeader(name));
        assert_eq!(check(json!({"b64": false})), invalid("b64"));
        assert_eq!(check(json!({"crit": ["b64"]})), invalid("b64"));
        assert_eq!(
            check(json!({"crit": ["b64"], "b64": "false"})),
            invalid("b64")
        );
        assert_eq!(check(json!({"crit": ["b64"], "b64": 0})), invalid("b64"));
        assert_eq!(check(json!({"crit": []})), invalid("crit"));
        assert_eq!(check(json!({"crit": "b64", "b64": false})), invalid("crit"));
        assert_eq!(check(json!({"crit": [1]})), invalid("crit"));
        let unknown = Err(Error::CriticalHeader);
        assert_eq!(check(json!({"crit": ["exp"], "exp": 1})), unknown);
        assert_eq!(
            check(json!({"crit": ["b64", "b64"], "b64": false})),
            unknown
        );
        assert_eq!(check(json!({"crit": ["alg"], "alg": "ES256"})), unknown);
    }
}
