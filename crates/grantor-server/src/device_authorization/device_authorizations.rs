//! The requests of devices, and the only place that writes them.

use grantor_core::{Environment, Secret, Timestamp};
use grantor_jose::check::holds;
use grantor_jose::digest::MacKey;
use grantor_store::{Conflict, Diagnostics, Records, Stores, Versioned};

use super::poll::PollRecord;
use super::user_code::UserCodeRecord;
use super::{DeviceAuthorization, Pace, Poll, UserCode};
use crate::client::Client;
use crate::config::Config;
use crate::error::Error;
use crate::grant::{Grant, Grants};
use crate::identifier::Identifier;
use crate::token::{OpaqueKind, OpaqueToken};

/// The requests of devices.
#[derive(Debug)]
pub(crate) struct DeviceAuthorizations {
    records: Records<DeviceAuthorization>,
    user_codes: Records<UserCodeRecord>,
    polls: Records<PollRecord>,
    environment: Environment,
}

/// A request of a device, and the grant that the user's answer made of it, if there is one.
#[derive(Debug)]
pub(crate) struct FoundDevice {
    pub(crate) authorization: DeviceAuthorization,
    pub(crate) grant: Option<Versioned<Grant>>,
}

/// How often a user code is drawn if others have it.
const DRAWS: usize = 8;

impl DeviceAuthorizations {
    pub(crate) fn prepare(stores: &Stores, diagnostics: &mut Diagnostics) -> Option<Self> {
        let records = diagnostics.records(stores);
        let user_codes = diagnostics.records(stores);
        let polls = diagnostics.records(stores);
        Some(Self {
            records: records?,
            user_codes: user_codes?,
            polls: polls?,
            environment: stores.environment().clone(),
        })
    }

    /// Keeps a request. Its device code, and the code for its user.
    pub(crate) async fn start(
        &self,
        client: &Client,
        form: String,
        mac_key: &MacKey,
        config: &Config,
    ) -> Result<(Secret, UserCode), Error> {
        let usable_until = self.environment.now() + config.device_code_lifetime;
        let token = OpaqueToken::mint(&self.environment);
        let user_code = self
            .claim_user_code(token.id, mac_key, usable_until)
            .await?;
        let record = DeviceAuthorization {
            hash: token.hash(),
            client_id: client.id.clone(),
            client_epoch: client.epoch.clone(),
            form,
            usable_until,
            expires_at: usable_until + config.device_code_lifetime,
        };
        let key = self.records.key(token.id.as_bytes());
        match self.records.create(&key, &record).await? {
            Ok(_) => Ok((token.to_text(OpaqueKind::DeviceCode), user_code)),
            Err(Conflict) => Err(Error::Internal("an identifier was drawn twice".to_owned())),
        }
    }

    /// Draws a user code that no other device has.
    async fn claim_user_code(
        &self,
        device: Identifier,
        mac_key: &MacKey,
        expires_at: Timestamp,
    ) -> Result<UserCode, Error> {
        let record = UserCodeRecord { device, expires_at };
        for _ in 0..DRAWS {
            let code = UserCode::draw(&self.environment);
            let key = self.user_codes.key_of_guessable(mac_key, code.as_str());
            if self.user_codes.create(&key, &record).await?.is_ok() {
                return Ok(code);
            }
        }
        Err(Error::Internal(
            "every user code that was drawn is another device's".to_owned(),
        ))
    }

    /// The device that shows a user code, if nobody has answered its request yet.
    pub(crate) async fn waiting(
        &self,
        user_code: &UserCode,
        mac_key: &MacKey,
        grants: &Grants,
    ) -> Result<Option<Identifier>, Error> {
        let key = self
            .user_codes
            .key_of_guessable(mac_key, user_code.as_str());
        let Some(found) = self.user_codes.get(&key).await? else {
            return Ok(None);
        };
        let id = found.record.device;
        let device = self.find(id, grants).await?;
        let now = self.environment.now();
        let waits = |device: &FoundDevice| {
            let is_unanswered = holds("device.one_answer", device.grant.is_none());
            is_unanswered && now < device.authorization.usable_until
        };
        Ok(device.filter(waits).map(|_| id))
    }

    /// The request with this identifier.
    pub(crate) async fn find(
        &self,
        id: Identifier,
        grants: &Grants,
    ) -> Result<Option<FoundDevice>, Error> {
        let key = self.records.key(id.as_bytes());
        let grant_key = grants.records.key(id.as_bytes());
        let (found, grant) = self
            .records
            .get_with(&key, &grants.records, &grant_key)
            .await?;
        Ok(found.map(|found| FoundDevice {
            authorization: found.record,
            grant,
        }))
    }

    /// The request whose device code this is.
    pub(crate) async fn of_device_code(
        &self,
        device_code: &OpaqueToken,
        grants: &Grants,
    ) -> Result<Option<FoundDevice>, Error> {
        let found = self.find(device_code.id, grants).await?;
        Ok(found.filter(|found| device_code.matches(&found.authorization.hash)))
    }

    /// Notes that a client polled, and says whether it waited long enough since the last time.
    pub(crate) async fn pace(&self, poll: &Poll) -> Result<Pace, Error> {
        let key = self.polls.key(poll.id.as_bytes());
        let stored = self.polls.get(&key).await?;
        let previous = stored.as_ref().map(|stored| &stored.record);
        let (next, pace) = PollRecord::after(previous, poll, self.environment.now());
        let written = match &stored {
            Some(stored) => self.polls.update(&key, &next, stored.version).await?,
            None => self.polls.create(&key, &next).await?,
        };
        // Another poll came at the same time, so one of the two is too fast.
        Ok(written.map_or(Pace::TooFast, |_| pace))
    }
}
