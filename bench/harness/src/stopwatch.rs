//! The time of one call in this process.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Result;
use crate::processes::Processes;

/// The nanoseconds that one call takes, over at least `window`.
///
/// The clock is read once for many calls, so that calls of a few nanoseconds can be measured.
pub fn nanoseconds_per_call(window: Duration, mut call: impl FnMut()) -> f64 {
    let mut batch = 1_u64;
    loop {
        let began = Instant::now();
        for _ in 0..batch {
            call();
        }
        let took = began.elapsed();
        if took >= window {
            return took.as_secs_f64() * 1e9 / batch as f64;
        }
        batch = match took.is_zero() {
            true => batch * 1_000,
            false => {
                let wanted = window.as_secs_f64() / took.as_secs_f64() * 1.05;
                (batch as f64 * wanted.clamp(2.0, 1_000.0)) as u64
            }
        };
    }
}

/// What a call returns, and the nanoseconds of CPU time that all threads of this process used
/// meanwhile.
///
/// # Errors
///
/// The clock shows no time.
pub fn cpu_time_of<T>(call: impl FnOnce() -> T) -> Result<(T, u64)> {
    let began = cpu_time()?;
    let returned = call();
    Ok((returned, cpu_time()?.saturating_sub(began)))
}

/// The CPU time so far of this process and of those that it has started and that run still.
///
/// # Errors
///
/// The kernel counts no CPU time, or a thread ended meanwhile.
pub fn cpu_time_with_children() -> Result<Duration> {
    Processes::below(std::process::id()).cpu_time()
}

fn cpu_time() -> Result<u64> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Ok(u64::try_from(time.tv_sec)? * 1_000_000_000 + u64::try_from(time.tv_nsec)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_cpu_time() {
        let work = || (0..1_000_000_u64).fold(0, |sum, n| std::hint::black_box(sum + n));
        let (sum, time) = cpu_time_of(work).unwrap();
        assert_eq!(sum, 499_999_500_000);
        assert!(time > 10_000, "{time}");
    }

    #[test]
    fn the_calls_fill_the_window() {
        let window = Duration::from_millis(20);
        let mut calls = 0_u64;
        let began = Instant::now();
        let each = nanoseconds_per_call(window, || calls = std::hint::black_box(calls) + 1);
        assert!(began.elapsed() >= window);
        assert!(calls > 1_000, "{calls}");
        assert!(each * calls as f64 >= 1e6, "{each}");
    }
}
