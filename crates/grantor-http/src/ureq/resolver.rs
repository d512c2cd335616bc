//! Names, resolved as the system does, but for those of this machine.

use grantor_core::is_localhost_name;
use http::Uri;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::loopback::loopback_addresses;

/// Asks nobody for `localhost` and the names below it.
#[derive(Debug, Default)]
pub(super) struct LocalhostResolver(DefaultResolver);

impl Resolver for LocalhostResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        if !uri.host().is_some_and(is_localhost_name) {
            return self.0.resolve(uri, config, timeout);
        }
        let port = uri.port_u16().or_else(|| match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        });
        let port = port.ok_or_else(|| Error::BadUri("it has no port".to_owned()))?;
        let mut addresses = self.empty();
        for address in loopback_addresses(port) {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::thread::JoinHandle;

    use crate::{Timeouts, blocking_agent};

    /// Answers one connection with 204.
    fn server(address: &str) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).unwrap();
        });
        (address, thread)
    }

    #[test]
    fn names_below_localhost_are_this_machine() {
        let agent = blocking_agent(&Timeouts::default()).unwrap();
        for name in [
            "localhost",
            "api.localhost",
            "a.b.LOCALHOST",
            "api.localhost.",
        ] {
            let (address, server) = server("127.0.0.1:0");
            let answer = agent
                .get(format!("http://{name}:{}/", address.port()))
                .call();
            assert_eq!(answer.unwrap().status().as_u16(), 204, "{name}");
            server.join().unwrap();
        }
    }

    #[test]
    fn a_server_may_listen_on_the_other_loopback_address_alone() {
        let agent = blocking_agent(&Timeouts::default()).unwrap();
        let (address, server) = server("[::1]:0");
        let answer = agent
            .get(format!("http://api.localhost:{}/", address.port()))
            .call();
        assert_eq!(answer.unwrap().status().as_u16(), 204);
        server.join().unwrap();
    }
}
