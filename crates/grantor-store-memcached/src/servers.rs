//! Which server has a key: always the same one, whether it answers or not.

use grantor_store::Error;
use grantor_store_connection::{SharedConnection, Tls, connect};

use crate::connection::Connection;
use crate::error::unreachable;
use crate::handshake::shake_hands;
use crate::url::Address;

/// How to connect to every server.
pub(crate) struct Access {
    pub(crate) tls: Option<Tls>,
    /// User and password.
    pub(crate) login: Option<(String, String)>,
}

/// A server and the connection to it, made again when it breaks.
pub(crate) struct Server {
    pub(crate) address: Address,
    pub(crate) shared: SharedConnection<Connection>,
}

impl Server {
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            shared: SharedConnection::default(),
        }
    }

    /// Connects, and signs in.
    pub(crate) async fn connect(&self, access: &Access) -> Result<Connection, Error> {
        let unreachable = |why: &str| unreachable(&self.address.to_string(), why);
        let (host, port) = (&self.address.host, self.address.port);
        let stream = connect(host, port, access.tls.as_ref()).await;
        let mut stream = stream.map_err(|error| unreachable(&error.to_string()))?;
        let shaken = shake_hands(&mut stream, access.login.as_ref()).await;
        shaken.map_err(|unfit| unfit.settle(&self.address.to_string(), unreachable))?;
        Ok(Connection::new(stream))
    }
}

/// The place of the server that has a key with this name: the one with the highest score. A server
/// more or less moves the keys of no other one.
pub(crate) fn place(servers: &[Server], name: &str) -> usize {
    let score = |server: &Server| score(&server.address, name);
    let places = 0..servers.len();
    places
        .max_by_key(|place| servers.get(*place).map(score))
        .unwrap_or(0)
}

/// FNV-1a of server and name, mixed so that its upper bits depend on all of them. It must never
/// change: a record would not be found any more.
fn score(address: &Address, name: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in address
        .to_string()
        .bytes()
        .chain([b' '])
        .chain(name.bytes())
    {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(ports: &[u16]) -> Vec<Server> {
        let address = |port: &u16| Address {
            host: "cache".to_owned(),
            port: *port,
        };
        ports
            .iter()
            .map(|port| Server::new(address(port)))
            .collect()
    }

    #[test]
    fn keys_are_spread_and_stay_when_a_server_is_added() {
        let (three, four) = (servers(&[1, 2, 3]), servers(&[1, 2, 3, 4]));
        let mut counts = [0; 3];
        for number in 0..3000 {
            let name = format!("grantor:{number}");
            let (before, after) = (place(&three, &name), place(&four, &name));
            assert!(after == before || after == 3);
            counts[before] += 1;
        }
        assert!(counts.iter().all(|count| *count > 850), "{counts:?}");
    }

    #[test]
    fn a_score_never_changes() {
        let address = Address {
            host: "cache".to_owned(),
            port: 11211,
        };
        assert_eq!(score(&address, "grantor:AA"), 0x4cbd2887760c8194);
    }
}
