//! The time of one call in this process.

use std::time::{Duration, Instant};

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

#[cfg(test)]
mod tests {
    use super::*;

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
