//! The credentials that the server handed out, and its settings.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use grantor_jose::PublicKey;
use http::Response;
use serde_json::{Map, Value};

use super::signature::METHODS;

/// A test's form of the answers with credentials.
pub(super) type CredentialsShape =
    Arc<dyn Fn(&Map<String, Value>) -> Response<Bytes> + Send + Sync>;

pub(in crate::server) struct OAuth1State {
    pub(super) temporary: Vec<Temporary>,
    /// The credentials of tokens, by identifier.
    pub(super) tokens: HashMap<String, Token>,
    /// How many were handed out, temporary ones and those of tokens.
    issued: [u64; 2],
    /// Keys of clients for the methods of RSA.
    pub(super) keys: HashMap<String, PublicKey>,
    pub(super) methods: Vec<String>,
    pub(super) body_hash_required: bool,
    pub(super) shape: Option<CredentialsShape>,
    /// Client, token, timestamp and nonce of the requests that were served.
    pub(super) used: HashSet<[String; 4]>,
}

/// Temporary credentials (RFC 5849 section 2.1).
pub(super) struct Temporary {
    pub(super) identifier: String,
    pub(super) secret: String,
    pub(super) client: String,
    pub(super) callback: String,
    pub(super) progress: Progress,
}

/// How far temporary credentials have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    Begun,
    /// The user allowed it; with the verifier.
    Allowed(String),
    Denied,
    Used,
}

/// The credentials of a token (RFC 5849 section 2.3).
pub(super) struct Token {
    pub(super) secret: String,
    pub(super) client: String,
}

impl Default for OAuth1State {
    fn default() -> Self {
        Self {
            temporary: Vec::new(),
            tokens: HashMap::new(),
            issued: [0, 0],
            keys: HashMap::new(),
            methods: METHODS.map(str::to_owned).to_vec(),
            body_hash_required: false,
            shape: None,
            used: HashSet::new(),
        }
    }
}

impl OAuth1State {
    /// New temporary credentials.
    pub(super) fn begin(&mut self, client: &str, callback: &str) -> &Temporary {
        let number = self.next(0);
        self.temporary.push(Temporary {
            identifier: format!("temporary-{number}"),
            secret: format!("temporary-secret-{number}"),
            client: client.to_owned(),
            callback: callback.to_owned(),
            progress: Progress::Begun,
        });
        &self.temporary[self.temporary.len() - 1]
    }

    /// Identifier and secret of a new token.
    pub(super) fn issue(&mut self, client: &str) -> (String, String) {
        let number = self.next(1);
        let (identifier, secret) = (format!("token-{number}"), format!("token-secret-{number}"));
        let token = Token {
            secret: secret.clone(),
            client: client.to_owned(),
        };
        self.tokens.insert(identifier.clone(), token);
        (identifier, secret)
    }

    pub(super) fn temporary(&mut self, identifier: &str) -> Option<&mut Temporary> {
        let mut all = self.temporary.iter_mut();
        all.find(|own| own.identifier == identifier)
    }

    fn next(&mut self, kind: usize) -> u64 {
        self.issued[kind] += 1;
        self.issued[kind]
    }
}
