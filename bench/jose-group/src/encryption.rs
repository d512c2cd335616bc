//! JWE beside its raw primitives: ours has to reach 80 % of their speed. With a shared key these
//! take less than the token's JSON and base64 do, so that the difference is in a row, too, as
//! for HMAC.

use std::hint::black_box;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::key_wrap::{self, AesKek, KeyWrap};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    PrivateDecryptingKey,
};
use grantor_jose::jwe::{self, ContentEncryption, DecryptionKey, Header, KeyManagement, Policy};
use harness::{Group, Result};

use crate::fixture::{claims, compare, name, over, used};

pub(crate) fn measure(group: &mut Group) -> Result<()> {
    let plaintext = claims().to_string().into_bytes();
    for (algorithm, label) in [
        (KeyManagement::Dir, "dir"),
        (KeyManagement::A256Kw, "a256kw"),
        (KeyManagement::EcdhEs, "ecdh_es"),
        (KeyManagement::RsaOaep256, "rsa_oaep_256"),
    ] {
        let key = match algorithm {
            KeyManagement::Dir => DecryptionKey::from_secret(algorithm, &[7; 32])?,
            _ => DecryptionKey::generate(algorithm)?,
        };
        let keys = [key];
        let encryption_key = keys[0].encryption_key()?;
        let encryption = ContentEncryption::A256Gcm;
        let header = Header::new();
        let policy = Policy::new();
        let token = jwe::encrypt(&encryption_key, encryption, &header, &plaintext)?;
        let raw = Raw::new(algorithm, &plaintext)?;
        compare(
            group,
            (name(&[label, "encrypt"]), name(&[label, "raw_encrypt"])),
            &mut || {
                used(jwe::encrypt(
                    &encryption_key,
                    encryption,
                    &header,
                    &plaintext,
                ))
            },
            &mut || used(raw.encrypt(&plaintext)),
            Some(0.8),
        )?;
        compare(
            group,
            (name(&[label, "decrypt"]), name(&[label, "raw_decrypt"])),
            &mut || used(jwe::decrypt(&token, &keys, &policy)),
            &mut || used(raw.decrypt()),
            Some(0.8),
        )?;
        if matches!(algorithm, KeyManagement::Dir | KeyManagement::A256Kw) {
            let row = name(&[label, "encrypt_over_raw"]);
            over(
                group,
                row,
                &mut || {
                    used(jwe::encrypt(
                        &encryption_key,
                        encryption,
                        &header,
                        &plaintext,
                    ))
                },
                &mut || used(raw.encrypt(&plaintext)),
            )?;
            let row = name(&[label, "decrypt_over_raw"]);
            over(
                group,
                row,
                &mut || used(jwe::decrypt(&token, &keys, &policy)),
                &mut || used(raw.decrypt()),
            )?;
        }
        #[cfg(feature = "openssl")]
        peer(group, label, &keys, (&encryption_key, &plaintext))?;
    }
    Ok(())
}

/// josekit on OpenSSL, without a bar.
#[cfg(feature = "openssl")]
fn peer(
    group: &mut Group,
    label: &str,
    keys: &[DecryptionKey; 1],
    (encryption_key, plaintext): (&jwe::EncryptionKey, &[u8]),
) -> Result<()> {
    use josekit::jwe::{JweDecrypter, JweEncrypter, JweHeader};
    let private = josekit::jwk::Jwk::from_bytes(&**keys[0].to_private_jwk()?)?;
    let public = match keys[0].public() {
        Some(public) => josekit::jwk::Jwk::from_bytes(serde_json::to_string(public)?)?,
        None => private.clone(),
    };
    let (encrypter, decrypter): (Box<dyn JweEncrypter>, Box<dyn JweDecrypter>) =
        match keys[0].algorithm() {
            KeyManagement::Dir => (
                Box::new(josekit::jwe::Dir.encrypter_from_jwk(&public)?),
                Box::new(josekit::jwe::Dir.decrypter_from_jwk(&private)?),
            ),
            KeyManagement::A256Kw => (
                Box::new(josekit::jwe::A256KW.encrypter_from_jwk(&public)?),
                Box::new(josekit::jwe::A256KW.decrypter_from_jwk(&private)?),
            ),
            KeyManagement::EcdhEs => (
                Box::new(josekit::jwe::ECDH_ES.encrypter_from_jwk(&public)?),
                Box::new(josekit::jwe::ECDH_ES.decrypter_from_jwk(&private)?),
            ),
            _ => (
                Box::new(josekit::jwe::RSA_OAEP_256.encrypter_from_jwk(&public)?),
                Box::new(josekit::jwe::RSA_OAEP_256.decrypter_from_jwk(&private)?),
            ),
        };
    let mut theirs = JweHeader::new();
    theirs.set_content_encryption("A256GCM");
    let header = Header::new();
    let policy = Policy::new();
    let encrypt = || {
        jwe::encrypt(
            encryption_key,
            ContentEncryption::A256Gcm,
            &header,
            plaintext,
        )
    };
    let token = encrypt()?;
    compare(
        group,
        (
            name(&[label, "encrypt", "peer"]),
            name(&["josekit", label, "encrypt"]),
        ),
        &mut || used(encrypt()),
        &mut || {
            used(josekit::jwe::serialize_compact(
                plaintext,
                &theirs,
                &*encrypter,
            ))
        },
        None,
    )?;
    compare(
        group,
        (
            name(&[label, "decrypt", "peer"]),
            name(&["josekit", label, "decrypt"]),
        ),
        &mut || used(jwe::decrypt(&token, keys, &policy)),
        &mut || used(josekit::jwe::deserialize_compact(&token, &*decrypter)),
        None,
    )
}

