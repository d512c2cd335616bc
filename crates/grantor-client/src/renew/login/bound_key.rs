//! The key that a login is bound to (RFC 9449 section 5): it renews with the key that it began with.

use crate::error::Error;
use crate::renew::services::Services;
use crate::store::records::LoginRecord;
use crate::token::dpop_key::DpopKey;

/// The key for the next token of a login. A login that is not bound yet is bound to the key of these
/// tokens.
pub(super) fn bound_key(
    services: &Services,
    record: &LoginRecord,
) -> Result<Option<DpopKey>, Error> {
    if record.bound_to.dpop_jkt.is_none() {
        return Ok(services.dpop_key.clone());
    }
    if services.dpop_key.is_none() {
        return Err(Error::configuration(
            "the login is bound to a key by DPoP: build its tokens with \"dpop\"",
        ));
    }
    let key = services.store.key_of(&record.bound_to);
    key.map(Some).ok_or_else(|| {
        Error::configuration(
            "the login is bound by DPoP to another key than that of these tokens: give the key that \
             it began with by \"Dpop::with_key\", or sign in again",
        )
    })
}
