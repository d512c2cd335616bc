//! For tests of code that uses OAuth: a clock that is set by hand, randomness that repeats, a
//! transport without a network, one that does harm, and an authorization server within the process.
//!
//! [`FakeServer`] is written on `grantor-core` and `grantor-jose` alone, so that it can't share a
//! fault with grantor's own server.
//!
//! | feature | adds |
//! |---|---|
//! | `listen` | `FakeServer::listen`: the server on a socket of the loopback address |
//! | `tls` | `FakeServer::listen_tls`: the same over https, for clients that present a certificate |
//!
//! Without these features nothing here opens a socket; nothing reads the time, and nothing sleeps but
//! [`Fault::Delay`] at a server without a clock. Code that runs by a [`FakeClock`] pauses by it too
//! where it asks [`Clock::wait`](grantor_core::Clock::wait): see [`Waits`].
//!
//! # Code that takes a transport
//!
//! It gets the [`FakeServer`] as its [`Transport`](grantor_http::Transport), and a
//! [`FakeClock`], so that a test of an hour takes no time:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use grantor_client::Tokens;
//! use grantor_testkit::{FakeClock, FakeServer, Fault, environment};
//! use http::Request;
//!
//! let clock = FakeClock::new();
//! let server = FakeServer::new("https://idp.example");
//! server.set_clock(&clock);
//! let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
//!     .transport(server.clone())
//!     .environment(environment(&clock))
//!     .allow_origin("https://api.example")
//!     .build()
//!     .unwrap();
//! let call = async || {
//!     let mut request = Request::get("https://api.example/things").body(()).unwrap();
//!     let attempt = tokens.prepare(&mut request).await.unwrap();
//!     let answer = server.api(&request);
//!     attempt.observe(&answer).await;
//!     answer.status()
//! };
//!
//! // Two calls share one token.
//! assert_eq!((call().await, call().await), (http::StatusCode::OK, http::StatusCode::OK));
//! server.assert_token_requests(1);
//!
//! // It ended: the next call gets another one, although the server is slow to give it.
//! server.forget_history();
//! server.expire_last_token();
//! server.fail_next(Fault::Takes(std::time::Duration::from_secs(2)));
//! assert_eq!(call().await, 200);
//! server.assert_token_requests(1);
//! server.assert_tokens_went_only_to(&["https://api.example"]);
//! # });
//! ```
//!
//! # Code with an HTTP client of its own
//!
//! It gets the URL of a server that listens: see `FakeListener`, of the feature `listen`.
//!
//! # Code that keeps something in a store
//!
//! It gets one of [`store`]: a store that fails, that counts its calls, or that forgets.
//!
//! # What can be asked of the server
//!
//! | a test wants | with |
//! |---|---|
//! | other answers | [`set_lifetime`](FakeServer::set_lifetime), [`set_extra`](FakeServer::set_extra), [`omit`](FakeServer::omit), [`answer_tokens_with`](FakeServer::answer_tokens_with), [`answer_api_with`](FakeServer::answer_api_with) |
//! | other grants | [`on_grant`](FakeServer::on_grant), [`set_grant_types`](FakeServer::set_grant_types) |
//! | refresh tokens that rotate, or not | [`set_rotation`](FakeServer::set_rotation) |
//! | users who decide | [`approve`](FakeServer::approve), [`approve_by_form`](FakeServer::approve_by_form), [`deny`](FakeServer::deny), [`approve_device`](FakeServer::approve_device), [`approve_backchannel`](FakeServer::approve_backchannel) |
//! | requests and answers that are JWTs | [`verify_requests_with`](FakeServer::verify_requests_with), [`require_signed_requests`](FakeServer::require_signed_requests), [`change_responses`](FakeServer::change_responses), [`encrypt_responses`](FakeServer::encrypt_responses) |
//! | requests that are signed by OAuth 1.0a | [`new_oauth1_token`](FakeServer::new_oauth1_token), [`approve_oauth1`](FakeServer::approve_oauth1), [`deny_oauth1`](FakeServer::deny_oauth1), [`add_oauth1_key`](FakeServer::add_oauth1_key), [`answer_oauth1_with`](FakeServer::answer_oauth1_with), [`Fault::Unconfirmed`], [`Fault::WrongTokenSecret`], [`Fault::Problem`] |
//! | other ID tokens and claims of the user | [`change_id_tokens`](FakeServer::change_id_tokens), [`sign_id_tokens_with`](FakeServer::sign_id_tokens_with), [`answer_user_info_with`](FakeServer::answer_user_info_with) |
//! | tokens that are bound to a key | [`require_dpop`](FakeServer::require_dpop), [`require_dpop_nonces`](FakeServer::require_dpop_nonces), [`dpop_thumbprint`](FakeServer::dpop_thumbprint) |
//! | something to go wrong | [`fail_next`](FakeServer::fail_next) at the token endpoint, [`fail_next_at`](FakeServer::fail_next_at) at another, [`fail_times`](FakeServer::fail_times), [`fail_always`](FakeServer::fail_always) |
//! | to stop in the middle | [`hold`](FakeServer::hold), [`holds`](FakeServer::holds), [`release`](FakeServer::release) |
//! | time to go by | [`set_clock`](FakeServer::set_clock), [`expire_last_token`](FakeServer::expire_last_token), [`Fault::Takes`], [`Fault::Delay`] |
//! | to see what came in | [`requests`](FakeServer::requests), [`token_requests`](FakeServer::token_requests), [`reuses`](FakeServer::reuses) |
//! | to be sure | [`assert_token_requests`](FakeServer::assert_token_requests), [`assert_tokens_went_only_to`](FakeServer::assert_tokens_went_only_to), [`assert_no_refresh_token_was_reused`](FakeServer::assert_no_refresh_token_was_reused) |

mod altered;
#[cfg(feature = "tls")]
pub mod certificates;
mod clock;
mod random;
mod server;
pub mod store;
mod transport;

use std::sync::Arc;

use grantor_core::Environment;

pub use altered::{Alteration, AlteredTransport};
pub use clock::{FakeClock, Waits};
pub use random::SeededRandom;
pub use server::CertificateTransport;
#[cfg(feature = "listen")]
pub use server::FakeListener;
#[cfg(feature = "tls")]
pub use server::FakeTlsListener;
pub use server::answer;
pub use server::{
    Endpoint, FakeServer, Fault, GrantAnswer, RecordedRequest, Rotation, ScriptedAnswer,
};
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_of_one_clock_draw_other_bytes_and_the_same_in_every_run() {
        let draw = || {
            let clock = FakeClock::new();
            [(); 2].map(|()| environment(&clock).random_bytes::<16>())
        };
        let [one, other] = draw();
        assert_ne!(one, other);
        assert_eq!(draw(), [one, other]);
    }
}
