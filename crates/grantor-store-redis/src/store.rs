//! The store itself.

use std::fmt;
use std::sync::Arc;

use futures_util::future::try_join_all;
use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{
    Applied, Capabilities, Counter, Entry, Error, Expect, Key, Maintenance, Moment, Put,
    PutOutcome, RemoveOutcome, Store, SweepClock,
};
use grantor_store_connection::{CallersTime, Effect};
use redis::{ScriptInvocation, cmd};
use tokio::time::Instant;

use crate::layout::{NEWEST, Names, SLACK, decode, encode, expires_by_itself};
use crate::lifetime::deletion;
use crate::link::{Link, Target, unconfirmed};
use crate::opening::promises;
use crate::request::{Request, Wait};
use crate::script::{ANY, Scripts};
use crate::{RedisOptions, promise, url};

/// Records in a Redis server, in a primary that sentinels watch, or in a cluster. Clones share the
/// connections.
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
    callers_time: CallersTime,
    pub(crate) names: Names,
    pub(crate) options: RedisOptions,
    /// How many replicas must have a write that must last.
    wait: usize,
    pub(crate) capabilities: Capabilities,
}

impl RedisStore {
    /// Uses the server at `url`, with [`RedisOptions::default`].
    ///
    /// The URL is `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `rediss://…` for TLS, which checks the
    /// server's name and certificate by the authorities of the platform or by those in the file
    /// `tlsrootcert`, or `redis+unix:///PATH?db=DATABASE`. `timeout` (seconds) is a further parameter.
    ///
    /// `redis+sentinel://USER:PASSWORD@SENTINEL,SENTINEL,SENTINEL/NAME/DATABASE` is the primary that
    /// the sentinels know by that name; `sentinel_username` and `sentinel_password` are the login
    /// there. `redis+cluster://USER:PASSWORD@HOST,HOST` is a cluster, of which some servers suffice.
    /// Both with `rediss` for TLS. `wait` says how many replicas must have a grant or a guard before
    /// it counts as written: most of them, unless it is given.
    ///
    /// # Errors
    /// The URL or the password is wrong, or of another kind than the server
    /// ([`is_configuration`](Error::is_configuration)); it can't be reached, or is no primary.
    pub async fn open(url: &str) -> Result<Self, Error> {
        RedisOptions::default().open(url).await
    }

    pub(crate) async fn open_with(url: &str, options: &RedisOptions) -> Result<Self, Error> {
        let location = url::parse(url, options)?;
        let (options, wait) = (location.options.clone(), location.wait);
        let access = Arc::clone(&location.access);
        let link = Link::new(location);
        let deadline = Instant::now() + options.timeout;
        let found = promises(&link, wait, deadline).await?;
        access
            .keeps_all
            .get_or_init(|| !found.capabilities.may_evict);
        let mut request = cmd("GET");
        request.arg(NEWEST);
        let target = Target::Key(NEWEST.as_bytes());
        let sent = link.send(target, Request::Command(&request), Effect::Reads);
        let newest: Option<i64> = sent.await?;
        Ok(Self(Arc::new(Inner {
            names: Names {
                cluster: link.topology().is_cluster(),
            },
            link,
            scripts: Scripts::new(),
            clock: SweepClock::new(newest.map(Timestamp::from_millis)),
            callers_time: CallersTime::unknown(),
            options,
            wait: found.wait,
            capabilities: found.capabilities,
        })))
    }

    /// When Redis deletes a record; none if it does not.
    fn native_expiry(&self, put: &Put) -> Option<(&'static str, i64)> {
        let expires_at = put.expires_at.filter(|_| expires_by_itself(&put.key))?;
        let later = self.0.options.max_clock_skew + SLACK;
        Some(deletion(expires_at, later, self.0.callers_time.get()))
    }
}

