//! Reasons to refuse a token or a key.

use std::fmt;

/// The reason why a token, key or set of keys was refused.
///
/// Messages name the place and never a value, so that they can be logged and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The token or set is longer than anything legitimate.
    TooLarge,
    /// The token is not a compact serialization: three parts between two dots.
    NotCompact,
    /// An encrypted token is not a compact serialization: five parts between four dots.
    NotCompactJwe,
    /// The content was encrypted to another key, changed, or is malformed inside.
    Undecipherable,
    /// A part is not strict base64url.
    Encoding(Part),
    /// A part is not a JSON object in UTF-8, or nests too deeply.
    Json(Part),
    /// A part has two members of one name, at any depth.
    DuplicateMember(Part),
    /// A header parameter is missing, has the wrong type, or may not be there.
    InvalidHeader(&'static str),
    /// The header has `crit`; this crate understands no extension that it could name.
    CriticalHeader,
    /// The algorithm is not known to this crate.
    UnsupportedAlgorithm,
    /// The algorithm is known, but the policy does not allow it.
    AlgorithmNotAllowed,
    /// `typ` belongs to another kind of token.
    WrongType,
    /// No key of the set has this key id and fits the algorithm: the set may be out of date.
    UnknownKey,
    /// Several keys fit and nothing tells which one is meant.
    AmbiguousKey,
    /// The signature is not one of this key over this token.
    BadSignature,
    /// A claim that this kind of token must have is missing.
    MissingClaim(&'static str),
    /// A claim has the wrong type or an impossible value, or may not be there.
    InvalidClaim(&'static str),
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` lies in the future.
    NotYetValid,
    /// `iss` is someone else.
    WrongIssuer,
    /// `aud` does not name the audience, or names others that are not trusted.
    WrongAudience,
    /// `azp` is another client.
    WrongAuthorizedParty,
    /// `nonce` is not the one that was sent.
    WrongNonce,
    /// The proof is of another key than the one that the token is bound to.
    WrongKey,
    /// A key has a member that is missing, malformed, too weak, or contradicts the others.
    InvalidKey(&'static str),
    /// The type, curve or algorithm of a key is not known to this crate.
    UnsupportedKey,
    /// The key is of a curve that has a place in JOSE but none in the cryptography library:
    /// `Ed448` or `X448` (RFC 8037 section 2).
    UnsupportedCurve(&'static str),
    /// A key that should be public is private or symmetric. Its owner has to
    /// replace that key.
    PrivateKey,
    /// A set of secrets holds a key that is none.
    MixedKeySet,
    /// A private key that should be in PKCS#8 is not, or not one of this algorithm.
    NotPkcs8,
    /// A public key that should be in DER is not.
    NotSpki,
    /// A PEM document has no key, more than one, or one that is malformed.
    Pem,
    /// The key in PEM is encrypted under a password. Decrypt it first, such as by `openssl pkey`.
    EncryptedKey,
    /// A PEM document has a certificate where a key should be.
    Certificate,
    /// The lines of the key in PEM end in a backslash and a letter, as in a JSON document, instead of
    /// the character that they stand for.
    EscapedLines,
    /// The cryptography library could not generate or write a key.
    Unavailable,
}

/// Where in a token or document an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The first part of a token.
    Header,
    /// The second part of a token.
    Payload,
    /// The third part of a token.
    Signature,
    /// The second part of an encrypted token.
    EncryptedKey,
    /// The third part of an encrypted token.
    InitializationVector,
    /// The fourth part of an encrypted token.
    Ciphertext,
    /// The fifth part of an encrypted token.
    Tag,
    /// A whole token in JSON.
    Token,
    /// A JWK.
    Key,
    /// A JWK Set.
    KeySet,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
            Self::EncryptedKey => "encrypted key",
            Self::InitializationVector => "initialization vector",
            Self::Ciphertext => "cipher text",
            Self::Tag => "tag",
            Self::Token => "token",
            Self::Key => "key",
            Self::KeySet => "key set",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("larger than allowed"),
            Self::NotCompact => f.write_str("not a compact token of three parts"),
            Self::NotCompactJwe => f.write_str("not a compact encrypted token of five parts"),
            Self::Undecipherable => f.write_str("not encrypted to this key, or changed since"),
            Self::Encoding(part) => write!(f, "{part} is not strict base64url"),
            Self::Json(part) => write!(f, "{part} is not a JSON object of the expected shape"),
            Self::DuplicateMember(part) => write!(f, "{part} has two members of one name"),
            Self::InvalidHeader(name) => write!(f, "header \"{name}\" is missing or invalid"),
            Self::CriticalHeader => f.write_str("header \"crit\" names unknown extensions"),
            Self::UnsupportedAlgorithm => f.write_str("\"alg\" is not supported"),
            Self::AlgorithmNotAllowed => f.write_str("\"alg\" is not allowed here"),
            Self::WrongType => f.write_str("\"typ\" belongs to another kind of token"),
            Self::UnknownKey => f.write_str("no key fits \"kid\" and \"alg\""),
            Self::AmbiguousKey => f.write_str("several keys fit \"kid\" and \"alg\""),
            Self::BadSignature => f.write_str("signature does not match"),
            Self::MissingClaim(name) => write!(f, "claim \"{name}\" is missing"),
            Self::InvalidClaim(name) => write!(f, "claim \"{name}\" is invalid"),
            Self::Expired => f.write_str("expired"),
            Self::NotYetValid => f.write_str("not yet valid, compare the clocks"),
            Self::WrongIssuer => f.write_str("claim \"iss\" is another issuer"),
            Self::WrongAudience => f.write_str("claim \"aud\" is another audience"),
            Self::WrongAuthorizedParty => f.write_str("claim \"azp\" is another client"),
            Self::WrongNonce => f.write_str("claim \"nonce\" is not the one sent"),
            Self::WrongKey => f.write_str("the token is bound to another key"),
            Self::InvalidKey(name) => write!(f, "key member \"{name}\" is missing or invalid"),
            Self::UnsupportedKey => f.write_str("key type, curve or algorithm is not supported"),
            Self::UnsupportedCurve(name) => {
                write!(
                    f,
                    "curve \"{name}\" is not supported, use one of 25519 or of NIST"
                )
            }
            Self::PrivateKey => f.write_str("private key where a public one belongs, replace it"),
            Self::MixedKeySet => f.write_str("key set mixes secrets with other keys"),
            Self::NotSpki => f.write_str("not a public key in DER"),
            Self::Pem => f.write_str("not one key in PEM"),
            Self::EncryptedKey => f.write_str("the key is encrypted, decrypt it first"),
            Self::Certificate => f.write_str("a certificate and no key"),
            Self::EscapedLines => f.write_str(
                "the key in PEM has a backslash and an \"n\" where a line ends, put line ends there",
            ),
            Self::NotPkcs8 => f.write_str("not a PKCS#8 private key of this algorithm"),
            Self::Unavailable => f.write_str("cryptography library failed"),
        }
    }
}

impl std::error::Error for Error {}
