//! Tests of the pool, on connections that fall silent.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deadpool::managed::{Metrics, RecycleResult};
use tokio::join;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Makes connections with numbers. Those below `cut` are silent.
#[derive(Default)]
struct Network {
    made: AtomicUsize,
    cut: AtomicUsize,
    /// A connection is asked whether it lives before it is given out.
    asks: bool,
}

struct Connection {
    number: usize,
    network: Arc<Network>,
}

impl Connection {
    async fn answer(&self) {
        if self.number < self.network.cut.load(Ordering::Relaxed) {
            pending().await
        }
    }
}

struct Maker(Arc<Network>);

impl Manager for Maker {
    type Type = Connection;
    type Error = Error;

    async fn create(&self) -> Result<Connection, Error> {
        Ok(Connection {
            number: self.0.made.fetch_add(1, Ordering::Relaxed),
            network: Arc::clone(&self.0),
        })
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Error> {
        if self.0.asks {
            connection.answer().await;
        }
        Ok(())
    }
}

enum Request {
    IsAnswered,
    WaitsForALock,
}

impl Run<Request> for Connection {
    type Answer = usize;

    async fn run(&mut self, request: &Request) -> Result<usize, RequestFailed> {
        // The others get their turn, so that each takes a connection of its own.
        tokio::task::yield_now().await;
        match request {
            Request::IsAnswered => self.answer().await,
            Request::WaitsForALock => pending().await,
        }
        Ok(self.number)
    }
}

fn connections(network: &Arc<Network>) -> Connections<Maker> {
    let maker = Maker(Arc::clone(network));
    Connections::new("Nile", maker, 10, TIMEOUT).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_network_that_lost_all_connections_without_a_sign_costs_one_request() {
    for asks in [false, true] {
        let network = Arc::new(Network {
            asks,
            ..Network::default()
        });
        let connections = connections(&network);
        let ask = || connections.run(Effect::Once, Request::IsAnswered);
        let (one, two, three) = join!(ask(), ask(), ask());
        assert_eq!(
            [one.unwrap(), two.unwrap(), three.unwrap()],
            [0, 1, 2],
            "each has one of its own"
        );
        network.cut.store(3, Ordering::Relaxed);
        assert!(ask().await.is_err());
        assert_eq!(ask().await.unwrap(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_closes_no_connection_that_another_had_one_on() {
    let network = Arc::default();
    let connections = connections(&network);
    let ask = |request| connections.run(Effect::Reads, request);
    let waiting = ask(Request::WaitsForALock);
    let (waited, answered) = join!(waiting, ask(Request::IsAnswered));
    assert!(waited.is_err());
    assert_eq!(answered.unwrap(), 1);
    assert_eq!(ask(Request::IsAnswered).await.unwrap(), 1);
}
