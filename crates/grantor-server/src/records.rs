//! The records of a server, by kind.

use grantor_store::{
    ClientAssertions, Diagnostics, DpopProofs, GrantAssertions, Records, Stores, Use,
};

use crate::config::Config;
use crate::device_authorization::DeviceAuthorizations;
use crate::grant::{Grant, GrantOfSubject};
use crate::issuer_mark::IssuerMark;
use crate::key::KeysRecord;
use crate::pushed_request::PushedRequests;
use crate::revocation::Revocation;
use crate::token::{AccessTokenRecord, RevokedRecord, UniqueTokenRecord};

/// The records of a server, each kind in the store that was chosen for it.
pub(crate) struct Tables {
    pub(crate) issuer_mark: Records<IssuerMark>,
    pub(crate) keys: Records<KeysRecord>,
    pub(crate) grants: Records<Grant>,
    pub(crate) grants_by_subject: Records<GrantOfSubject>,
    pub(crate) access_tokens: Records<AccessTokenRecord>,
    pub(crate) revoked: Records<RevokedRecord>,
    /// Only of a server whose access tokens are unique.
    pub(crate) unique_tokens: Option<Records<UniqueTokenRecord>>,
    pub(crate) revocation: Revocation,
    pub(crate) pushed_requests: PushedRequests,
    pub(crate) devices: DeviceAuthorizations,
    pub(crate) used_assertions: Records<Use<GrantAssertions>>,
    pub(crate) client_assertions: Records<Use<ClientAssertions>>,
    pub(crate) dpop_proofs: Records<Use<DpopProofs>>,
}

impl Tables {
    pub(crate) fn prepare(
        stores: &Stores,
        config: &Config,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let issuer_mark = diagnostics.records(stores);
        let keys = diagnostics.records(stores);
        let grants = diagnostics.records(stores);
        let grants_by_subject = diagnostics.records(stores);
        let access_tokens = diagnostics.records(stores);
        let revoked = diagnostics.records(stores);
        let unique_tokens = match config.has_unique_access_tokens() {
            true => diagnostics.records(stores),
            false => None,
        };
        let revocation = Revocation::prepare(stores, diagnostics);
        let pushed_requests = PushedRequests::prepare(stores, diagnostics);
        let devices = DeviceAuthorizations::prepare(stores, diagnostics);
        let used_assertions = diagnostics.records(stores);
        let client_assertions = diagnostics.records(stores);
        let dpop_proofs = diagnostics.records(stores);
        Some(Self {
            issuer_mark: issuer_mark?,
            keys: keys?,
            grants: grants?,
            grants_by_subject: grants_by_subject?,
            access_tokens: access_tokens?,
            revoked: revoked?,
            unique_tokens,
            revocation: revocation?,
            pushed_requests: pushed_requests?,
            devices: devices?,
            used_assertions: used_assertions?,
            client_assertions: client_assertions?,
            dpop_proofs: dpop_proofs?,
        })
    }
}
