//! The grant type of devices.

use grantor_core::{BoxFuture, ErrorCode};
use grantor_jose::check::holds;
use grantor_store::Versioned;

use super::{Change, GrantType, Granted, OnConflict, TokenCall};
use crate::device_authorization::{FoundDevice, Poll};
use crate::error::Error;
use crate::grant::{EndReason, Grant, GrantState};
use crate::token::{OpaqueKind, OpaqueToken, TokenContents};

/// Tokens for a device whose user decides in a browser elsewhere (RFC 8628).
///
/// The device asks again and again. Its request is a record, which the user's answer leaves as it is:
/// the answer creates the grant, and the first request of the device that finds it moves it on by one
/// conditional put. So of many parallel requests one gets the tokens, on any store, and a request that
/// comes too early never stands in the way of the answer.
///
/// A server has it if it is added: anybody who can have a user type in a code may sign in as that user,
/// so the pages name the client and warn (RFC 8628 section 5.4).
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceCode;

impl DeviceCode {
    /// `grant_type` on the wire.
    pub const NAME: &'static str = "urn:ietf:params:oauth:grant-type:device_code";
}

impl GrantType for DeviceCode {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn parameters(&self) -> &[&str] {
        &["device_code"]
    }

    fn shows_pages(&self) -> bool {
        true
    }

    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>> {
        Box::pin(redeem(call))
    }
}

async fn redeem(call: &TokenCall<'_>) -> Result<Granted, Error> {
    let code = OpaqueToken::parse(OpaqueKind::DeviceCode, call.required("device_code")?);
    let code = code.ok_or_else(bad_code)?;
    let found = call.find_device(&code).await?;
    let Some(FoundDevice {
        authorization,
        grant,
    }) = found
    else {
        return Err(bad_code());
    };
    let client = call.client();
    let is_own = holds("device.client", authorization.client_id == client.id);
    if !is_own
        || !holds(
            "device.client_epoch",
            authorization.client_epoch == client.epoch,
        )
    {
        return Err(bad_code());
    }
    let Some(Versioned { record, version }) = grant else {
        if authorization.usable_until <= call.now() {
            return Err(expired());
        }
        return Ok(Granted::Poll(Poll::new(
            code.id,
            authorization.usable_until,
        )));
    };
    match record.state {
        GrantState::Approved { until } if until <= call.now() => return Err(expired()),
        GrantState::Approved { .. } => {}
        _ if record.ended_by(EndReason::Denied) => {
            let description = "the user said no";
            return Err(Error::refused(ErrorCode::AccessDenied, description));
        }
        _ => return Err(bad_code()),
    }
    let contents = contents(call, &record)?;
    let change = Change {
        // The device's own double send: its code is known to it alone, and the other one has the tokens.
        on_conflict: OnConflict::Refuse(bad_code()),
        unless_current: Some(bad_code()),
        ..Change::new(code.id, version, call.redeemed(&record)?, contents)
    };
    Ok(Granted::Change(Box::new(change)))
}

fn contents(call: &TokenCall<'_>, grant: &Grant) -> Result<TokenContents, Error> {
    let audience = call.narrow_audience(&grant.resources)?;
    let contents = TokenContents::new(call.narrow_scope(&grant.scope)?, audience);
    let contents = contents.with_claims(grant.claims.clone());
    Ok(contents.for_subject(grant.subject.clone()))
}

fn expired() -> Error {
    let description = "the device code has expired; begin again";
    Error::refused(ErrorCode::ExpiredToken, description)
}

/// One answer for a code that is unknown, used, guessed, or another client's.
fn bad_code() -> Error {
    Error::invalid_grant("the device code is unknown, used, or not this client's")
}
