//! One connection to the server that takes writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::try_join_all;
use futures_util::stream::{StreamExt, poll_fn};
use grantor_store::{Applied, Error};
use grantor_store_connection::{Effect, RequestFailed, Run};
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Row, SimpleQueryMessage};

use crate::error::{failed, not_opened, not_replicated};
use crate::statement::Statement;
use crate::tls::MakeTls;

pub(crate) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Settings that a role or a database may have otherwise. A statement is never ended by a timeout of
/// the server: one that waits for a standby would be answered as if it had not. Warnings must arrive.
/// `synchronous_commit` is only raised. The answer says whether the server takes writes, and if not,
/// why.
const PREPARE_SESSION: &str = "
    SET default_transaction_isolation TO 'read committed';
    SET client_min_messages TO warning;
    SET statement_timeout TO 0;
    SET lock_timeout TO 0;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write');
    SELECT CASE WHEN pg_is_in_recovery() THEN 'standby'
        WHEN current_setting('transaction_read_only')::boolean THEN 'read-only' ELSE 'writes' END";

/// A connection and its statements. Dropping it closes the socket at once.
pub(crate) struct Connection {
    client: Client,
    statements: Vec<tokio_postgres::Statement>,
    /// The server has warned since the last statement began. Of what the store runs, only a wait for
    /// its standby that ended early makes it warn.
    warned: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Connection {
    /// Connects to one host, if it takes writes.
    pub(crate) async fn open(config: &Config, tls: &MakeTls) -> Result<Self, Error> {
        let connected = config.connect(tls.clone()).await;
        let (client, mut connection) = connected.map_err(|error| not_opened(&error))?;
        let warned = Arc::new(AtomicBool::new(false));
        let warns = Arc::clone(&warned);
        let task = tokio::spawn(async move {
            let mut messages = poll_fn(move |cx| connection.poll_message(cx));
            while let Some(Ok(message)) = messages.next().await {
                if let AsyncMessage::Notice(notice) = message
                    && *notice.code() == SqlState::WARNING
                {
                    // It comes before the answer to the statement that it is about.
                    warns.store(true, Ordering::Release);
                }
            }
        });
        let opened = Self {
            client,
            statements: Vec::new(),
            warned,
            task,
        };
        let answers = opened.client.simple_query(PREPARE_SESSION).await;
        let answers = answers.map_err(|error| not_opened(&error))?;
        let state = answers.iter().rev().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let problem = match state {
            Some("writes") => return Ok(opened),
            Some("read-only") => {
                "default_transaction_read_only is on: turn it off for the server, the database and \
                 the user"
            }
            _ => "it is a standby",
        };
        Err(Error::unavailable(
            format!("it takes no writes: {problem}"),
            Applied::No,
        ))
    }

    /// Has the server read the statements, all at once.
    pub(crate) async fn prepare(&mut self) -> Result<(), tokio_postgres::Error> {
        let all = Statement::ALL.map(|statement| self.client.prepare(statement.sql()));
        self.statements = try_join_all(all).await?;
        Ok(())
    }

    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    async fn query(&self, query: &Query<'_>) -> Result<Answer, tokio_postgres::Error> {
        let parameters = query.parameters;
        let prepared = match self.statements.get(query.statement as usize) {
            Some(prepared) => prepared,
            None => &self.client.prepare(query.statement.sql()).await?,
        };
        Ok(match query.statement.is_put() {
            true => Answer::Written(self.client.execute(prepared, parameters).await?),
            false => Answer::Rows(self.client.query(prepared, parameters).await?),
        })
    }
}

/// A statement and its parameters.
pub(crate) struct Query<'a> {
    pub(crate) statement: Statement,
    pub(crate) parameters: Parameters<'a>,
}

/// The answer to a statement.
pub(crate) enum Answer {
    /// How many rows a put wrote.
    Written(u64),
    /// The rows that any other one answers with.
    Rows(Vec<Row>),
}

impl Run<Query<'_>> for Connection {
    type Answer = Answer;

    async fn run(&mut self, query: &Query<'_>) -> Result<Answer, RequestFailed> {
        // A warning from before is about something else: a server whose collations have another
        // version than the database's warns at each connection.
        self.warned.store(false, Ordering::Release);
        let answer = self.query(query).await;
        let warned = self.warned.load(Ordering::Acquire);
        match answer {
            Ok(_) if warned && query.statement.effect() != Effect::Reads => {
                Err(not_replicated(query.statement))
            }
            answer => answer.map_err(|error| failed(query.statement, &error)),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}
