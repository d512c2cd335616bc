//! The store itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{
    Applied, Capabilities, Counter, Durability, Entry, Error, Expect, Key, Listing, Maintenance,
    Moment, Put, PutOutcome, RemoveOutcome, Store, SweepClock,
};
use grantor_store_connection::{Connections, Effect, Hosts, key_range, timed_out};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::connection::{Answer, Connection, Parameters, Query};
use crate::error::not_opened;
use crate::manager::ConnectionManager;
use crate::rows::{record, version};
use crate::statement::Statement;
use crate::upkeep::maintain;
use crate::{PostgresOptions, schema, url};

/// The database in messages.
const NAME: &str = "PostgreSQL";

/// Records in a PostgreSQL database. Clones share its connections.
///
/// Dead records are deleted by [`Store::maintain`]. After a jump of the clock nothing is deleted for
/// an hour: see [`SweepClock`].
#[derive(Clone)]
pub struct PostgresStore(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    connections: Connections<ConnectionManager>,
    pub(crate) clock: SweepClock,
    pub(crate) options: PostgresOptions,
    capabilities: Capabilities,
}

impl PostgresStore {
    /// Opens the database at `url`, and makes the tables in it that are missing, with
    /// [`PostgresOptions::default`].
    ///
    /// The URL is `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. It may have several hosts with
    /// commas between them; the store uses the one that takes writes. Connections to other machines
    /// use TLS and check the server's name and certificate, by the authorities of the platform or by
    /// those in the file `sslrootcert`; only `sslmode=disable` turns that off. `max_connections` and
    /// `timeout` (seconds) are further parameters.
    ///
    /// # Errors
    /// The URL is wrong, or the user or the database is none
    /// ([`is_configuration`](Error::is_configuration)); no host can be used; the tables are of a newer
    /// version ([`is_newer`](Error::is_newer)).
    pub async fn open(url: &str) -> Result<Self, Error> {
        PostgresOptions::default().open(url).await
    }

    pub(crate) async fn open_with(url: &str, options: &PostgresOptions) -> Result<Self, Error> {
        let location = url::parse(url, options)?;
        let options = location.options;
        let manager = ConnectionManager {
            hosts: Hosts::new(NAME, location.hosts, options.connect_timeout),
            tls: location.tls,
            connect_timeout: options.connect_timeout,
        };
        let mut connection = manager.connect().await?;
        // Tables of several processes that start together are made one after the other.
        let limit = options.timeout * 4;
        let prepared = timeout(limit, prepare(&mut connection, manager.hosts.count())).await;
        let prepared = prepared.map_err(|_| timed_out(NAME, Effect::Reads))?;
        let (capabilities, newest) = prepared?;
        let (most, limit) = (options.max_connections, options.timeout);
        let connections = Connections::new(NAME, manager, most, limit)?;
        Ok(Self(Arc::new(Inner {
            connections,
            clock: SweepClock::new(newest),
            options,
            capabilities,
        })))
    }
}

