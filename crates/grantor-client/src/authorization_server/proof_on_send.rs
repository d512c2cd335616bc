//! How a DPoP proof gets into a request to the server (RFC 9449 section 5): the request carries the key,
//! and the channel signs just before it sends. So whoever repeats a request repeats no proof.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use grantor_core::{Environment, ErrorCode, ServerMetadata, TokenError, TokenResponse, visible};
use grantor_jose::dpop;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use serde_json::Value;

use super::AuthorizationServer;
use crate::error::Error;
use crate::token::dpop_key::{DPOP, DpopKey, handed_out_nonce};

/// The key of a proof that is still to be signed into a request.
#[derive(Debug, Clone)]
pub(crate) struct ProofOnSend(DpopKey);

/// The nonces that servers handed out, one for each origin (RFC 9449 section 8).
#[derive(Default)]
pub(crate) struct ServerNonces(Mutex<HashMap<String, HeaderValue>>);

impl ProofOnSend {
    /// Has a proof signed when a request is sent.
    pub(crate) fn put(request: &mut Request<Bytes>, key: &DpopKey) {
        request.extensions_mut().insert(Self(key.clone()));
    }

    /// Returns whether a request is to carry a proof.
    pub(crate) fn is_in(request: &Request<Bytes>) -> bool {
        request.extensions().get::<Self>().is_some()
    }

    /// Signs the proof, if there is to be one.
    pub(crate) fn sign(
        request: &mut Request<Bytes>,
        nonces: &ServerNonces,
        environment: &Environment,
    ) -> Result<(), Error> {
        let Some(Self(key)) = request.extensions_mut().remove() else {
            return Ok(());
        };
        let nonce = nonces.of(request.uri());
        let nonce = nonce.as_ref().and_then(|nonce| nonce.to_str().ok());
        let uri = request.uri().to_string();
        let mut proven = dpop::Request::new(request.method().as_str(), &uri);
        if let Some(nonce) = nonce {
            proven = proven.with_nonce(nonce);
        }
        let proof = key.prove(&proven, environment)?;
        request.headers_mut().insert(DPOP, proof);
        Ok(())
    }
}

impl AuthorizationServer {
    /// Checks that the server takes proofs of this key, as far as it says
    /// (`dpop_signing_alg_values_supported`, RFC 9449 section 5.1).
    pub(super) async fn check_dpop(&self, key: Option<&DpopKey>) -> Result<(), Error> {
        let Some(key) = key else {
            return Ok(());
        };
        let server = &self.registration.server;
        if server.issuer.is_none() {
            return Ok(());
        }
        let Some(metadata) = self.published_metadata().await? else {
            return Ok(());
        };
        let Some(taken) = dpop_algorithms(&metadata) else {
            return Ok(());
        };
        let algorithm = key.algorithm();
        if taken.contains(&algorithm) {
            return Ok(());
        }
        Err(Error::configuration(format!(
            "{} takes DPoP proofs by {} (\"dpop_signing_alg_values_supported\"), and the key is for \
             {algorithm}: give another one by \"Dpop::generated_for\" or \"Dpop::with_key\"",
            self.registration.name(),
            visible(&taken.join(", "), 400),
        )))
    }
}

/// The algorithms that the server takes; none, if it says nothing of them.
fn dpop_algorithms(metadata: &ServerMetadata) -> Option<Vec<&str>> {
    let listed = metadata.extra.get("dpop_signing_alg_values_supported")?;
    Some(
        listed
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect(),
    )
}

impl ServerNonces {
    fn of(&self, uri: &Uri) -> Option<HeaderValue> {
        self.all().get(&origin(uri)).cloned()
    }

    /// Takes the nonce of an answer, which may come with a token too (RFC 9449 section 8.2).
    pub(crate) fn learn(&self, uri: &Uri, answer: &Response<Bytes>) {
        if let Some(nonce) = handed_out_nonce(answer.headers()) {
            self.all().insert(origin(uri), nonce.clone());
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, HeaderValue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether a server wants the nonce in its answer (RFC 9449 section 8).
pub(crate) fn wants_nonce(answer: &Response<Bytes>) -> bool {
    let statuses = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED];
    let refused =
        statuses.contains(&answer.status()) && handed_out_nonce(answer.headers()).is_some();
    refused
        && matches!(
            TokenResponse::from_response(answer),
            Err(TokenError::Refused { error, .. }) if error.error == ErrorCode::UseDpopNonce
        )
}

fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    format!("{scheme}://{authority}")
}

impl fmt::Debug for ServerNonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerNonces").finish()
    }
}
