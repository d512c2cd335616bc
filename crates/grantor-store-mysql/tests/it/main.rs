//! The MySQL store on a real MariaDB server: held to the contract, to its processes, and to what goes
//! wrong between them and the server.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod contract;
mod crashes;
mod full;
mod galera;
mod hosts;
mod network;
mod opening;
mod processes;
mod shapes;
mod statements;
mod transactions;
mod upkeep;

use grantor_testservers::MariaDb;
use grantor_testservers::stores::{block_on, creation, runtime, suite, value_of};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};

/// A connection of the administrator's.
async fn administrator(server: &MariaDb) -> Conn {
    let opts = Opts::from_url(&server.administrator_url()).unwrap();
    Conn::new(opts).await.unwrap()
}

/// Runs statements as the administrator does.
async fn execute(connection: &mut Conn, statements: &[&str]) {
    for statement in statements {
        connection.query_drop(*statement).await.unwrap();
    }
}
