//! The store itself.

use std::fmt;
use std::sync::Arc;

use futures_util::future::try_join_all;
use grantor_core::BoxFuture;
use grantor_store::{
    Applied, Capabilities, Counter, Entry, Error, Expect, Key, Moment, Put, PutOutcome,
    RemoveOutcome, Store, Version,
};
use grantor_store_connection::{CallersTime, Effect};

use crate::connection::Connection;
use crate::error::Failure;
use crate::layout::{decode, dropped_at, encode, name, version};
use crate::link::Link;
use crate::wire::{Answer, Command, Condition, Expiry, Refusal};
use crate::{MemcachedOptions, url};

/// How often a conditional write reads and decides again because another one came between.
const MAX_ROUNDS: usize = 64;

/// Records in memcached. Clones share the connections, one to each server.
///
/// memcached itself drops dead records, some minutes after their end, and live ones when its memory
/// is full.
#[derive(Clone)]
pub struct MemcachedStore(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) link: Link,
    pub(crate) options: MemcachedOptions,
    callers_time: CallersTime,
}

impl MemcachedStore {
    /// Uses the servers at `url`, with [`MemcachedOptions::default`].
    ///
    /// The URL is `memcached://USER:PASSWORD@HOST:PORT,HOST:PORT`; user and password only where the
    /// servers ask for them. `memcacheds://…` is for TLS, which checks the servers' names and
    /// certificates by the authorities of the platform or by those in the file `tlsrootcert`.
    /// `timeout` (seconds) is a further parameter. The keys are shared out to the hosts by their
    /// names: another list of hosts finds other records.
    ///
    /// # Errors
    /// The URL or the password is wrong, or a server is too old
    /// ([`is_configuration`](Error::is_configuration)); a server can't be reached.
    pub async fn open(url: &str) -> Result<Self, Error> {
        MemcachedOptions::default().open(url).await
    }

    pub(crate) async fn open_with(url: &str, options: &MemcachedOptions) -> Result<Self, Error> {
        let location = url::parse(url, options)?;
        let options = location.options.clone();
        let link = Link::new(location);
        let store = Self(Arc::new(Inner {
            link,
            options,
            callers_time: CallersTime::unknown(),
        }));
        store.health().await?;
        Ok(store)
    }
}

/// The record as it is stored, with the token of this state of it.
async fn read(connection: &Connection, name: &str) -> Result<Option<(Version, u64)>, Failure> {
    match connection.send(&Command::Get(name)).await? {
        Answer::Value(value, token) => match version(&value) {
            Some(version) => Ok(Some((version, token))),
            None => Err(strange("a record of somebody else")),
        },
        _ => Ok(None),
    }
}

fn strange(what: &str) -> Failure {
    Failure::Refused(Refusal {
        text: format!("it has {what}"),
    })
}

/// Writes a record if its expectation holds. A token is used on the connection that it was read on:
/// the next start of the server gives the same ones to other records.
async fn put(
    connection: &Connection,
    name: &str,
    put: &Put,
    value: &[u8],
    at: Expiry,
) -> Result<PutOutcome, Failure> {
    for _ in 0..MAX_ROUNDS {
        let condition = match put.expect {
            Expect::Any => Condition::None,
            Expect::Absent => Condition::Add,
            _ => {
                let found = read(connection, name).await?;
                if let Some(settled) = put.settled_by(found.map(|(version, _)| version)) {
                    return Ok(settled);
                }
                let Some((_, token)) = found else {
                    return Ok(PutOutcome::Conflict);
                };
                Condition::Token(token)
            }
        };
        let set = Command::Set(name, value, at, condition);
        match (connection.send(&set).await?, condition) {
            (Answer::Done, _) => return Ok(PutOutcome::Stored),
            (_, Condition::Add) => {
                // There is one; perhaps it is this one.
                let found = read(connection, name).await?;
                if let Some(settled) = put.settled_by(found.map(|(version, _)| version)) {
                    return Ok(settled);
                }
            }
            _ => {}
        }
    }
    Err(strange("a record that changes all the time"))
}

async fn remove(
    connection: &Connection,
    name: &str,
    expect: Expect,
) -> Result<RemoveOutcome, Failure> {
    for _ in 0..MAX_ROUNDS {
        let condition = match expect {
            Expect::Any => Condition::None,
            _ => match read(connection, name).await? {
                None => return Ok(RemoveOutcome::Absent),
                Some((version, token)) if expect.holds(Some(version)) => Condition::Token(token),
                Some(_) => return Ok(RemoveOutcome::Conflict),
            },
        };
        match connection.send(&Command::Delete(name, condition)).await? {
            Answer::Done => return Ok(RemoveOutcome::Removed),
            Answer::None => return Ok(RemoveOutcome::Absent),
            _ => {}
        }
    }
    Err(strange("a record that changes all the time"))
}

impl Inner {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let name = name(key);
        let wanted = &name;
        let get = move |on: Arc<Connection>| async move { on.send(&Command::Get(wanted)).await };
        match self.link.run(&name, Effect::Reads, get).await? {
            Answer::Value(value, _) => decode(&value).map(Some),
            _ => Ok(None),
        }
    }
}

impl Store for MemcachedStore {
    fn capabilities(&self) -> Capabilities {
        Capabilities::new("memcached").may_evict().shared()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(self.0.get(key))
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        // The requests to one server are written together.
        Box::pin(try_join_all(keys.iter().map(|key| self.0.get(key))))
    }

    fn put<'a>(&'a self, write: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            write.check_size()?;
            let (name, value) = (name(&write.key), encode(write));
            let skew = self.0.options.max_clock_skew;
            let at = dropped_at(write.expires_at, self.0.callers_time.get(), skew);
            let (of, bytes) = (&name, &value);
            let put =
                move |on: Arc<Connection>| async move { put(&on, of, write, bytes, at).await };
            self.0.link.run(&name, Effect::Repeatable, put).await
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let name = name(key);
            let of = &name;
            let remove = move |on: Arc<Connection>| async move { remove(&on, of, expect).await };
            self.0.link.run(&name, Effect::Once, remove).await
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let link = &self.0.link;
            let ask = |on: Arc<Connection>| async move { on.send(&Command::Nothing).await };
            let asked = link.servers().iter();
            let asked = asked.map(|server| link.run_on(server, Effect::Reads, ask));
            for answer in try_join_all(asked).await? {
                if answer != Answer::Done {
                    let message = "memcached gave an answer of another kind";
                    return Err(Error::unavailable(message, Applied::No));
                }
            }
            Ok(())
        })
    }

    fn observe_time(&self, moment: Moment) {
        self.0.callers_time.observe(moment.now);
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Some(self)
    }
}

impl fmt::Debug for MemcachedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemcachedStore")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
