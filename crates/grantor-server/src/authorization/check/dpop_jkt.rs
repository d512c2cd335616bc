//! The check of the key that a code is bound to.

use grantor_jose::check::holds;

use crate::authorization::context::AuthorizationContext;
use crate::dpop::{Nonce, invalid_proof, is_thumbprint};
use crate::error::Error;

/// The key that the code is bound to: that of `dpop_jkt`, and that of the proof with which the request
/// was pushed (RFC 9449 sections 10 and 10.1).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let named = context.request.dpop_jkt.as_deref();
    if named.is_some_and(|named| !is_thumbprint(named)) {
        let description = "\"dpop_jkt\" is not the SHA-256 thumbprint of a key";
        return Err(Error::invalid_request(description));
    }
    if context.entry.has_browser() {
        return Ok(());
    }
    let services = context.services;
    let nonce = match context.policy.require_dpop_nonces {
        true => Nonce::Required,
        false => Nonce::Optional,
    };
    let url = &services.urls.pushed_authorization;
    let call = context.call;
    let Some(proof) = services.dpop.check(call.head, url, nonce, call.now)? else {
        return Ok(());
    };
    let is_same = named.is_none_or(|named| named == proof.thumbprint());
    if !holds("par.dpop_jkt", is_same) {
        let description = "the proof is of another key than \"dpop_jkt\"";
        return Err(invalid_proof(description));
    }
    context.proof = Some(proof);
    Ok(())
}
