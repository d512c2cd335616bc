//! The way of a request to the server that has its key, and to another one after a fail-over.

use std::sync::Arc;
use std::time::Duration;

use grantor_store::{Applied, Error};
use grantor_store_connection::{Effect, check_runtime, in_doubt, timed_out};
use redis::{ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use tokio::time::{Instant, sleep};

use crate::error::failed;
use crate::node::{Failure, Node};
use crate::request::Request;
use crate::topology::Topology;
use crate::url::{Address, Location};

/// How often an operation is tried whose connection broke, where nothing takes over.
const MAX_TRIES: usize = 3;
/// How long after a failure it is looked again for a server that took over.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// The servers of a store.
pub(crate) struct Link {
    topology: Topology,
    timeout: Duration,
}

/// The server that a request goes to.
pub(crate) enum Target<'a> {
    /// The one that has the key with this name.
    Key(&'a [u8]),
    /// This one.
    Node(&'a Arc<Node>),
}

impl Link {
    pub(crate) fn new(location: Location) -> Self {
        Self {
            timeout: location.options.timeout,
            topology: Topology::new(location.servers, location.access, location.sentinel_access),
        }
    }

    pub(crate) fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The servers that take writes.
    pub(crate) async fn primaries(&self) -> Result<Vec<Arc<Node>>, Error> {
        check_runtime("Redis")?;
        let (deadline, follows) = (Instant::now() + self.timeout, self.topology.fails_over());
        loop {
            match self.topology.primaries(deadline).await {
                Err(error) if follows && !error.is_configuration() => {
                    if Instant::now() + PAUSE >= deadline {
                        return Err(error);
                    }
                    sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    }

    /// Sends a request, and again if its connection broke and it may be repeated.
    pub(crate) async fn send<T: FromRedisValue>(
        &self,
        target: Target<'_>,
        request: Request<'_>,
        effect: Effect,
    ) -> Result<T, Error> {
        check_runtime("Redis")?;
        let deadline = Instant::now() + self.timeout;
        let follows = self.topology.fails_over() && matches!(target, Target::Key(_));
        let (mut tried, mut doubtful, mut asked) = (0, false, None);
        loop {
            let asking = asked.is_some();
            let found = match (asked.take(), &target) {
                (Some(node), _) => Ok(node),
                (None, Target::Node(node)) => Ok(Arc::clone(node)),
                (None, Target::Key(name)) => self.topology.node(name, deadline).await,
            };
            tried += 1;
            let (node, failure) = match found {
                Err(error) => (None, Failure::Unreachable(error)),
                Ok(node) => match node.send(&request, asking, deadline).await {
                    Ok(answer) => return Ok(answer),
                    Err(failure) => (Some(node), failure),
                },
            };
            // Also where this request is over: the next one must not wait for the same server, which
            // may hang while another one has taken over.
            if let (Some(node), true) = (&node, is_of_the_server(&failure)) {
                self.topology.look_again(node).await;
            }
            let (error, again) = match failure {
                Failure::Unreachable(error) => {
                    let again = follows && !error.is_configuration();
                    (error, again)
                }
                Failure::Refused(error) => {
                    if follows && let Some(address) = ask(&error) {
                        asked = Some(self.topology.at(address));
                        continue;
                    }
                    (failed(effect, &error), follows && is_elsewhere(&error))
                }
                Failure::Lost(error) => {
                    let again = effect != Effect::Once && (follows || tried < MAX_TRIES);
                    doubtful |= again && effect != Effect::Reads;
                    (failed(effect, &error), again)
                }
                Failure::Late => return Err(timed_out("Redis", effect)),
            };
            // A try that has no time would only hide what is wrong.
            if !again || Instant::now() + PAUSE >= deadline {
                return Err(match doubtful {
                    true => in_doubt(&error),
                    false => error,
                });
            }
            // Where nothing takes over, a new connection is all that there is to try.
            if follows && tried > 1 {
                sleep(PAUSE).await;
            }
        }
    }
}

/// Returns whether another server may have taken over.
fn is_of_the_server(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(error) => is_elsewhere(error),
        Failure::Unreachable(_) | Failure::Lost(_) | Failure::Late => true,
    }
}

/// Returns whether another server, or this one a little later, does what this one refused. It did
/// nothing.
fn is_elsewhere(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::Moved
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::TryAgain
                | ServerErrorKind::BusyLoading
        )
    )
}

/// The server to ask, once, for a key whose slot is on its way there.
fn ask(error: &RedisError) -> Option<Address> {
    if error.kind() != ErrorKind::Server(ServerErrorKind::Ask) {
        return None;
    }
    let errors = error.clone().into_server_errors()?;
    let (_, error) = errors.first()?;
    // The slot, and HOST:PORT.
    let place = error.details()?.split_whitespace().nth(1)?;
    let (host, port) = place.rsplit_once(':')?;
    Some(Address::Tcp(host.to_owned(), port.parse().ok()?))
}

/// Too few replicas have a write.
pub(crate) fn unconfirmed(replicas: i64, wanted: usize) -> Error {
    let message = format!(
        "{replicas} replicas of Redis confirmed the write in time, and {wanted} must; it may be \
         lost when another server takes over"
    );
    Error::unavailable(message, Applied::Unknown)
}
