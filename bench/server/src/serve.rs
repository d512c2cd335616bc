//! Serving of the measured server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use grantor_listen::Options;
use grantor_server::Server;
use grantor_store::Store;
use harness::{Result, announce};
use tokio::net::TcpListener;

use crate::{Kind, build, build_with_grants, build_with_grants_on};

/// Serves on this thread, for ever.
///
/// # Errors
///
/// No port is free, or the server cannot be built.
pub fn serve(kind: Kind, directory: &Path) -> Result<()> {
    serve_built(build(kind, directory))
}

/// Serves the one with all default grant types on this thread, for ever.
///
/// # Errors
///
/// No port is free, or the server cannot be built.
pub fn serve_grants() -> Result<()> {
    serve_built(build_with_grants())
}

/// The same in another store.
///
/// # Errors
///
/// No port is free, or the server cannot be built.
pub fn serve_grants_on(store: Arc<dyn Store>) -> Result<()> {
    serve_built(build_with_grants_on(store))
}

/// Serves it from a thread of its own, and returns where.
///
/// # Errors
///
/// No port is free.
pub fn serve_beside(server: &Server) -> Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let server = server.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if let Ok(listener) = TcpListener::from_std(listener) {
                let until = std::future::pending();
                grantor_listen::serve(listener, server, Options::default(), until).await;
            }
        });
    });
    Ok(address)
}

fn serve_built(server: impl Future<Output = Result<Server>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = server.await?;
        announce(listener.local_addr()?)?;
        grantor_listen::serve(listener, server, Options::default(), std::future::pending()).await;
        Ok(())
    })
}
