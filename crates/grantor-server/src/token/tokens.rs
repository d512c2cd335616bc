//! The access tokens of a server.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, Issuer};
use grantor_jose::Leeway;
use grantor_store::Records;

use super::revoked::RevokedRecord;
use super::{AccessTokenRecord, TokenFormat, TokenGenerator, UniqueTokenRecord};
use crate::client::Clients;
use crate::config::AccessTokens;
use crate::grant::Grants;
use crate::key::Keys;
use crate::revocation::Revocation;

/// Access tokens: minting them is in [`mint`](super::mint), reading them in [`read`](super::read).
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) records: Records<AccessTokenRecord>,
    pub(crate) revoked: Records<RevokedRecord>,
    /// Only of a server whose access tokens are unique.
    pub(crate) unique: Option<Records<UniqueTokenRecord>>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) clients: Arc<dyn Clients>,
    pub(crate) revocation: Arc<Revocation>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) issuer: Issuer,
    pub(crate) environment: Environment,
    pub(crate) kind: AccessTokens,
    /// The application's own format, which goes before `kind`.
    pub(crate) format: Option<Arc<dyn TokenFormat>>,
    /// The application's own texts, in place of those of `kind`.
    pub(crate) generator: Option<TokenGenerator>,
    pub(crate) default_audience: Option<String>,
    pub(crate) max_clock_skew: Duration,
    /// The same, for JWTs.
    pub(crate) leeway: Leeway,
}
