//! One connection to a server that takes writes.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::FutureExt;
use grantor_store::{Applied, Error};
use grantor_store_connection::{RequestFailed, Run};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as Failure, Opts, Params, Row, Value};

use crate::error::{failed, is_duplicate, not_opened};
use crate::statement::Statement;

/// Settings that a server, a user or a driver may have otherwise.
const ISOLATION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
/// What the store wants to know of a server. Those that it lacks are left out of the answer.
const VARIABLES: &str = "SHOW VARIABLES WHERE variable_name IN ('read_only', 'tx_read_only',
    'transaction_read_only', 'wsrep_on', 'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog')";
const STATUS: &str = "SHOW STATUS WHERE variable_name IN ('wsrep_ready', 'slaves_connected')";
/// Reads, updates and deletions, and insertions each wait until the node has what the others have
/// committed: one that has not would answer a conditional write with a conflict.
const WAIT_FOR_OTHERS: &str = "SET SESSION wsrep_sync_wait = 7";

/// A connection. Dropping it closes the socket at once.
pub(crate) struct Connection {
    /// Absent while it is dropped.
    driver: Option<Conn>,
    server: HashMap<String, String>,
}

/// The answer to a statement.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    /// How many rows it found or changed.
    pub(crate) rows_affected: u64,
    /// The last number that `LAST_INSERT_ID` was given.
    pub(crate) number: u64,
    /// There was a row with that key.
    pub(crate) is_duplicate: bool,
}

impl Connection {
    /// Connects to one host, if it takes writes. A statement there waits for a row a little longer than
    /// `timeout`, when its caller is gone.
    pub(crate) async fn open(options: &Opts, timeout: Duration) -> Result<Self, Error> {
        let driver = Conn::new(options.clone()).await;
        let mut opened = Self {
            driver: Some(driver.map_err(|error| not_opened(&error))?),
            server: HashMap::new(),
        };
        let prepared = opened.prepare(timeout).await;
        match prepared.map_err(|error| not_opened(&error))? {
            true => Ok(opened),
            false => Err(Error::unavailable("it takes no writes", Applied::No)),
        }
    }

    /// Returns whether the server takes writes: it is no replica, no node without its cluster, and its
    /// sessions do not begin with transactions that only read.
    async fn prepare(&mut self, timeout: Duration) -> Result<bool, Failure> {
        let seconds = timeout.as_secs() + 1;
        let settings = format!(
            "SET SESSION autocommit = 1,
                SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
                SESSION innodb_lock_wait_timeout = {seconds}"
        );
        self.text(ISOLATION).await?;
        self.text(&settings).await?;
        for known in [VARIABLES, STATUS] {
            for row in self.text(known).await? {
                if let (Some(name), Some(value)) = (row.get::<String, _>(0), row.get(1)) {
                    self.server.insert(name.to_ascii_lowercase(), value);
                }
            }
        }
        let alone = self.is_galera() && self.setting("wsrep_ready") != Some("ON");
        let reads_only = ["tx_read_only", "transaction_read_only"]
            .iter()
            .any(|name| self.setting(name).is_some_and(|value| value != "OFF"));
        if self.setting("read_only") != Some("OFF") || reads_only || alone {
            return Ok(false);
        }
        if self.is_galera() {
            self.text(WAIT_FOR_OTHERS).await?;
        }
        Ok(true)
    }

    /// A variable of the server; none if it has no such variable.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.server.get(name).map(String::as_str)
    }

    /// Whether the server is a node of a Galera cluster.
    pub(crate) fn is_galera(&self) -> bool {
        self.setting("wsrep_on") == Some("ON")
    }

    pub(crate) async fn ping(&mut self) -> Result<(), Failure> {
        self.driver()?.ping().await
    }

    /// Runs a text that has no parameters.
    pub(crate) async fn text(&mut self, text: &str) -> Result<Vec<Row>, Failure> {
        self.driver()?.query(text).await
    }

    async fn execute(&mut self, bound: &Bound<'_>) -> Result<Answer, Failure> {
        let parameters = match bound.values {
            [] => Params::Empty,
            values => Params::Positional(values.to_vec()),
        };
        let text = bound.statement.sql();
        let mut result = self.driver()?.exec_iter(&*text, parameters).await?;
        let rows = result.collect().await?;
        let answer = Answer {
            rows,
            rows_affected: result.affected_rows(),
            number: result.last_insert_id().unwrap_or(0),
            is_duplicate: false,
        };
        result.drop_result().await?;
        Ok(answer)
    }

    fn driver(&mut self) -> Result<&mut Conn, Failure> {
        let closed = || Failure::Driver(mysql_async::DriverError::ConnectionClosed);
        self.driver.as_mut().ok_or_else(closed)
    }
}

/// A statement and its values.
pub(crate) struct Bound<'a> {
    pub(crate) statement: Statement,
    pub(crate) values: &'a [Value],
}

impl Run<Bound<'_>> for Connection {
    type Answer = Answer;

    async fn run(&mut self, bound: &Bound<'_>) -> Result<Answer, RequestFailed> {
        match self.execute(bound).await {
            Err(error) if bound.statement == Statement::PutAbsent && is_duplicate(&error) => {
                Ok(Answer {
                    is_duplicate: true,
                    ..Answer::default()
                })
            }
            answer => answer.map_err(|error| failed(bound.statement, &error)),
        }
    }
}

impl Drop for Connection {
    /// The driver would read the answers that come still, in a task of its own. A farewell that can
    /// be sent at once is sent; then nothing holds the socket.
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            drop(driver.disconnect().now_or_never());
        }
    }
}
