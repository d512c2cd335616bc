//! Many records in memcached.

use std::sync::Arc;

use grantor_store::Store;
use grantor_store_memcached::MemcachedStore;
use grantor_testservers::Memcached;
use harness::Result;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Filled;

pub(super) struct Filling {
    store: Arc<MemcachedStore>,
    server: Memcached,
}

/// A server that has memory for all of it.
pub(super) async fn start(_: u64) -> Result<Filling> {
    let server = Memcached::start_with(&["--memory-limit=1024"])?;
    Ok(Filling {
        store: Arc::new(MemcachedStore::open(&server.url()).await?),
        server,
    })
}

impl Filled for Filling {
    fn store(&self) -> Arc<dyn Store> {
        Arc::<MemcachedStore>::clone(&self.store)
    }

    /// Its pages for records, and the table of their keys.
    async fn bytes(&self) -> Result<f64> {
        let mut bytes = 0.0;
        for (request, name) in [
            ("stats\r\n", "STAT hash_bytes "),
            ("stats slabs\r\n", "STAT total_malloced "),
        ] {
            let socket = TcpStream::connect(("127.0.0.1", self.server.port())).await?;
            let mut socket = BufReader::new(socket);
            socket.write_all(request.as_bytes()).await?;
            let mut lines = socket.lines();
            while let Some(line) = lines.next_line().await?.filter(|line| line != "END") {
                if let Some(number) = line.strip_prefix(name) {
                    bytes += number.parse::<f64>()?;
                }
            }
        }
        Ok(bytes)
    }
}
