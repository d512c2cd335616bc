//! The records of one client or login, found by hashed keys.

pub(crate) mod deadline;
pub(crate) mod location;
pub(crate) mod open;
pub(crate) mod records;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, Scope, Secret, TokenParameters};
use grantor_store::{Key, MasterKey, Namespace, Records, Store};
use tokio::sync::OnceCell;

use self::location::{OpenStore, StoreSharing};
use self::open::StoreOpener;
use self::records::{AccessTokenRecord, BoundTo, LeaseRecord, LoginRecord, RegistrationRecord};
use crate::config::policy::Policy;
use crate::runtime::instant::nanos;
use crate::token::credential::{Credential, TokenType};
use crate::token::dpop_key::DpopKey;
use crate::token::lifetime::Lifetime;
use crate::token::parameters::canonical;

#[derive(Debug)]
pub(crate) struct TokenStore {
    pub(crate) access: Records<AccessTokenRecord>,
    pub(crate) logins: Option<Records<LoginRecord>>,
    /// None: nobody else renews these tokens, or the store can't say who does.
    pub(crate) leases: Option<Records<LeaseRecord>>,
    /// Clients that registered themselves, where tokens need that.
    pub(crate) registrations: Option<Records<RegistrationRecord>>,
    environment: Environment,
    policy: Arc<Policy>,
    identity: String,
    key: MasterKey,
    /// The store, and whether it was seen to be sealed under this key.
    store: Arc<dyn Store>,
    namespace: Namespace,
    checked: OnceCell<()>,
    /// The key of this program, which records that are bound to it need not have.
    dpop_key: Option<DpopKey>,
}

/// The records that are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKinds {
    Access,
    AccessAndLogin,
    /// Those of a login, and of clients that register themselves.
    AccessLoginAndRegistrations,
}

impl RecordKinds {
    fn have_login(self) -> bool {
        self != Self::Access
    }
}

impl TokenStore {
    pub(crate) fn new(
        (place, kinds): (OpenStore, RecordKinds),
        environment: &Environment,
        policy: &Arc<Policy>,
        server: &str,
        identity: String,
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        let OpenStore {
            store,
            key,
            sharing,
        } = place;
        let namespace = Namespace::new(&format!("client of {server}"));
        let sealing_key = Arc::new(key.sealing_key());
        let opened = Arc::clone(&store);
        let mut build = StoreOpener {
            store,
            namespace,
            environment,
            sharing,
            problems,
        };
        let access = build.sealed(&sealing_key);
        let (mut logins, mut leases) = (None, None);
        if kinds.have_login() {
            logins = Some(build.logins(&sealing_key)?);
        }
        let mut registrations = None;
        if kinds == RecordKinds::AccessLoginAndRegistrations {
            registrations = Some(build.registrations(&sealing_key)?);
        }
        if sharing == StoreSharing::OtherProcesses {
            leases = match Records::open(&build.leases(&sealing_key, kinds.have_login())) {
                Ok(leases) => Some(leases),
                Err(problem) if kinds.have_login() => {
                    build.problems.push(problem);
                    None
                }
                // Tokens of a client may be fetched twice: it costs a request and harms nobody.
                Err(_) => None,
            };
        }
        Some(Self {
            access: access?,
            logins,
            leases,
            registrations,
            environment: environment.clone(),
            policy: Arc::clone(policy),
            identity,
            key,
            store: opened,
            namespace,
            checked: OnceCell::new(),
            dpop_key: None,
        })
    }

    pub(crate) fn with_dpop_key(mut self, key: Option<DpopKey>) -> Self {
        self.dpop_key = key;
        self
    }

    /// The key that a record is bound to: its own, or that of the program.
    pub(crate) fn key_of(&self, bound: &BoundTo) -> Option<DpopKey> {
        let thumbprint = bound.dpop_jkt.as_deref()?;
        let stored = bound.dpop_key.as_deref().and_then(DpopKey::from_stored);
        let mut keys = [self.dpop_key.clone(), stored].into_iter().flatten();
        keys.find(|key| key.thumbprint() == thumbprint)
    }

    /// Makes sure that others who share the store have the same master key. With another one nothing of
    /// theirs would be found, and what was handed in would be spent twice.
    pub(crate) async fn check_key(&self) -> Result<(), grantor_store::Error> {
        if self.leases.is_none() {
            return Ok(());
        }
        let check = || {
            self.key
                .check(&self.store, self.namespace, &self.environment)
        };
        self.checked.get_or_try_init(check).await.copied()
    }

    pub(crate) fn access_key(&self, parameters: &TokenParameters) -> Key {
        self.access.key_of_name(&self.name_of(parameters))
    }