impl Inner {
    /// Runs a statement, again if it lost against another one, or if its connection broke and it may
    /// be repeated.
    pub(crate) async fn query(
        &self,
        statement: Statement,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, Error> {
        Ok(match self.run(statement, parameters).await? {
            Answer::Rows(rows) => rows,
            Answer::Written(_) => Vec::new(),
        })
    }

    /// The same for a put. Returns whether it wrote.
    async fn put(&self, statement: Statement, parameters: Parameters<'_>) -> Result<bool, Error> {
        let answer = self.run(statement, parameters).await?;
        Ok(matches!(answer, Answer::Written(1..)))
    }

    async fn run(&self, statement: Statement, parameters: Parameters<'_>) -> Result<Answer, Error> {
        let query = Query {
            statement,
            parameters,
        };
        self.connections.run(statement.effect(), query).await
    }
}

/// Makes the tables. Returns the promises of the database, and the newest time that it knows.
async fn prepare(
    connection: &mut Connection,
    hosts: usize,
) -> Result<(Capabilities, Option<Timestamp>), Error> {
    schema::migrate(connection.client()).await?;
    let newest = schema::newest(connection.client()).await?;
    Ok((capabilities(connection, hosts).await?, newest))
}

async fn capabilities(connection: &mut Connection, hosts: usize) -> Result<Capabilities, Error> {
    // The names of the standbys are a secret of administrators; their existence is none.
    let settings = "SELECT current_setting('fsync')::boolean,
        current_setting('synchronous_commit') IN ('on', 'remote_apply')
            AND current_setting('synchronous_standby_names') <> '',
        EXISTS (SELECT FROM pg_stat_replication)";
    let row = connection.client().query_one(settings, &[]).await;
    let row = row.map_err(|error| not_opened(&error))?;
    let setting = |column| row.try_get::<_, bool>(column).unwrap_or_default();
    let (disk, synchronous, standbys) = (setting(0), setting(1), setting(2));
    let durability = match (disk, synchronous) {
        (false, _) => Durability::Process,
        (true, false) => Durability::Disk,
        (true, true) => Durability::Quorum,
    };
    let mut capabilities = Capabilities::new(NAME).with_durability(durability).shared();
    if !synchronous && (standbys || hosts > 1) {
        capabilities = capabilities.loses_on_failover();
    }
    Ok(capabilities)
}

impl Store for PostgresStore {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let key = key.as_bytes();
            let rows = self.0.query(Statement::Get, &[&key]).await?;
            let found = rows.first().map(record).transpose()?;
            Ok(found.map(|(_, entry)| entry))
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            let wanted: Vec<_> = keys.iter().map(Key::as_bytes).collect();
            let statement = Statement::GetMany;
            let rows = self.0.query(statement, &[&wanted]).await?;
            let found: Result<HashMap<_, _>, _> = rows.iter().map(record).collect();
            let found = found?;
            Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let (key, version, value) = (put.key.as_bytes(), &put.version.0[..], &put.value[..]);
            let expires_at = put.expires_at.map(Timestamp::as_millis);
            let is_stored = match put.expect {
                Expect::Version(expected) => {
                    let expected = &expected.0[..];
                    let values: [&(dyn ToSql + Sync); 5] =
                        [&key, &version, &expires_at, &value, &expected];
                    self.0.put(Statement::PutVersion, &values).await?
                }
                Expect::Any => {
                    let values: [&(dyn ToSql + Sync); 4] = [&key, &version, &expires_at, &value];
                    self.0.put(Statement::PutAny, &values).await?
                }
                _ => {
                    let values: [&(dyn ToSql + Sync); 4] = [&key, &version, &expires_at, &value];
                    self.0.put(Statement::PutAbsent, &values).await?
                }
            };
            Ok(match is_stored {
                true => PutOutcome::Stored,
                false => PutOutcome::Conflict,
            })
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let bytes = key.as_bytes();
            let expected = match &expect {
                Expect::Any => None,
                Expect::Version(version) => Some(&version.0[..]),
                // No version is so short.
                _ => Some(&[][..]),
            };
            loop {
                let values: [&(dyn ToSql + Sync); 2] = [&bytes, &expected];
                let rows = self.0.query(Statement::Remove, &values).await?;
                let row = rows.first();
                if row.and_then(|row| row.try_get(0).ok()) == Some(true) {
                    return Ok(RemoveOutcome::Removed);
                }
                match row.and_then(|row| version(row, 1)) {
                    None => return Ok(RemoveOutcome::Absent),
                    Some(stored) if !expect.holds(Some(stored)) => {
                        return Ok(RemoveOutcome::Conflict);
                    }
                    // Another write came between: what it left is not known yet.
                    Some(_) => {}
                }
            }
        })
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let rows = self.0.query(Statement::Health, &[]).await?;
            match rows.first().and_then(|row| row.try_get(0).ok()) {
                Some(false) => Ok(()),
                _ => Err(Error::unavailable(
                    "PostgreSQL takes no writes",
                    Applied::No,
                )),
            }
        })
    }

    fn observe_time(&self, moment: Moment) {
        self.0.clock.observe(moment);
    }

    fn maintain(&self, moment: Moment) -> BoxFuture<'_, Result<Maintenance, Error>> {
        Box::pin(maintain(&self.0, moment))
    }

    fn listing(&self) -> Option<&dyn Listing> {
        Some(self)
    }

    fn counter(self: Arc<Self>) -> Option<Arc<dyn Counter>> {
        Some(self)
    }
}

impl Listing for PostgresStore {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            let (from, to) = key_range(prefix, after);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let values: [&(dyn ToSql + Sync); 3] = [&from, &to, &limit];
            let rows = self.0.query(Statement::List, &values).await?;
            rows.iter().map(record).collect()
        })
    }

    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let rows = self.0.query(Statement::Size, &[]).await?;
            let found: Option<i64> = rows.first().and_then(|row| row.try_get(0).ok());
            Ok(found.and_then(|found| u64::try_from(found).ok()))
        })
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("capabilities", &self.0.capabilities)
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
