use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::agreement::{self as ecdh, PrivateKey};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::content::{self, Sealed};
use super::{ContentEncryption, Header, KeyManagement, agreement, wrap};
use crate::jwk::Material;
use crate::{Error, PublicKey, base64url};

/// What a JWE is encrypted to, with one algorithm, parsed once.
pub struct EncryptionKey {
    key: Recipient,
    algorithm: KeyManagement,
    encryption: Option<ContentEncryption>,
    key_id: String,
}

enum Recipient {
    Rsa(Box<OaepPublicEncryptingKey>),
    Agreement(Material, &'static ecdh::Algorithm),
    Shared(Zeroizing<Vec<u8>>),
}

impl EncryptionKey {
    /// Encrypts to whoever has the private key.
    ///
    /// # Errors
    /// [`Error::AlgorithmNotAllowed`] if the key is not for `algorithm`.
    pub fn new(public: &PublicKey, algorithm: KeyManagement) -> Result<Self, Error> {
        if !public.encrypts(algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        let key = match public.material() {
            Material::Rsa { n, e } => {
                let key: PublicEncryptingKey = PublicKeyComponents { n, e }
                    .try_into()
                    .map_err(|_| Error::InvalidKey("n"))?;
                let key = OaepPublicEncryptingKey::new(key);
                Recipient::Rsa(Box::new(key.map_err(|_| Error::Unavailable)?))
            }
            material => {
                let (curve, _) = agreement::parts(material).ok_or(Error::UnsupportedKey)?;
                Recipient::Agreement(material.clone(), curve)
            }
        };
        Ok(Self {
            key,
            algorithm,
            encryption: None,
            key_id: public.key_id().unwrap_or_default().to_owned(),
        })
    }

    pub(super) fn shared(
        algorithm: KeyManagement,
        secret: &Zeroizing<Vec<u8>>,
        encryption: Option<ContentEncryption>,
        key_id: &str,
    ) -> Self {
        Self {
            key: Recipient::Shared(secret.clone()),
            algorithm,
            encryption,
            key_id: key_id.to_owned(),
        }
    }

    /// What it encrypts with.
    #[must_use]
    pub const fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    /// The key of the content, new or agreed on, and what the recipient needs to find it.
    fn prepare(
        &self,
        encryption: ContentEncryption,
        given: Option<&Zeroizing<Vec<u8>>>,
    ) -> Result<Prepared, Error> {
        if self.encryption.is_some_and(|only| only != encryption) {
            return Err(Error::AlgorithmNotAllowed);
        }
        let mut members = Map::new();
        members.insert("alg".into(), self.algorithm.as_str().into());
        if !self.key_id.is_empty() {
            members.insert("kid".into(), self.key_id.as_str().into());
        }
        if self.algorithm.is_direct() {
            if given.is_some() {
                return Err(Error::AlgorithmNotAllowed);
            }
            let key = match &self.key {
                Recipient::Shared(secret) if secret.len() == encryption.key_length() => {
                    secret.clone()
                }
                Recipient::Agreement(public, curve) => {
                    self.agree(public, curve, encryption, &mut members)?
                }
                _ => return Err(Error::InvalidKey("k")),
            };
            return Ok(Prepared {
                key,
                encrypted_key: Vec::new(),
                members,
            });
        }
        let key = match given {
            Some(key) => key.clone(),
            None => content::random_key(encryption)?,
        };
        let encrypted_key = match &self.key {
            Recipient::Rsa(public) => {
                let mut out = vec![0; public.ciphertext_size()];
                public
                    .encrypt(oaep(self.algorithm), &key, &mut out, None)
                    .map_err(|_| Error::Unavailable)?;
                out
            }
            Recipient::Agreement(public, curve) => {
                let wrapping = self.agree(public, curve, encryption, &mut members)?;
                wrap::wrap(&wrapping, &key)?
            }
            Recipient::Shared(password) if self.algorithm.is_password() => {
                let salt: [u8; 16] = content::random()?;
                members.insert("p2s".into(), base64url::encode(salt).into());
                members.insert("p2c".into(), PASSWORD_COUNT.get().into());
                let wrapping = wrap::from_password(self.algorithm, password, &salt, PASSWORD_COUNT);
                wrap::wrap(&wrapping, &key)?
            }
            Recipient::Shared(wrapping) if self.algorithm.is_gcm() => {
                let sealed = content::seal_gcm(wrap::gcm(wrapping.len()), wrapping, &[], &key)?;
                members.insert("iv".into(), base64url::encode(&sealed.iv).into());
                members.insert("tag".into(), base64url::encode(&sealed.tag).into());
                sealed.ciphertext
            }
            Recipient::Shared(wrapping) => wrap::wrap(wrapping, &key)?,
        };
        Ok(Prepared {
            key,
            encrypted_key,
            members,
        })
    }

    fn agree(
        &self,
        public: &Material,
        curve: &'static ecdh::Algorithm,
        encryption: ContentEncryption,
        members: &mut Map<String, Value>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let ephemeral = PrivateKey::generate(curve).map_err(|_| Error::Unavailable)?;
        let epk = agreement::public(&ephemeral, public)?;
        members.insert("epk".into(), agreement::epk(&epk));
        let info = agreement::Info {
            algorithm: self.algorithm,
            encryption,
            parties: [&[], &[]],
        };
        agreement::agree(&ephemeral, public, &info)
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

struct Prepared {
    key: Zeroizing<Vec<u8>>,
    encrypted_key: Vec<u8>,
    members: Map<String, Value>,
}

/// Encrypts to one recipient, as a compact token.
///
/// # Errors
/// [`Error::AlgorithmNotAllowed`] or [`Error::InvalidKey`] if the key is not for this encryption
/// of contents, [`Error::Unavailable`].
pub fn encrypt(
    key: &EncryptionKey,
    encryption: ContentEncryption,
    header: &Header,
    plaintext: &[u8],
) -> Result<String, Error> {
    let Prepared {
        key,
        encrypted_key,
        mut members,
    } = key.prepare(encryption, None)?;
    header.add_to(&mut members, encryption);
    let mut token = base64url::encode(Value::Object(members).to_string());
    let sealed = content::seal(encryption, &key, token.as_bytes(), plaintext)?;
    let Sealed {
        iv,
        ciphertext,
        tag,
    } = sealed;
    token.reserve((encrypted_key.len() + iv.len() + ciphertext.len() + tag.len()) * 4 / 3 + 8);
    for part in [&encrypted_key, &iv, &ciphertext, &tag] {
        token.push('.');
        base64url::encode_into(part, &mut token);
    }
    Ok(token)
}

/// Encrypts in JSON: flattened to one recipient, general to several. `associated` is data that is
/// protected and not encrypted.
///
/// # Errors
/// As [`encrypt`]; [`Error::AlgorithmNotAllowed`] also if there is no recipient, or several of
/// whom one uses its key directly.
pub fn encrypt_json(
    keys: &[&EncryptionKey],
    encryption: ContentEncryption,
    header: &Header,
    associated: Option<&[u8]>,
    plaintext: &[u8],
) -> Result<String, Error> {
    let mut protected = Map::new();
    let mut recipients = Vec::with_capacity(keys.len());
    let content_key = match keys {
        [] => return Err(Error::AlgorithmNotAllowed),
        [key] => {
            let prepared = key.prepare(encryption, None)?;
            protected = prepared.members;
            recipients.push(recipient(Map::new(), &prepared.encrypted_key));
            prepared.key
        }
        keys => {
            let content_key = content::random_key(encryption)?;
            for key in keys {
                let prepared = key.prepare(encryption, Some(&content_key))?;
                recipients.push(recipient(prepared.members, &prepared.encrypted_key));
            }
            content_key
        }
    };
    header.add_to(&mut protected, encryption);
    let protected = base64url::encode(Value::Object(protected).to_string());
    let mut token = match recipients.len() {
        1 => recipients.remove(0),
        _ => Map::from_iter([("recipients".into(), json!(recipients))]),
    };
    let mut input = protected.clone();
    if let Some(associated) = associated {
        let associated = base64url::encode(associated);
        input.push('.');
        input.push_str(&associated);
        token.insert("aad".into(), associated.into());
    }
    let sealed = content::seal(encryption, &content_key, input.as_bytes(), plaintext)?;
    token.insert("protected".into(), protected.into());
    for (name, part) in [
        ("iv", &sealed.iv),
        ("ciphertext", &sealed.ciphertext),
        ("tag", &sealed.tag),
    ] {
        token.insert(name.into(), base64url::encode(part).into());
    }
    Ok(Value::Object(token).to_string())
}

fn recipient(members: Map<String, Value>, encrypted_key: &[u8]) -> Map<String, Value> {
    let mut out = Map::new();
    if !members.is_empty() {
        out.insert("header".into(), members.into());
    }
    if !encrypted_key.is_empty() {
        out.insert(
            "encrypted_key".into(),
            base64url::encode(encrypted_key).into(),
        );
    }
    out
}

pub(super) const fn oaep(algorithm: KeyManagement) -> &'static OaepAlgorithm {
    match algorithm {
        KeyManagement::RsaOaep => &OAEP_SHA1_MGF1SHA1,
        _ => &OAEP_SHA256_MGF1SHA256,
    }
}

/// What OWASP recommends for PBKDF2 with SHA-256.
const PASSWORD_COUNT: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
