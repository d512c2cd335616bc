//! The sockets that the browser comes back to: on 127.0.0.1 and, where there is one, on ::1.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::net::TcpListener;
use url::{Host, Url};

use crate::error::CliError;

/// Listeners on one port of this machine's loopback addresses.
pub(super) struct Loopback {
    pub(super) listeners: Vec<TcpListener>,
    /// With the port.
    pub(super) redirect_uri: Url,
}

/// How often another free port is tried, where somebody has it on the other address.
const TRIES: usize = 16;

impl Loopback {
    /// Listens where a redirect URI leads, on its port or, without one, on a free port (RFC 8252
    /// section 7.3).
    ///
    /// # Errors
    /// The URI is not one of loopback, or its port is taken.
    pub(super) async fn bind(redirect_uri: &str) -> Result<Self, CliError> {
        let url = Url::parse(redirect_uri).ok().filter(is_plain_http);
        let addresses = url.as_ref().and_then(addresses);
        let (Some(url), Some(addresses)) = (url, addresses) else {
            return Err(CliError::usage(
                "--redirect-uri takes an http URL of this machine without query and fragment, as \
                 http://127.0.0.1/callback, http://[::1]/callback or http://localhost/callback",
            ));
        };
        let given = url.port();
        let mut tried = 0;
        let listeners = loop {
            tried += 1;
            match listen(&addresses, given.unwrap_or(0)).await {
                Ok(listeners) => break listeners,
                // Somebody else may get what is sent to a name of both addresses.
                Err(error)
                    if given.is_none() && error.kind() == ErrorKind::AddrInUse && tried < TRIES => {
                }
                Err(error) => return Err(unbound(&url, &error)),
            }
        };
        let port = listeners.first().map(TcpListener::local_addr);
        let port = port.transpose().map_err(|error| unbound(&url, &error))?;
        let mut redirect_uri = url;
        let _ = redirect_uri.set_port(port.map(|address| address.port()));
        Ok(Self {
            listeners,
            redirect_uri,
        })
    }
}

fn is_plain_http(url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    url.scheme() == "http" && !has_user && url.query().is_none() && url.fragment().is_none()
}

/// The addresses of the host, the one that there must be first.
fn addresses(url: &Url) -> Option<[IpAddr; 2]> {
    let (v4, v6) = (
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    );
    match url.host()? {
        Host::Ipv4(address) if address == Ipv4Addr::LOCALHOST => Some([v4, v6]),
        Host::Domain("localhost") => Some([v4, v6]),
        Host::Ipv6(address) if address == Ipv6Addr::LOCALHOST => Some([v6, v4]),
        _ => None,
    }
}

async fn listen(addresses: &[IpAddr; 2], port: u16) -> io::Result<Vec<TcpListener>> {
    let first = TcpListener::bind((addresses[0], port)).await?;
    let port = first.local_addr()?.port();
    match TcpListener::bind((addresses[1], port)).await {
        Ok(second) => Ok(vec![first, second]),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(error),
        // This machine has no such address.
        Err(_) => Ok(vec![first]),
    }
}

fn unbound(url: &Url, error: &io::Error) -> CliError {
    CliError::failed(format!("{url} can't be listened on: {error}"))
        .hint("without a port, --redirect-uri takes a free one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_free_port_is_taken_and_named() {
        for host in ["127.0.0.1", "localhost"] {
            let loopback = Loopback::bind(&format!("http://{host}/a/b")).await.unwrap();
            let url = &loopback.redirect_uri;
            let port = url.port().unwrap();
            assert_eq!(url.as_str(), format!("http://{host}:{port}/a/b"));
            for listener in &loopback.listeners {
                let address = listener.local_addr().unwrap();
                assert!(address.ip().is_loopback());
                assert_eq!(address.port(), port);
            }
        }
    }

    #[tokio::test]
    async fn both_addresses_have_the_port_where_there_are_two() {
        let has_v6 = TcpListener::bind("[::1]:0").await.is_ok();
        let expected = if has_v6 { 2 } else { 1 };
        let loopback = Loopback::bind("http://localhost/").await.unwrap();
        assert_eq!(loopback.listeners.len(), expected);
        let by_v6 = Loopback::bind("http://[::1]/callback").await;
        assert_eq!(by_v6.is_ok(), has_v6);
        for url in by_v6.iter().map(|loopback| &loopback.redirect_uri) {
            let port = url.port().unwrap();
            assert_eq!(url.as_str(), format!("http://[::1]:{port}/callback"));
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_an_error() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Loopback::bind(&format!("http://127.0.0.1:{port}/")).await;
        let error = error.err().unwrap();
        assert!(error.to_string().contains(&port.to_string()), "{error}");
    }

    #[tokio::test]
    async fn only_addresses_of_this_machine_are_listened_on() {
        for wrong in [
            "https://127.0.0.1/",
            "http://0.0.0.0/",
            "http://127.0.0.2/",
            "http://id.example/",
            "http://localhost.example/",
            "http://127.0.0.1/?a=b",
            "http://127.0.0.1/#a",
            "http://ada@127.0.0.1/",
            "com.example:/callback",
            "nothing",
        ] {
            let error = Loopback::bind(wrong).await.err();
            let error = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains("--redirect-uri"), "{wrong}: {error}");
        }
    }
}
