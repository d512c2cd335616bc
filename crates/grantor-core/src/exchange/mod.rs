//! Conversations with a server as state machines without IO.
//!
//! An exchange says what to send or how long to wait; a driver (in `grantor-http`, one asynchronous
//! and one blocking) does it and tells the exchange what came back.

mod discovery;
mod failure;
#[cfg(feature = "client")]
mod fetch_token;
#[cfg(feature = "client")]
mod polling;
#[cfg(feature = "client")]
mod resource_discovery;
#[cfg(feature = "client")]
mod retry;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

pub use discovery::{Discovery, DiscoveryError};
pub use failure::{Failure, FailureKind, NoAnswer};
#[cfg(feature = "client")]
pub use fetch_token::{FetchError, FetchToken};
#[cfg(feature = "client")]
pub use polling::{Polling, PollingError};
#[cfg(feature = "client")]
pub use resource_discovery::{ResourceDiscovery, ResourceDiscoveryError};
#[cfg(feature = "client")]
pub use retry::Retry;

/// The next act of a driver.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a step lives for one turn of a driver's loop"
)]
pub enum Step<T> {
    /// Send this and come back with the answer.
    Send(Request<Bytes>),
    /// Come back after this time.
    Wait(Duration),
    /// It is over.
    Done(T),
}

/// An event since the last step.
#[derive(Debug)]
pub enum Event {
    /// Nothing: the exchange begins, or the wait is over.
    Continue,
    /// The answer to what was sent.
    Answer(Response<Bytes>),
    /// The request got no answer that can be read.
    NoAnswer(Failure),
}

/// A conversation with a server.
pub trait Exchange {
    /// The value that the exchange returns at its end.
    type Output;

    /// Goes one step on. `elapsed` is the time of a clock that never goes back; only differences
    /// count.
    fn step(&mut self, event: Event, elapsed: Duration) -> Step<Self::Output>;
}
