//! Serving of the measured server.

use std::path::Path;

use grantor_listen::Options;
use harness::{Result, announce};
use tokio::net::TcpListener;

use crate::{Kind, build};

/// Serves on this thread, for ever.
///
/// # Errors
///
/// No port is free, or the server cannot be built.
pub fn serve(kind: Kind, directory: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = build(kind, directory).await?;
        announce(listener.local_addr()?)?;
        grantor_listen::serve(
            listener,
            server,
            Options::default(),
            std::future::pending(),
        )
        .await;
        Ok(())
    })
}
