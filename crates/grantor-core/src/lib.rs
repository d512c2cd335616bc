//! OAuth as values and pure functions.
//!
//! RFC 6749, 7636, 8414, 9207 and their companions, both directions of the wire with the same
//! types. No IO, no clock, no randomness, no globals: time and random bytes are arguments.

mod environment;
mod secret;

pub use environment::{Clock, Environment, Random};
pub use grantor_jose::Timestamp;
pub use secret::Secret;

/// A future on the heap, as object-safe asynchronous traits return it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
