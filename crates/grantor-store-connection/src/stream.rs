//! The connection to a server: TCP, or TLS over it.

use std::io;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::Tls;

/// A byte stream to a server.
pub trait Stream: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}

/// Connects to a host, by TLS where that is given.
///
/// # Errors
/// No server answers there, or [`Tls::handshake`] fails.
pub async fn connect(host: &str, port: u16, tls: Option<&Tls>) -> io::Result<Pin<Box<dyn Stream>>> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(match tls {
        Some(tls) => Box::pin(tls.handshake(host, stream).await?),
        None => Box::pin(stream),
    })
}
