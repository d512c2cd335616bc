//! The URLs of endpoints that requests need, made once.

use grantor_core::Issuer;
use url::Url;

use crate::config::Paths;

/// The URLs of endpoints that proofs are made for and answers name.
#[derive(Debug)]
pub(crate) struct Urls {
    pub(crate) token: Url,
    pub(crate) pushed_authorization: Url,
    /// Where users type in the code of a device.
    pub(crate) verification: Url,
    /// The path where forms of pages go.
    pub(crate) resume_path: String,
}

impl Urls {
    pub(crate) fn new(issuer: &Issuer, paths: &Paths) -> Self {
        Self {
            token: issuer.join(&paths.token),
            pushed_authorization: issuer.join(&paths.pushed_authorization),
            verification: issuer.join(&paths.verification),
            resume_path: issuer.join(&paths.resume).path().to_owned(),
        }
    }
}
