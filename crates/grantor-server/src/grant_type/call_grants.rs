//! The grants and tokens that a grant type finds for a token request, and the grant that it moves one
//! to.

use grantor_core::Timestamp;
use grantor_store::Versioned;

use super::TokenCall;
use crate::config::{Lifetime, later};
use crate::device_authorization::FoundDevice;
use crate::error::Error;
use crate::grant::{Grant, Grants};
use crate::identifier::Identifier;
use crate::policy::Policy;
use crate::token::{OpaqueToken, PresentedToken};

impl<'a> TokenCall<'a> {
    /// A grant as it is stored, whatever its state. Nothing has been verified of it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find_grant(&self, id: Identifier) -> Result<Option<Versioned<Grant>>, Error> {
        // A decision that lost reads what is stored by now.
        let read = self.read.filter(|read| self.attempt == 0 && read.id == id);
        if let Some(read) = read {
            return Ok(read.grant.clone());
        }
        match self.services {
            Some(services) => services.grants.find(id).await,
            None => Ok(None),
        }
    }

    /// An access token of this server that is valid now.
    pub(crate) async fn present(&self, token: &str) -> Result<Option<PresentedToken>, Error> {
        match self.services {
            Some(services) => services.tokens.present(token).await,
            None => Ok(None),
        }
    }

    /// The request of the device whose code this is.
    pub(crate) async fn find_device(
        &self,
        device_code: &OpaqueToken,
    ) -> Result<Option<FoundDevice>, Error> {
        let Some(services) = self.services else {
            return Ok(None);
        };
        let devices = &services.devices;
        devices.of_device_code(device_code, &services.grants).await
    }

    /// Returns whether everything that a grant depends on is still valid: its client, consent, user
    /// and session; and whether it lasts as long as the policy says.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_current(&self, grant: &Grant) -> Result<bool, Error> {
        let end = self.policy_of(grant).grant_lifetime.end(grant.created_at);
        match self.services {
            Some(_) if end.is_some_and(|end| end <= self.now) => Ok(false),
            Some(services) => services.grants.is_current(grant).await,
            None => Ok(false),
        }
    }

    /// A grant of this client once it has tokens: what a redemption moves it to.
    ///
    /// # Errors
    /// The call has no server.
    pub fn redeemed(&self, grant: &Grant) -> Result<Grant, Error> {
        let grants = self.grants()?;
        let refresh = self
            .has_refresh_tokens()
            .then(|| grants.first_refresh_state(self.now));
        let policy = &self.policy;
        let lifetime = match refresh {
            Some(_) => policy.refresh_token_lifetime,
            None => policy.access_token_lifetime.into(),
        };
        let until = self.kept_until(policy, grant, lifetime);
        Ok(Grant {
            state: grants.live(grant, refresh),
            dpop_jkt: self.refresh_binding(),
            expires_at: later(grant.expires_at, until),
            ..grant.clone()
        })
    }

    /// Until when the record of a grant is kept whose tokens last for `lifetime` from now: a replay must
    /// still be recognized when the last access token has expired.
    pub(super) fn kept_until(
        &self,
        policy: &Policy,
        grant: &Grant,
        lifetime: Lifetime,
    ) -> Option<Timestamp> {
        let ends = [
            lifetime.end(self.now),
            policy.grant_lifetime.end(grant.created_at),
        ];
        let end = ends.into_iter().flatten().min();
        end.map(|end| end.max(self.now) + policy.access_token_lifetime)
    }

    /// Returns whether grants of this client have refresh tokens.
    #[must_use]
    pub fn has_refresh_tokens(&self) -> bool {
        let name = "refresh_token";
        self.client.allows_grant_type(name)
            && self
                .services
                .is_some_and(|services| services.has_refresh_grant_type)
    }

    pub(crate) fn grants(&self) -> Result<&'a Grants, Error> {
        let missing = || Error::Internal("a call without a server has no grants".to_owned());
        self.services.map(|s| &*s.grants).ok_or_else(missing)
    }
}
