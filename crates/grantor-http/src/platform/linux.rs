//! A clock that runs on while the machine sleeps, and the kernel's random bytes.

use std::time::Duration;

use grantor_jose::{Error, random};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use rustix::time::{ClockId, clock_gettime};

/// Returns the time since the machine started. CLOCK_MONOTONIC stops while the machine sleeps;
/// tokens do not.
pub(crate) fn elapsed() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// Fills `bytes` from the kernel, or from the generator of the cryptography library where a sandbox
/// keeps the call away.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), Error> {
    let mut filled = 0;
    while filled < bytes.len() {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(more) => filled += more,
            Err(Errno::INTR) => {}
            Err(_) => return random::fill(bytes),
        }
    }
    Ok(())
}
