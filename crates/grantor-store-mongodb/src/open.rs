//! Opening a database: what it is, and the indexes that it needs.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::{Capabilities, Durability, Error};
use grantor_store_connection::Effect;
use mongodb::bson::{Document, doc};
use mongodb::options::{
    Acknowledgment, CollectionOptions, IndexOptions, ReadConcern, ReadPreference,
    SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Collection, Database, IndexModel};

use crate::error::failed;
use crate::row::Row;
use crate::url::Location;

/// What is used of a database.
pub(crate) struct Opened {
    pub(crate) database: Database,
    pub(crate) records: Collection<Row>,
    pub(crate) counts: Collection<Document>,
    pub(crate) settings: Collection<Document>,
    pub(crate) capabilities: Capabilities,
    pub(crate) newest: Option<Timestamp>,
}

/// The name of the newest time that a store was given and believed.
pub(crate) const NEWEST: &str = "newest";

pub(crate) async fn open(location: &Location) -> Result<Opened, Error> {
    let reads = |error| failed(Effect::Reads, &error);
    let client = Client::with_options(location.client.clone()).map_err(reads)?;
    let database = client.database(&location.database);
    let hello = database
        .run_command(doc! { "hello": 1 })
        .await
        .map_err(reads)?;
    let capabilities = capabilities(&hello)?;
    let options = collection_options(location.options.timeout);
    let records: Collection<Row> =
        database.collection_with_options("grantor_records", options.clone());
    let counts = database.collection_with_options("grantor_counts", counting(&options));
    let settings: Collection<Document> =
        database.collection_with_options("grantor_settings", options);
    // Making an index that is there does nothing, also for two at once.
    records.create_index(swept()).await.map_err(reads)?;
    records.create_index(dropped()).await.map_err(reads)?;
    counts.create_index(dropped()).await.map_err(reads)?;
    let newest = settings.find_one(doc! { "_id": NEWEST }).await;
    let newest = newest.map_err(reads)?;
    let newest = newest.and_then(|found| found.get_i64("at").ok());
    Ok(Opened {
        database,
        records,
        counts,
        settings,
        capabilities,
        newest: newest.map(Timestamp::from_millis),
    })
}

/// The promises of the database, by its answer to `hello`.
fn capabilities(hello: &Document) -> Result<Capabilities, Error> {
    let routed = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
    if !routed && hello.get_str("setName").is_err() {
        return Err(Error::configuration(
            "MongoDB must be a replica set, which one server may be: start it with --replSet and \
             run rs.initiate()",
        ));
    }
    let alone = hello.get_array("hosts").is_ok_and(|hosts| hosts.len() == 1);
    let durability = match alone {
        true => Durability::Disk,
        false => Durability::Quorum,
    };
    Ok(Capabilities::new("MongoDB")
        .with_durability(durability)
        .shared())
}

fn collection_options(timeout: Duration) -> CollectionOptions {
    let mut majority = WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build();
    // Its answer should come before the operation's time is over.
    majority.w_timeout = Some(timeout / 2);
    CollectionOptions::builder()
        .write_concern(majority)
        .read_concern(ReadConcern::linearizable())
        .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
        .build()
}

/// Counts are no records: one server has them at once, and a fail-over may lose the last.
fn counting(options: &CollectionOptions) -> CollectionOptions {
    let mut options = options.clone();
    options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Nodes(1)).build());
    options
}

/// What our sweep deletes, by when it is dead.
fn swept() -> IndexModel {
    let options = IndexOptions::builder().sparse(true).build();
    IndexModel::builder()
        .keys(doc! { "s": 1 })
        .options(options)
        .build()
}

/// What MongoDB deletes, by when it does.
fn dropped() -> IndexModel {
    let options = IndexOptions::builder()
        .sparse(true)
        .expire_after(Duration::ZERO)
        .build();
    IndexModel::builder()
        .keys(doc! { "x": 1 })
        .options(options)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_alone_is_refused_and_a_set_of_one_is_no_majority() {
        let error = capabilities(&doc! {}).unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains("rs.initiate"));
        let of = |hello: Document| capabilities(&hello).unwrap().durability;
        let one = doc! { "setName": "main", "hosts": ["a"] };
        assert_eq!(of(one), Durability::Disk);
        let three = doc! { "setName": "main", "hosts": ["a", "b", "c"] };
        assert_eq!(of(three), Durability::Quorum);
        assert_eq!(of(doc! { "msg": "isdbgrid" }), Durability::Quorum);
    }
}
