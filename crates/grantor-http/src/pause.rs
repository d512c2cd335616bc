//! Pauses by an environment's clock.

use std::time::Duration;

use grantor_core::Environment;

/// Waits so long by the environment's clock, or on tokio's timer if that has no pauses of its own.
pub async fn pause(environment: &Environment, duration: Duration) {
    match environment.clock.wait(duration) {
        Some(pause) => pause.await,
        None => tokio::time::sleep(duration).await,
    }
}
