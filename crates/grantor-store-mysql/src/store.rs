//! The store itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use deadpool::managed::Manager;
use grantor_core::{BoxFuture, Timestamp};
use grantor_store::{
    Applied, Capabilities, Counter, Durability, Entry, Error, Expect, Key, Listing, Maintenance,
    Moment, Put, PutOutcome, RemoveOutcome, Store, SweepClock, Version,
};
use grantor_store_connection::{Connections, Effect, Hosts, in_doubt, key_range, timed_out};
use mysql_async::Value;
use tokio::time::timeout;

use crate::connection::{Answer, Bound, Connection};
use crate::manager::ConnectionManager;
use crate::operation::Operation;
use crate::rows::{number, record, version};
use crate::statement::Statement;
use crate::upkeep::maintain;
use crate::{MysqlOptions, schema, url};

/// How many keys one statement reads at most.
const KEYS_A_READ: usize = 512;

/// The database in messages.
pub(crate) const NAME: &str = "MySQL";

/// Records in a MySQL or MariaDB database. Clones share its connections.
///
/// Dead records are deleted by [`Store::maintain`]. After a jump of the clock nothing is deleted for
/// an hour: see [`SweepClock`].
#[derive(Clone)]
pub struct MysqlStore(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    connections: Connections<ConnectionManager>,
    pub(crate) clock: SweepClock,
    pub(crate) options: MysqlOptions,
    capabilities: Capabilities,
}

impl MysqlStore {
    /// Opens the database at `url`, and makes the tables in it that are missing, with
    /// [`MysqlOptions::default`].
    ///
    /// The URL is `mysql://USER:PASSWORD@HOST:PORT/DATABASE`. It may have several hosts with commas
    /// between them; the store uses the first that takes writes. Connections to other machines use
    /// TLS and check the server's name and certificate, by the authorities of the platform or by
    /// those in the file `ssl-ca`; only `ssl-mode=DISABLED` turns that off. `socket` (a path, instead
    /// of a host), `max_connections` and `timeout` (seconds) are further parameters.
    ///
    /// # Errors
    /// The URL is wrong, or the user or the database is none
    /// ([`is_configuration`](Error::is_configuration)); no host can be used; the tables are of a newer
    /// version ([`is_newer`](Error::is_newer)).
    pub async fn open(url: &str) -> Result<Self, Error> {
        MysqlOptions::default().open(url).await
    }

    pub(crate) async fn open_with(url: &str, options: &MysqlOptions) -> Result<Self, Error> {
        let location = url::parse(url, options)?;
        let options = location.options;
        let manager = ConnectionManager {
            hosts: Hosts::new(NAME, location.hosts, options.connect_timeout),
            connect_timeout: options.connect_timeout,
            timeout: options.timeout,
        };
        let mut connection = manager.create().await?;
        // Tables of several processes that start together are made one after the other.
        let limit = options.timeout * 4;
        let prepared = timeout(limit, prepare(&mut connection)).await;
        let newest = prepared.map_err(|_| timed_out(NAME, Effect::Reads))??;
        let capabilities = capabilities(&connection, manager.hosts.count());
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
    pub(crate) async fn run(
        &self,
        statement: Statement,
        values: &[Value],
    ) -> Result<Answer, Error> {
        let bound = Bound { statement, values };
        self.connections.run(statement.effect(), bound).await
    }
}

/// Makes the tables. Returns the newest time that the database knows.
async fn prepare(connection: &mut Connection) -> Result<Option<Timestamp>, Error> {
    schema::migrate(connection).await?;
    schema::newest(connection).await
}

fn capabilities(connection: &Connection, hosts: usize) -> Capabilities {
    let is = |name, value| connection.setting(name) == Some(value);
    // After a crash a transaction that the binary log lacks is undone.
    let logged = !is("log_bin", "ON") || is("sync_binlog", "1");
    let durability = match is("innodb_flush_log_at_trx_commit", "1") && logged {
        true => Durability::Disk,
        false => Durability::Process,
    };
    let capabilities = Capabilities::new(NAME).with_durability(durability).shared();
    let replicas = connection.setting("slaves_connected");
    let copied = hosts > 1 || replicas.is_some_and(|count| count != "0");
    match copied && !connection.is_galera() {
        true => capabilities.loses_on_failover(),
        false => capabilities,
    }
}

impl MysqlStore {
    /// The version of a record; none if there is no such record.
    async fn version_of(
        operation: &mut Operation<'_>,
        key: &Key,
    ) -> Result<Option<Version>, Error> {
        let values = [key.as_bytes().into()];
        let answer = operation.run(Statement::Version, &values).await?;
        let corrupt = || Error::corrupt("a row in MySQL was not written by grantor");
        let read = |row| version(row).ok_or_else(corrupt);
        answer.rows.first().map(read).transpose()
    }