/// The primitives that one encryption and one decryption take, with keys that are parsed: IV and
/// key of the content come of one request for randomness, and a key that is used directly keeps
/// its schedule. The library parses a key that wraps for every call.
struct Raw {
    direct: LessSafeKey,
    key: RawKey,
    sealed: Vec<u8>,
    tag: Tag,
}

enum RawKey {
    Direct,
    Wrap(Vec<u8>),
    Agreement(Box<PrivateKey>, Vec<u8>),
    Rsa(
        Box<(OaepPublicEncryptingKey, OaepPrivateDecryptingKey)>,
        Vec<u8>,
    ),
}

impl Raw {
    fn new(algorithm: KeyManagement, plaintext: &[u8]) -> Result<Self> {
        let mut sealed = plaintext.to_vec();
        let direct = content_key(&[7; 32])?;
        let tag = seal(&direct, [0; 12], &mut sealed)?;
        let key = match algorithm {
            KeyManagement::A256Kw => {
                let mut wrapped = vec![0; 40];
                AesKek::new(&key_wrap::AES_256, &[7; 32])?.wrap(&[7; 32], &mut wrapped)?;
                RawKey::Wrap(wrapped)
            }
            KeyManagement::EcdhEs => {
                let private = PrivateKey::generate(&X25519)?;
                let public = private.compute_public_key()?.as_ref().to_vec();
                RawKey::Agreement(Box::new(private), public)
            }
            KeyManagement::RsaOaep256 => {
                let private = PrivateDecryptingKey::generate(KeySize::Rsa2048)?;
                let public = OaepPublicEncryptingKey::new(private.public_key())?;
                let mut encrypted = vec![0; public.ciphertext_size()];
                public.encrypt(&OAEP_SHA256_MGF1SHA256, &[7; 32], &mut encrypted, None)?;
                let private = OaepPrivateDecryptingKey::new(private)?;
                RawKey::Rsa(Box::new((public, private)), encrypted)
            }
            _ => RawKey::Direct,
        };
        Ok(Self {
            direct,
            key,
            sealed,
            tag,
        })
    }

    fn encrypt(&self, plaintext: &[u8]) -> std::result::Result<Vec<u8>, Unspecified> {
        let mut random = [0; 44];
        let from = match &self.key {
            RawKey::Direct | RawKey::Agreement(..) => 32,
            _ => 0,
        };
        rand::fill(&mut random[from..])?;
        let (fresh, iv) = random.split_at(32);
        let mut nonce = [0; 12];
        nonce.copy_from_slice(iv);
        match &self.key {
            RawKey::Direct => {}
            RawKey::Wrap(_) => {
                let mut wrapped = [0; 40];
                AesKek::new(&key_wrap::AES_256, &[7; 32])?.wrap(fresh, &mut wrapped)?;
            }
            RawKey::Agreement(_, public) => {
                let ephemeral = PrivateKey::generate(&X25519)?;
                ephemeral.compute_public_key()?;
                let public = UnparsedPublicKey::new(&X25519, public);
                agreement::agree(&ephemeral, public, Unspecified, |_| Ok(()))?;
            }
            RawKey::Rsa(pair, _) => {
                let mut out = [0; 256];
                pair.0
                    .encrypt(&OAEP_SHA256_MGF1SHA256, fresh, &mut out, None)?;
            }
        }
        let mut content = plaintext.to_vec();
        let tag = match &self.key {
            RawKey::Direct => seal(&self.direct, nonce, &mut content)?,
            _ => seal(&content_key(&[7; 32])?, nonce, &mut content)?,
        };
        black_box(tag.as_ref());
        Ok(content)
    }

    fn decrypt(&self) -> std::result::Result<Vec<u8>, Unspecified> {
        match &self.key {
            RawKey::Direct => {}
            RawKey::Wrap(wrapped) => {
                let mut key = [0; 32];
                AesKek::new(&key_wrap::AES_256, &[7; 32])?.unwrap(wrapped, &mut key)?;
            }
            RawKey::Agreement(private, public) => {
                let public = UnparsedPublicKey::new(&X25519, public);
                agreement::agree(private, public, Unspecified, |_| Ok(()))?;
            }
            RawKey::Rsa(pair, encrypted) => {
                let mut out = [0; 256];
                pair.1
                    .decrypt(&OAEP_SHA256_MGF1SHA256, encrypted, &mut out, None)?;
            }
        }
        match &self.key {
            RawKey::Direct => self.open(&self.direct),
            _ => self.open(&content_key(&[7; 32])?),
        }
    }

    fn open(&self, key: &LessSafeKey) -> std::result::Result<Vec<u8>, Unspecified> {
        let mut content = self.sealed.clone();
        let nonce = Nonce::assume_unique_for_key([0; 12]);
        key.open_in_place_separate_tag(nonce, Aad::from(HEADER), self.tag.as_ref(), &mut content)?;
        Ok(content)
    }
}

fn content_key(bytes: &[u8; 32]) -> std::result::Result<LessSafeKey, Unspecified> {
    UnboundKey::new(&AES_256_GCM, bytes).map(LessSafeKey::new)
}

fn seal(
    key: &LessSafeKey,
    iv: [u8; 12],
    content: &mut [u8],
) -> std::result::Result<Tag, Unspecified> {
    let nonce = Nonce::assume_unique_for_key(iv);
    key.seal_in_place_separate_tag(nonce, Aad::from(HEADER), content)
}

/// As long as a header.
const HEADER: [u8; 100] = [b'x'; 100];
