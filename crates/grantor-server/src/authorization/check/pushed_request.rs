//! The check of a pushed request.

use grantor_jose::check::{holds, is_off};

use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// A request that was pushed is of the client as it is now; and one that had to be pushed was
/// (RFC 9126 sections 4 to 6).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    let client_epoch = &*context.client()?.epoch;
    let must_push = context.policy.require_pushed_authorization_requests;
    match &context.pushed {
        Some(pushed) if holds("par.client_epoch", pushed.client_epoch == client_epoch) => Ok(()),
        // Removed, and added anew.
        Some(_) => Err(Error::invalid_request("the client has changed meanwhile")),
        None if must_push && !is_off("par.required") => Err(Error::invalid_request(
            "the request has to be pushed first (RFC 9126)",
        )),
        None => Ok(()),
    }
}
