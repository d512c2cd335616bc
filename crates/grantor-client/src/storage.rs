//! The records of one client or login, found by hashed keys.

mod build;
mod place;

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Environment, Scope, Secret};
use grantor_store::{Key, MasterKey, Namespace, Records, Store};
use http::HeaderValue;
use tokio::sync::OnceCell;

use self::build::Build;
pub(crate) use self::place::{Opened, Place, Sharing};
use crate::Policy;
use crate::app::App;
use crate::records::{AccessRecord, LeaseRecord, LoginRecord};
use crate::state::{AccessToken, Life};
use grantor_core::TokenParameters;

#[derive(Debug)]
pub(crate) struct Storage {
    pub(crate) access: Records<AccessRecord>,
    pub(crate) logins: Option<Records<LoginRecord>>,
    /// None: nobody else renews these tokens, or the store can't say who does.
    pub(crate) leases: Option<Records<LeaseRecord>>,
    environment: Environment,
    policy: Arc<Policy>,
    identity: String,
    key: MasterKey,
    /// The store, and whether it was seen to be sealed under this key.
    store: Arc<dyn Store>,
    namespace: Namespace,
    checked: OnceCell<()>,
}

/// Which records are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinds {
    Access,
    AccessAndLogin,
}

impl Storage {
    pub(crate) fn new(
        (place, kinds): (Opened, Kinds),
        environment: &Environment,
        policy: &Arc<Policy>,
        app: Option<&App>,
        identity: String,
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        let Opened {
            store,
            key,
            sharing,
        } = place;
        let server = app.map_or("a source", App::name);
        let namespace = Namespace::new(&format!("client of {server}"));
        let sealing_key = Arc::new(key.sealing_key());
        let opened = Arc::clone(&store);
        let mut build = Build {
            store,
            namespace,
            environment,
            sharing,
            problems,
        };
        let access = build.sealed(&sealing_key);
        let (mut logins, mut leases) = (None, None);
        if kinds == Kinds::AccessAndLogin {
            logins = Some(build.logins(&sealing_key)?);
        }
        if sharing == Sharing::OtherProcesses {
            leases = match Records::open(&build.placement(&sealing_key)) {
                Ok(leases) => Some(leases),
                Err(problem) if kinds == Kinds::AccessAndLogin => {
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
            environment: environment.clone(),
            policy: Arc::clone(policy),
            identity,
            key,
            store: opened,
            namespace,
            checked: OnceCell::new(),
        })
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

    pub(crate) fn access_key(&self, ask: &TokenParameters) -> Key {
        self.access.key_of_name(&self.name_of(ask))
    }

    /// What is asked may hold secrets of its own (a further parameter), so its name is a MAC too.
    fn name_of(&self, ask: &TokenParameters) -> String {
        let name = format!("{}{}", self.identity, crate::ask::canonical(&ask));
        self.key.fingerprint("access_token", &Secret::new(name))
    }

    pub(crate) fn login_key(&self, logins: &Records<LoginRecord>) -> Key {
        logins.key_of_name(&self.identity)
    }

    /// The key of the lease: one for a login, one for each access token of a client.
    pub(crate) fn lease_key(&self, leases: &Records<LeaseRecord>, ask: &TokenParameters) -> Key {
        match self.logins {
            Some(_) => leases.key_of_name(&self.identity),
            None => leases.key_of_name(&self.name_of(ask)),
        }
    }

    /// A stored token of this login (none: of a client for itself) that is newer than `avoid` and
    /// not to be renewed yet.
    pub(crate) async fn find(
        &self,
        ask: &TokenParameters,
        login_id: Option<&str>,
        avoid: Option<&Secret>,
    ) -> Result<Option<(AccessToken, Life)>, grantor_store::Error> {
        let loaded = match self.access.get(&self.access_key(ask)).await {
            // Another is had, and takes its place.
            Err(error) if error.is_corrupt() || error.is_newer() => {
                tracing::warn!(%error, "a stored access token is of no use");
                None
            }
            loaded => loaded?,
        };
        let Some(loaded) = loaded else {
            return Ok(None);
        };
        let record = loaded.record;
        let secret = Secret::new(record.access_token.clone());
        let from_the_future = record.obtained_at > self.environment.now() + self.policy.clock_skew;
        let of_another = record.login_id.as_deref() != login_id;
        // What was stored before that was looked at can't be sent.
        let unfit = HeaderValue::from_str(secret.expose()).is_err();
        if avoid == Some(&secret) || of_another || from_the_future || unfit {
            return Ok(None);
        }
        let life = self.life(&record);
        let now = crate::state::instant(self.environment.clock.elapsed());
        if life.refresh_at(&self.policy, 1.0) <= now {
            return Ok(None);
        }
        let scope = record.scope.and_then(|scope| Scope::parse(&scope).ok());
        Ok(Some((AccessToken { secret, scope }, life)))
    }

    /// What the times of a record mean on this process's own clock.
    fn life(&self, record: &AccessRecord) -> Life {
        let environment = &self.environment;
        let age = environment.now().since(record.obtained_at);
        let lifetime = record.expires_at.map(|end| end.since(record.obtained_at));
        // Before the start of the clock nothing can be dated; what is missing is cut off the end.
        let elapsed = environment.clock.elapsed();
        let missing = age.saturating_sub(elapsed);
        Life {
            sent_at: elapsed.saturating_sub(age),
            lifetime: lifetime.map(|lifetime| lifetime.saturating_sub(missing)),
            refresh_in: record.refresh_in.map(Duration::from_millis),
        }
    }

    /// The record of a token that was just fetched.
    pub(crate) fn record(
        &self,
        token: &AccessToken,
        life: &Life,
        login_id: Option<String>,
    ) -> AccessRecord {
        let environment = &self.environment;
        let age = environment.clock.elapsed().saturating_sub(life.sent_at);
        let obtained_at = environment.now() - age;
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        AccessRecord {
            access_token: token.secret.expose().to_owned(),
            scope: token.scope.as_ref().map(|scope| scope.as_str().to_owned()),
            obtained_at,
            expires_at: life.lifetime.map(|lifetime| obtained_at + lifetime),
            refresh_in: life.refresh_in.map(millis),
            login_id,
        }
    }
}

#[cfg(test)]
mod tests;
