//! Serving of a bare handler.

use axum::serve::ListenerExt;
use harness::{Result, announce};
use tokio::net::TcpListener;

use crate::{Kind, router};

/// Serves a bare handler with `axum::serve` on this thread, for ever.
///
/// # Errors
///
/// No port is free, or a key cannot be made.
pub fn serve(kind: Kind) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        announce(listener.local_addr()?)?;
        let listener = listener.tap_io(|stream| {
            // The same as the server that it is compared with.
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router(kind)?).await?)
    })
}
