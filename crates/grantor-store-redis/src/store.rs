//! The store itself.

use std::fmt;
use std::sync::Arc;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{
    Applied, Capabilities, Counter, Entry, Error, Expect, Key, Maintenance, Moment, Put,
    PutOutcome, RemoveOutcome, Store, SweepClock,
};
use redis::cmd;

use crate::error::Effect;
use crate::layout::{NEWEST, SLACK, decode, encode, expires_by_itself, name};
use crate::link::{Link, Request};
use crate::script::{ANY, Scripts, load};
use crate::server::Information;
use crate::upkeep::Sweep;
use crate::{RedisOptions, url};

/// Records in a Redis server. Clones share its connection.
///
/// Dead records of kinds that are short-lived or caches are deleted by Redis itself, some minutes
/// after their end; all others by [`Store::maintain`]. After a jump of the clock that deletes nothing
/// for an hour: see [`SweepClock`].
#[derive(Clone)]
pub struct RedisStore(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) link: Link,
    pub(crate) scripts: Scripts,
    pub(crate) clock: SweepClock,
    pub(crate) sweep: Sweep,
    pub(crate) options: RedisOptions,
    capabilities: Capabilities,
}

impl RedisStore {
    /// Uses the server at `url`, with [`RedisOptions::default`].
    ///
    /// The URL is `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `rediss://…` for TLS, which checks the
    /// server's name and certificate by the authorities of the platform or by those in the file
    /// `tlsrootcert`, or `redis+unix:///PATH?db=DATABASE`. `timeout` (seconds) is a further parameter.
    ///
    /// # Errors
    /// The URL or the password is wrong, or the server is a cluster
    /// ([`is_configuration`](Error::is_configuration)); it can't be reached, or is no primary.
    pub async fn open(url: &str) -> Result<Self, Error> {
        RedisOptions::default().open(url).await
    }

    pub(crate) async fn open_with(url: &str, options: &RedisOptions) -> Result<Self, Error> {
        let location = url::parse(url, options)?;
        let options = location.options.clone();
        let link = Link::new(location);
        let request = cmd("INFO");
        let information: String = link.send(Request::Command(&request), Effect::Reads).await?;
        // Services that others run hide it; then the weaker value is assumed.
        let mut request = cmd("CONFIG");
        request.arg("GET").arg("appendfsync");
        let appendfsync: Result<(String, String), _> =
            link.send(Request::Command(&request), Effect::Reads).await;
        let appendfsync = appendfsync.ok().map(|(_, value)| value);
        let capabilities = Information::parse(&information).capabilities(appendfsync.as_deref());
        let mut request = cmd("GET");
        request.arg(NEWEST);
        let newest: Option<i64> = link.send(Request::Command(&request), Effect::Reads).await?;
        let request = load();
        let _: Vec<String> = link.send(Request::Several(&request), Effect::Reads).await?;
        Ok(Self(Arc::new(Inner {
            link,
            scripts: Scripts::new(),
            clock: SweepClock::new(newest.map(Timestamp::from_millis)),
            sweep: Sweep::default(),
            options,
            capabilities,
        })))
    }

    /// When Redis deletes a record; an empty text if it does not.
    fn native_expiry(&self, put: &Put) -> String {
        match put.expires_at {
            Some(expires_at) if expires_by_itself(&put.key) => {
                let at = expires_at + self.0.options.max_clock_skew + SLACK;
                // It takes no time before 1970.
                at.as_millis().max(1).to_string()
            }
            _ => String::new(),
        }
    }
}

impl Store for RedisStore {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let mut request = cmd("GET");
            request.arg(name(key));
            let found = self.0.link.send(Request::Command(&request), Effect::Reads);
            let found: Option<Vec<u8>> = found.await?;
            found.map(decode).transpose()
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let mut request = cmd("MGET");
            for key in keys {
                request.arg(name(key));
            }
            let found = self.0.link.send(Request::Command(&request), Effect::Reads);
            let found: Vec<Option<Vec<u8>>> = found.await?;
            let entries = found.into_iter();
            entries.map(|one| one.map(decode).transpose()).collect()
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let mut request = self.0.scripts.put.key(name(&put.key));
            request
                .arg(&put.version.0[..])
                .arg(match &put.expect {
                    Expect::Any => ANY,
                    Expect::Version(version) => &version.0[..],
                    _ => b"",
                })
                .arg(&encode(put)[..])
                .arg(self.native_expiry(put));
            let sent = self
                .0
                .link
                .send(Request::Script(&request), Effect::Repeatable);
            let stored: i64 = sent.await?;
            Ok(match stored {
                1 => PutOutcome::Stored,
                _ => PutOutcome::Conflict,
            })
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let mut request = self.0.scripts.remove.key(name(key));
            request.arg(match &expect {
                Expect::Any => ANY,
                Expect::Version(version) => &version.0[..],
                _ => b"",
            });
            let sent = self.0.link.send(Request::Script(&request), Effect::Once);
            let outcome: i64 = sent.await?;
            Ok(match outcome {
                1 => RemoveOutcome::Removed,
                2 => RemoveOutcome::Absent,
                _ => RemoveOutcome::Conflict,
            })
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let mut request = cmd("INFO");
            request.arg("replication");
            let information: String = self
                .0
                .link
                .send(Request::Command(&request), Effect::Reads)
                .await?;
            Information::parse(&information)
                .check()
                .map_err(|error| Error::unavailable(error.to_string(), Applied::No))
        })
    }

    fn observe_time(&self, moment: Moment) {
        self.0.clock.observe(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        Box::pin(self.0.keep_up(moment))
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Some(self)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("capabilities", &self.0.capabilities)
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