    /// Creates a record. One that is there, under the put's own version, was created by an earlier
    /// try.
    async fn create(&self, put: &Put, values: &[Value]) -> Result<PutOutcome, Error> {
        let mut operation = Operation::new(&self.0);
        loop {
            let statement = Statement::PutAbsent;
            let answer = operation.run(statement, values).await?;
            if !answer.is_duplicate {
                return Ok(PutOutcome::Stored);
            }
            // Whose it is stays unknown without an answer: an earlier try may have been applied.
            let unread = |error: Error| match error.is_corrupt() {
                true => error,
                false => in_doubt(&error),
            };
            let found = Self::version_of(&mut operation, &put.key).await;
            match found.map_err(unread)? {
                Some(stored) if stored == put.version => return Ok(PutOutcome::Stored),
                Some(_) => return Ok(PutOutcome::Conflict),
                // It was removed in between.
                None => {}
            }
        }
    }
}

impl Store for MysqlStore {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let values = [key.as_bytes().into()];
            let answer = self.0.run(Statement::Get, &values).await?;
            let found = answer.rows.into_iter().next().map(record).transpose()?;
            Ok(found.map(|(_, entry)| entry))
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Entry>>, Error>> {
        Box::pin(async move {
            let mut found = HashMap::new();
            let mut operation = Operation::new(&self.0);
            for some in keys.chunks(KEYS_A_READ) {
                let mut values: Vec<Value> = some.iter().map(|key| key.as_bytes().into()).collect();
                // A few lengths only: the server keeps a prepared statement for each.
                let length = values.len().next_power_of_two();
                if let Some(last) = values.last().cloned() {
                    values.resize(length, last);
                }
                let statement = Statement::GetMany(length);
                let answer = operation.run(statement, &values).await?;
                for row in answer.rows {
                    let (key, entry) = record(row)?;
                    found.insert(key, entry);
                }
            }
            Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
        })
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        Box::pin(async move {
            put.check_size()?;
            let key: Value = put.key.as_bytes().into();
            let version: Value = put.version.0[..].into();
            let expires_at: Value = put.expires_at.map(Timestamp::as_millis).into();
            let value: Value = put.value[..].into();
            let store = &self.0;
            match put.expect {
                Expect::Version(expected) => {
                    let expected = expected.0[..].into();
                    let values = [version.clone(), expires_at, value, key, expected, version];
                    let answer = store.run(Statement::PutVersion, &values).await?;
                    Ok(match answer.rows_affected {
                        0 => PutOutcome::Conflict,
                        _ => PutOutcome::Stored,
                    })
                }
                Expect::Any => {
                    let values = [key, version, expires_at, value];
                    store.run(Statement::PutAny, &values).await?;
                    Ok(PutOutcome::Stored)
                }
                _ => self.create(put, &[key, version, expires_at, value]).await,
            }
        })
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        Box::pin(async move {
            let mut operation = Operation::new(&self.0);
            let bytes: Value = key.as_bytes().into();
            loop {
                let removed = match &expect {
                    Expect::Any => {
                        let values = std::slice::from_ref(&bytes);
                        operation.run(Statement::RemoveAny, values).await?
                    }
                    Expect::Version(version) => {
                        let values = [bytes.clone(), version.0[..].into()];
                        operation.run(Statement::RemoveVersion, &values).await?
                    }
                    _ => Answer::default(),
                };
                if removed.rows_affected > 0 {
                    return Ok(RemoveOutcome::Removed);
                }
                if expect == Expect::Any {
                    return Ok(RemoveOutcome::Absent);
                }
                match Self::version_of(&mut operation, key).await? {
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
            let answer = self.0.run(Statement::Health, &[]).await?;
            let Some(forbids) = answer.rows.first() else {
                return Ok(());
            };
            let name = forbids.get_opt::<String, _>(0).and_then(Result::ok);
            let name = name.unwrap_or_default();
            let message = format!("MySQL takes no writes: {name} is on there");
            Err(Error::unavailable(message, Applied::No))
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

impl Listing for MysqlStore {
    fn list<'a>(
        &'a self,
        prefix: &'a Key,
        after: Option<&'a Key>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, Entry)>, Error>> {
        Box::pin(async move {
            let (from, to) = key_range(prefix, after);
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            let values = [from.into(), to.into(), limit.into()];
            let answer = self.0.run(Statement::List, &values).await?;
            answer.rows.into_iter().map(record).collect()
        })
    }

    fn count(&self) -> BoxFuture<'_, Result<Option<u64>, Error>> {
        Box::pin(async move {
            let answer = self.0.run(Statement::Size, &[]).await?;
            let found = answer.rows.first().and_then(number);
            Ok(found.and_then(|found| u64::try_from(found).ok()))
        })
    }
}

impl fmt::Debug for MysqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlStore")
            .field("capabilities", &self.0.capabilities)
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