    /// The parameters may hold secrets of their own, so their name is a MAC too.
    fn name_of(&self, parameters: &TokenParameters) -> String {
        let name = format!("{}{}", self.identity, canonical(parameters));
        self.key.fingerprint("access_token", &Secret::new(name))
    }

    pub(crate) fn login_key(&self, logins: &Records<LoginRecord>) -> Key {
        logins.key_of_name(&self.identity)
    }

    /// The key of the lease: one for a login, one for each access token of a client.
    pub(crate) fn lease_key(
        &self,
        leases: &Records<LeaseRecord>,
        parameters: &TokenParameters,
    ) -> Key {
        match self.logins {
            Some(_) => leases.key_of_name(&self.identity),
            None => leases.key_of_name(&self.name_of(parameters)),
        }
    }

    /// A stored token of this login (none: of a client for itself) that is newer than `rejected_token` and
    /// not to be renewed yet.
    pub(crate) async fn find(
        &self,
        parameters: &TokenParameters,
        login_id: Option<&str>,
        rejected_token: Option<&Secret>,
    ) -> Result<Option<(Credential, Lifetime)>, grantor_store::Error> {
        let loaded = match self.access.get(&self.access_key(parameters)).await {
            // Another one is fetched and replaces it.
            Err(error) if error.is_corrupt() || error.is_newer() => {
                tracing::warn!(%error, "a stored access token is of no use");
                None
            }
            loaded => loaded?,
        };
        let Some(loaded) = loaded else {
            return Ok(None);
        };
        Ok(self.usable(loaded.record, login_id, rejected_token))
    }

    /// The token of a record, unless it is one that must not be adopted.
    fn usable(
        &self,
        record: AccessTokenRecord,
        login_id: Option<&str>,
        rejected_token: Option<&Secret>,
    ) -> Option<(Credential, Lifetime)> {
        let secret = Secret::new(record.access_token.clone());
        let from_the_future = record.obtained_at > self.environment.now() + self.policy.clock_skew;
        let of_another = record.login_id.as_deref() != login_id;
        if rejected_token == Some(&secret) || of_another || from_the_future {
            return None;
        }
        let lifetime = self.lifetime(&record);
        let now = nanos(self.environment.clock.elapsed());
        if lifetime.refresh_at(&self.policy, 1.0) <= now {
            return None;
        }
        // A record may be older than the rules for what can be sent, or of another kind of client.
        let token_type = TokenType::parse(record.token_type.as_deref().unwrap_or("Bearer"))?;
        let key = self.key_of(&record.bound_to);
        if token_type == TokenType::Dpop && key.is_none() {
            return None;
        }
        let credential = Credential::new(token_type, &secret).ok()?.with_key(key);
        let scope = record.scope.and_then(|scope| Scope::parse(&scope).ok());
        let credential = credential.with_scope(scope).with_extra(record.extra);
        Some((credential, lifetime))
    }

    /// The times of a record, on this process's own clock.
    fn lifetime(&self, record: &AccessTokenRecord) -> Lifetime {
        let environment = &self.environment;
        let age = environment.now().since(record.obtained_at);
        let lifetime = record.expires_at.map(|end| end.since(record.obtained_at));
        // Before the start of the clock nothing can be dated; what is missing is cut off the end.
        let elapsed = environment.clock.elapsed();
        let missing = age.saturating_sub(elapsed);
        Lifetime {
            sent_at: elapsed.saturating_sub(age),
            lifetime: lifetime.map(|lifetime| lifetime.saturating_sub(missing)),
            refresh_in: record.refresh_in.map(Duration::from_millis),
        }
    }

    /// The record of a token that was just fetched.
    pub(crate) fn record(
        &self,
        credential: &Credential,
        lifetime: &Lifetime,
        login_id: Option<String>,
    ) -> AccessTokenRecord {
        let environment = &self.environment;
        let age = environment.clock.elapsed().saturating_sub(lifetime.sent_at);
        let obtained_at = environment.now() - age;
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        AccessTokenRecord {
            access_token: credential.secret().expose().to_owned(),
            token_type: Some(credential.token_type.as_str().to_owned()),
            scope: credential
                .scope
                .as_ref()
                .map(|scope| scope.as_str().to_owned()),
            obtained_at,
            expires_at: lifetime.lifetime.map(|lifetime| obtained_at + lifetime),
            refresh_in: lifetime.refresh_in.map(millis),
            login_id,
            bound_to: BoundTo::key(credential.key.as_ref()),
            extra: credential.extra.as_deref().cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
