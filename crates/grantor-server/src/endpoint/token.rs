//! The token endpoint (RFC 6749 section 3.2).

use std::borrow::Cow;

use grantor_core::{BoxFuture, ErrorCode, Params};
use grantor_jose::check::holds;
use http::StatusCode;

use crate::client::Client;
use crate::dpop::{CheckedProof, DPOP, DPOP_NONCE, Nonce, invalid_proof};
use crate::error::Error;
use crate::grant_type::{GrantType, commit};
use crate::http::{Call, Reply};
use crate::services::Services;
use crate::state::State;

/// The parameters that every grant type may read.
const COMMON: [&str; 3] = ["scope", "resource", "audience"];

pub(crate) fn run<'a>(state: &'a State, call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
    Box::pin(async move {
        let name = call.params.get("grant_type");
        let name = name.ok_or_else(|| Error::invalid_request("\"grant_type\" is missing"))?;
        let grant_type = state.grant_types.find(name).ok_or_else(|| {
            let description = "this server does not have the grant type";
            Error::refused(ErrorCode::UnsupportedGrantType, description)
        })?;
        let client = call.client()?;
        if !holds("client.grant_type", client.allows_grant_type(name)) {
            let description = "this client may not use the grant type";
            return Err(Error::refused(ErrorCode::UnauthorizedClient, description));
        }
        let params = declared(grant_type, &call.params);
        let proof = proof(&state.services, call, client)?;
        let (services, proof) = (&state.services, proof.as_deref());
        let response = commit::run(services, grant_type, client, &params, proof, call).await?;
        let mut reply = Reply::json(StatusCode::OK, response.to_json());
        if let Some(nonce) = proof.and_then(|proof| proof.next_nonce.clone()) {
            reply.insert(DPOP_NONCE, nonce);
        }
        Ok(reply)
    })
}

/// The proof of possession that a request came with, or none if it needs none (RFC 9449 section 5).
fn proof(
    services: &Services,
    call: &Call<'_>,
    client: &Client,
) -> Result<Option<Box<CheckedProof>>, Error> {
    // Most requests end here.
    let is_required = services.policy.dpop_bound_access_tokens || client.dpop_bound_access_tokens;
    if !is_required && !call.head.headers.contains_key(&DPOP) {
        return Ok(None);
    }
    let nonce = match services.policy.with(client).require_dpop_nonces {
        true => Nonce::Required,
        false => Nonce::Optional,
    };
    match services
        .dpop
        .check(call.head, &services.urls.token, nonce, call.now)?
    {
        Some(proof) => Ok(Some(Box::new(proof))),
        None => Err(invalid_proof(
            "the header DPoP with a proof is missing: the client's tokens are bound to a key",
        )),
    }
}

/// The parameters that a grant type declares, and those of all.
fn declared<'p>(grant_type: &dyn GrantType, params: &'p Params<'p>) -> Cow<'p, Params<'p>> {
    let declared = grant_type.parameters();
    let is_declared =
        |name: &str| COMMON.contains(&name) || declared.contains(&name) || name == "grant_type";
    if params.iter().all(|(name, _)| is_declared(name)) {
        return Cow::Borrowed(params);
    }
    let mut kept = Params::new();
    for (name, value) in params.iter().filter(|(name, _)| is_declared(name)) {
        kept.push(name, value);
    }
    Cow::Owned(kept)
}
