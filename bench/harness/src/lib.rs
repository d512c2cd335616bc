//! How grantor is measured.
//!
//! Times depend on the machine and on its load, so a time is never reported alone: it is
//! beside the time of something fixed, measured in turns with it ([`Group::compare`]). The value
//! is the median of the turns' ratios. Servers run in a process of their own on one core
//! ([`Server`]), the load comes from another ([`Load`]), and what counts is the CPU time the
//! server used for a request. Instruction counts ([`callgrind`]) repeat almost exactly and are
//! kept in a [`Baseline`].
//!
//! A group is a binary that starts itself again as the servers it measures, so that nothing has
//! to be built or found while it runs.

mod ask;
mod baseline;
pub mod callgrind;
mod cores;
mod exchange;
mod floor;
mod group;
mod load;
mod options;
mod processes;
mod row;
mod server;
mod stopwatch;
mod turns;

pub use ask::ask;
pub use baseline::Baseline;
pub use cores::Cores;
pub use exchange::{Exchange, answer, counted_case, repeat, repeat_each};
pub use floor::Floor;
pub use group::{Bars, Comparison, Group, Side};
pub use load::{Answers, Load, Requests};
pub use options::Options;
pub use row::{Holds, Row};
pub use server::{Measured, Server, announce};
pub use stopwatch::{cpu_time_of, cpu_time_with_children, nanoseconds_per_call};
pub use turns::{Turns, median, quantile, take_turns};

/// An error; a measurement that cannot be trusted is not reported.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The outcome of anything here.
pub type Result<T> = std::result::Result<T, Error>;
