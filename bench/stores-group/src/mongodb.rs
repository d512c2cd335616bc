//! The work by the driver of MongoDB, with the same concerns and the same limits on time.

use std::time::Duration;

use harness::Result;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};
use mongodb::options::{Acknowledgment, CollectionOptions, ReadConcern, WriteConcern};
use mongodb::{Client, Collection};

use crate::driver::{Driver, Record, wrote};

/// How long the server works on one call.
const TIME: Duration = Duration::from_secs(5);

pub(crate) struct Plain(Collection<Document>);

pub(crate) async fn connect(url: &str) -> Result<Plain> {
    let client = Client::with_uri_str(url).await?;
    let majority = WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .w_timeout(TIME / 2)
        .build();
    let options = CollectionOptions::builder()
        .write_concern(majority)
        .read_concern(ReadConcern::linearizable())
        .build();
    let database = client.database("grantor");
    Ok(Plain(
        database.collection_with_options("grantor_records", options),
    ))
}

fn binary(bytes: &[u8]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.to_vec(),
    }
}

fn row(record: &Record) -> Document {
    doc! { "_id": binary(record.key.as_bytes()), "v": binary(&record.version), "d": binary(&record.value) }
}

impl Driver for Plain {
    async fn get(&self, _: usize, record: &Record) -> Result<()> {
        let filter = doc! { "_id": binary(record.key.as_bytes()) };
        let found = self.0.find_one(filter).max_time(TIME).await?;
        wrote(found.is_some())
    }

    async fn put(&self, _: usize, record: &Record) -> Result<()> {
        self.0.insert_one(row(record)).await?;
        Ok(())
    }

    async fn change(&self, _: usize, before: &[u8; 16], record: &Record) -> Result<()> {
        let filter = doc! { "_id": binary(record.key.as_bytes()), "v": binary(before) };
        let done = self.0.replace_one(filter, row(record)).await?;
        wrote(done.matched_count == 1)
    }
}
