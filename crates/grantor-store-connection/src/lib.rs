//! Connections of grantor's storage to databases on a network: what the adapters of at least two
//! databases share. For adapters; a program uses the adapter of its database.
//!
//! | feature | what |
//! |---|---|
//! | `pool` | [`Connections`], a pool that repeats what may be repeated, and [`Hosts`], the hosts of one database |
//! | `tls` | [`Tls`], by rustls, and [`connect`] |

mod callers_time;
#[cfg(feature = "pool")]
mod hosts;
mod key_range;
mod outcome;
#[cfg(feature = "pool")]
mod pool;
mod shared;
#[cfg(feature = "tls")]
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod upkeep;
mod url;

pub use callers_time::CallersTime;
#[cfg(feature = "pool")]
pub use hosts::{Host, Hosts};
pub use key_range::key_range;
pub use outcome::{Effect, check_runtime, in_doubt, timed_out};
#[cfg(feature = "pool")]
pub use pool::{Connections, Meaning, RequestFailed, Run};
pub use shared::{IsOpen, SharedConnection};
#[cfg(feature = "tls")]
pub use stream::{Stream, connect};
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsStream};
pub use upkeep::maintain;
pub use url::{decoded, host_and_port};