impl Inner {
    async fn read(&self, key: &Key) -> Result<Option<Entry>, Error> {
        let name = self.names.name(key);
        let mut request = cmd("GET");
        request.arg(&name[..]);
        let sent = self.link.send(
            Target::Key(&name),
            Request::Command(&request),
            Effect::Reads,
        );
        let found: Option<Vec<u8>> = sent.await?;
        found.map(decode).transpose()
    }

    /// Runs a script that answers 1 where it wrote. Where another server may take over, a write that
    /// must last is one once enough replicas have it.
    async fn decide(
        &self,
        key: &Key,
        name: &[u8],
        script: &ScriptInvocation<'_>,
        effect: Effect,
    ) -> Result<i64, Error> {
        if self.wait == 0 || expires_by_itself(key) {
            let sent = self
                .link
                .send(Target::Key(name), Request::Script(script), effect);
            return sent.await;
        }
        let wait = Wait {
            replicas: self.wait,
            // So that its answer comes before the operation's time is over.
            millis: u64::try_from(self.options.timeout.as_millis() / 2).unwrap_or(1000),
        };
        let request = Request::Confirmed(script, wait);
        let sent = self.link.send(Target::Key(name), request, effect);
        let (outcome, replicas): (i64, i64) = sent.await?;
        let enough = usize::try_from(replicas).is_ok_and(|replicas| replicas >= self.wait);
        match outcome == 1 && !enough {
            true => Err(unconfirmed(replicas, self.wait)),
            false => Ok(outcome),
        }
    }

    async fn check_health(&self) -> Result<(), Error> {
        let primaries = self.link.primaries().await?;
        let wait = self.wait;
        let checks = primaries.iter().map(|node| async move {
            let information = promise::information(&self.link, node).await?;
            information.check_role()?;
            promise::check(&self.link, node, &information, &self.capabilities).await?;
            match information.replicas() {
                replicas if replicas < wait => {
                    let message = format!(
                        "the Redis server {} has {replicas} replicas and writes need {wait}",
                        node.address
                    );
                    Err(Error::unavailable(message, Applied::No))
                }
                _ => Ok(()),
            }
        });
        try_join_all(checks).await.map(drop)
    }
}

impl Store for RedisStore {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(self.0.read(key))
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            let names: Vec<_> = keys.iter().map(|key| self.0.names.name(key)).collect();
            let Some(first) = names.first() else {
                return Ok(Vec::new());
            };
            // A cluster reads several keys at once only if they are in one slot. The requests to one
            // server go together all the same.
            if self.0.names.cluster {
                return try_join_all(keys.iter().map(|key| self.0.read(key))).await;
            }
            let mut request = cmd("MGET");
            for name in &names {
                request.arg(&name[..]);
            }
            let request = Request::Command(&request);
            let sent = self.0.link.send(Target::Key(first), request, Effect::Reads);
            let found: Vec<Option<Vec<u8>>> = sent.await?;
            let entries = found.into_iter();
            entries.map(|one| one.map(decode).transpose()).collect()
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let name = self.0.names.name(&put.key);
            let mut script = self.0.scripts.put.key(&name[..]);
            script
                .arg(match &put.expect {
                    Expect::Any => ANY,
                    Expect::Version(version) => &version.0[..],
                    _ => b"",
                })
                .arg(&encode(put)[..]);
            if let Some((unit, time)) = self.native_expiry(put) {
                script.arg(unit).arg(time);
            }
            let decided = self
                .0
                .decide(&put.key, &name, &script, Effect::Repeatable)
                .await?;
            Ok(match decided {
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
            let name = self.0.names.name(key);
            let mut script = self.0.scripts.remove.key(&name[..]);
            script.arg(match &expect {
                Expect::Any => ANY,
                Expect::Version(version) => &version.0[..],
                _ => b"",
            });
            let decided = self.0.decide(key, &name, &script, Effect::Once).await?;
            Ok(match decided {
                1 => RemoveOutcome::Removed,
                2 => RemoveOutcome::Absent,
                _ => RemoveOutcome::Conflict,
            })
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.0.check_health())
    }

    fn observe_time(&self, moment: Moment) {
        self.0.callers_time.observe(moment.now);
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
