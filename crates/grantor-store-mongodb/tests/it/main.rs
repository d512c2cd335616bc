//! The MongoDB store on real servers: held to the contract, and to what goes wrong between them.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod contract;
mod counts;
mod failures;
mod long;
mod opening;
mod upkeep;

use grantor_testservers::stores::{block_on, creation, runtime, suite, value_of};
use mongodb::bson::Document;

/// One command on a connection of the administrator's.
async fn administer(url: &str, database: &str, command: Document) -> Document {
    let client = mongodb::Client::with_uri_str(url).await.unwrap();
    client
        .database(database)
        .run_command(command)
        .await
        .unwrap()
}
