//! Pauses on whatever runtime, with its timers or without.

use std::future::pending;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use grantor_core::BoxFuture;
use tokio::runtime::{Builder, Handle};

/// Lets this time pass, by a thread that the first pause starts.
pub(crate) fn pause(duration: Duration) -> BoxFuture<'static, ()> {
    match timer() {
        Ok(timer) => {
            // The pause is the timer's, whatever runs the one who waits for it.
            let _inside = timer.enter();
            Box::pin(tokio::time::sleep(duration))
        }
        Err(error) => {
            tracing::warn!(%error, "the thread for pauses can't be started: going on without them");
            Box::pin(async {})
        }
    }
}

/// The timer of this process. A fork has its parent's memory and none of its threads.
fn timer() -> io::Result<Handle> {
    static TIMER: Mutex<Option<(u32, Handle)>> = Mutex::new(None);
    let process = std::process::id();
    let mut timer = TIMER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, timer)) = timer.as_ref().filter(|(of, _)| *of == process) {
        return Ok(timer.clone());
    }
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("grantor-timer".to_owned())
        .spawn(move || runtime.block_on(pending::<()>()))?;
    *timer = Some((process, handle.clone()));
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn time_passes_on_a_runtime_without_timers() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let begun = Instant::now();
        let pauses = (0..64).map(|_| pause(Duration::from_millis(20)));
        runtime.block_on(futures_util::future::join_all(pauses));
        let passed = begun.elapsed();
        assert!(passed >= Duration::from_millis(20), "{passed:?}");
        // They passed at once, not one after another.
        assert!(passed < Duration::from_millis(64 * 20), "{passed:?}");
    }
}
