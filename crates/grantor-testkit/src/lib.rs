//! For tests of code that uses OAuth: a clock that is set by hand, randomness that repeats, a
//! transport without a network, one that does harm, and an authorization server within the process.
//!
//! Nothing here opens a socket, sleeps or reads the time. [`FakeServer`] is written on
//! `grantor-core` alone, so that it can't share a fault with grantor's own server.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use grantor_core::{ClientAuthentication, GrantRequest, TokenRequest};
//! use grantor_http::Transport;
//! use grantor_testkit::FakeServer;
//!
//! let server = FakeServer::new("https://idp.example");
//! let request = TokenRequest::new(GrantRequest::ClientCredentials);
//! let client = ClientAuthentication::None { client_id: "app".into() };
//! let request = request.to_request(&server.token_endpoint(), &client);
//! let answer = server.send(request).await.unwrap();
//! assert_eq!(answer.status(), 200);
//! assert_eq!(server.token_requests(), 1);
//! # });
//! ```

mod altered;
mod clock;
mod random;
mod server;
mod transport;

use std::sync::Arc;

use grantor_core::Environment;

pub use altered::{Alteration, AlteredTransport};
pub use clock::FakeClock;
pub use random::SeededRandom;
pub use server::{FakeServer, Fault};
pub use transport::FakeTransport;

/// An environment of a clock to set by hand and randomness that repeats from run to run. Each one of
/// a clock draws other bytes: they stand for processes of their own.
#[must_use]
pub fn environment(clock: &FakeClock) -> Environment {
    Environment {
        clock: Arc::new(clock.clone()),
        random: Arc::new(SeededRandom::new(clock.next_seed())),
    }
}
