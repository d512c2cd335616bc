//! One connection that all operations share, made again when it breaks.

use std::sync::Arc;

use grantor_store::{Applied, Error};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, Pipeline, RedisResult, ScriptInvocation};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::{Effect, failed, in_doubt, is_lost, timed_out};
use crate::server::Information;
use crate::stream;
use crate::url::Location;

/// How often an operation is tried whose connection broke.
const MAX_TRIES: usize = 3;

/// The connection to a server.
pub(crate) struct Link {
    location: Location,
    open: Mutex<Option<Arc<Open>>>,
}

/// A connection. Dropping the last use of it closes it at once.
struct Open {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The command that is sent.
pub(crate) enum Request<'a> {
    Command(&'a Cmd),
    Several(&'a Pipeline),
    Script(&'a ScriptInvocation<'a>),
}

impl Request<'_> {
    async fn send<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<T> {
        match self {
            Self::Command(command) => command.query_async(connection).await,
            Self::Several(pipeline) => pipeline.query_async(connection).await,
            // A server that does not know the script any more gets it again.
            Self::Script(script) => script.invoke_async(connection).await,
        }
    }
}

impl Link {
    pub(crate) fn new(location: Location) -> Self {
        Self {
            location,
            open: Mutex::new(None),
        }
    }

    /// Sends a request, and again if its connection broke and it may be repeated.
    pub(crate) async fn send<T: FromRedisValue>(
        &self,
        request: Request<'_>,
        effect: Effect,
    ) -> Result<T, Error> {
        if Handle::try_current().is_err() {
            let message = "the Redis store is used outside of a Tokio runtime";
            return Err(Error::configuration(message));
        }
        let deadline = Instant::now() + self.location.options.timeout;
        let (mut tried, mut doubtful) = (0, false);
        let settled = |error, doubtful| match doubtful {
            true => in_doubt(&error),
            false => error,
        };
        loop {
            let open = timeout_at(deadline, self.open()).await;
            let open = open.unwrap_or_else(|_| Err(unavailable("it does not answer")));
            let open = open.map_err(|error| settled(error, doubtful))?;
            let mut connection = open.connection.clone();
            let answer = timeout_at(deadline, request.send(&mut connection)).await;
            tried += 1;
            match answer {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) if !is_lost(&error) => {
                    return Err(settled(failed(effect, &error), doubtful));
                }
                Ok(Err(error)) => {
                    self.forget(&open).await;
                    if effect == Effect::Once || tried == MAX_TRIES {
                        return Err(settled(failed(effect, &error), doubtful));
                    }
                    doubtful = effect != Effect::Reads;
                }
                Err(_) => {
                    self.forget(&open).await;
                    return Err(timed_out(effect));
                }
            }
        }
    }

    async fn open(&self) -> Result<Arc<Open>, Error> {
        let mut slot = self.open.lock().await;
        if let Some(open) = slot.as_ref().filter(|open| !open.driver.is_finished()) {
            return Ok(Arc::clone(open));
        }
        let limit = self.location.options.connect_timeout;
        let opened = timeout(limit, connect(&self.location)).await;
        let opened = Arc::new(opened.map_err(|_| unavailable("it does not answer"))??);
        *slot = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// The next request makes a new connection, unless there is another one already.
    async fn forget(&self, broken: &Arc<Open>) {
        let mut slot = self.open.lock().await;
        slot.take_if(|open| Arc::ptr_eq(open, broken));
    }
}

/// Connects to the server, if it is a primary.
async fn connect(location: &Location) -> Result<Open, Error> {
    let stream = stream::connect(location).await;
    let stream = stream.map_err(|error| unavailable(&error.to_string()))?;
    // Operations have times of their own; the driver's is too short for a disk that is busy.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let login = &location.login;
    let opened = MultiplexedConnection::new_with_config(login, stream, config).await;
    let (mut connection, driver) = opened.map_err(|error| failed(Effect::Reads, &error))?;
    let driver = tokio::spawn(driver);
    let open = Open {
        connection: connection.clone(),
        driver,
    };
    let information: RedisResult<String> = redis::cmd("INFO").query_async(&mut connection).await;
    let information = information.map_err(|error| failed(Effect::Reads, &error))?;
    Information::parse(&information).check()?;
    Ok(open)
}

fn unavailable(why: &str) -> Error {
    Error::unavailable(format!("Redis can't be reached: {why}"), Applied::No)
}
