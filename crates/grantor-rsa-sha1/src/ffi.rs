//! The calls of AWS-LC: a private RSA key, and a signature with it.

use std::ptr::NonNull;

use aws_lc_sys::{
    CBS, ERR_clear_error, EVP_PKEY_free, EVP_PKEY_get1_RSA, EVP_parse_private_key, NID_sha1, RSA,
    RSA_bits, RSA_check_key, RSA_free, RSA_private_key_from_bytes, RSA_sign, RSA_size,
};

/// A private RSA key of AWS-LC, which it owns.
pub(crate) struct PrivateKey(NonNull<RSA>);

// SAFETY: AWS-LC lets several threads sign with one key: what a signature makes once and keeps in the key
// is behind a lock there. Nothing else here changes a key.
unsafe impl Send for PrivateKey {}
// SAFETY: as above.
unsafe impl Sync for PrivateKey {}

impl PrivateKey {
    /// Reads PKCS #1 in DER.
    pub(crate) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        // SAFETY: pointer and length are those of a slice, which the call reads and does not keep.
        let rsa = unsafe { RSA_private_key_from_bytes(der.as_ptr(), der.len()) };
        Self::checked(rsa)
    }

    /// Reads PKCS #8 in DER.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let mut rest = CBS {
            data: der.as_ptr(),
            len: der.len(),
        };
        // SAFETY: `rest` lives longer than the call and describes a slice, which the call reads and does
        // not keep.
        let key = unsafe { EVP_parse_private_key(&raw mut rest) };
        if key.is_null() {
            return Self::checked(std::ptr::null_mut());
        }
        // SAFETY: `key` is a key that was just made. The result is null, or a reference of its own.
        let rsa = unsafe { EVP_PKEY_get1_RSA(key) };
        // SAFETY: `key` is not used after this, and nobody else has it.
        unsafe { EVP_PKEY_free(key) };
        Self::checked(rsa).filter(|_| rest.len == 0)
    }

    /// Takes what a call gave: null, or a key that belongs to the caller.
    fn checked(rsa: *mut RSA) -> Option<Self> {
        let Some(rsa) = NonNull::new(rsa) else {
            forget_errors();
            return None;
        };
        let key = Self(rsa);
        // SAFETY: the key is alive as long as `key` is.
        let good = unsafe { RSA_check_key(key.0.as_ptr()) };
        if good == 1 {
            return Some(key);
        }
        forget_errors();
        None
    }

    /// The length of its modulus.
    pub(crate) fn bits(&self) -> u32 {
        // SAFETY: the key is alive as long as `self` is.
        unsafe { RSA_bits(self.0.as_ptr()) }
    }

    /// The signature of RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) over a SHA-1 hash.
    pub(crate) fn sign_sha1(&self, digest: &[u8; 20]) -> Option<Vec<u8>> {
        // SAFETY: the key is alive as long as `self` is.
        let size = unsafe { RSA_size(self.0.as_ptr()) };
        let mut signature = vec![0; usize::try_from(size).ok()?];
        let mut length = 0;
        // SAFETY: the digest has its length, `signature` has room for `RSA_size` bytes, which is the most
        // that is written, and `length` and the key live longer than the call.
        let signed = unsafe {
            RSA_sign(
                NID_sha1,
                digest.as_ptr(),
                digest.len(),
                signature.as_mut_ptr(),
                &raw mut length,
                self.0.as_ptr(),
            )
        };
        if signed != 1 {
            forget_errors();
            return None;
        }
        signature.truncate(usize::try_from(length).ok()?);
        Some(signature)
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        // SAFETY: the key is this value's own, and not used after it.
        unsafe { RSA_free(self.0.as_ptr()) };
    }
}

/// AWS-LC keeps errors for each thread; whoever calls it next must not find ours.
fn forget_errors() {
    // SAFETY: the call has no conditions.
    unsafe { ERR_clear_error() };
}
