//! Dead rows are deleted, and a clock that jumps deletes nothing.

use std::sync::Arc;
use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::{Counter, Key, Moment, Notice, Store};
use grantor_store_mysql::MysqlStore;
use grantor_testservers::MariaDb;
use mysql_async::prelude::Queryable;

use crate::{administrator, block_on, creation, runtime, value_of};

const START: i64 = 1_000_000;

fn moment(seconds: i64) -> Moment {
    Moment {
        now: Timestamp::from_secs(START + seconds),
        elapsed: Duration::from_secs(seconds.unsigned_abs()),
    }
}

#[test]
fn what_is_dead_is_deleted_after_the_clock_skew_and_not_after_a_jump() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = Arc::new(MysqlStore::open(&server.url()).await.unwrap());
        for number in 0..2500 {
            let mut put = creation(&format!("dead {number}"));
            put.expires_at = Some(Timestamp::from_secs(START));
            store.put(&put).await.map(drop).unwrap();
        }
        let mut live = creation("live");
        live.expires_at = Some(Timestamp::from_secs(START + 1000));
        store.put(&live).await.map(drop).unwrap();
        store.put(&creation("for ever")).await.map(drop).unwrap();
        let (key, window) = (Key::from_bytes(b"count").unwrap(), Duration::from_secs(1));
        let start = Timestamp::from_secs(START);
        assert_eq!(store.add(&key, 1, window, start).await.unwrap(), 1);

        let early = store.maintain(moment(59)).await.unwrap();
        assert_eq!(early.deleted, 0);
        // Two at once share the work.
        let both = tokio::join!(store.maintain(moment(60)), store.maintain(moment(60)));
        let deleted = both.0.unwrap().deleted + both.1.unwrap().deleted;
        let rest = store.maintain(moment(60)).await.unwrap().deleted;
        assert_eq!(deleted + rest, 2500);
        assert_eq!(value_of(&*store, "live").await.unwrap(), "live");

        // The window of the count ended a second later.
        assert_eq!(store.maintain(moment(61)).await.unwrap().deleted, 0);
        let mut administrator = administrator(&server).await;
        let counts = administrator.query_first::<u32, _>("SELECT COUNT(*) FROM grantor_counts");
        assert_eq!(counts.await.unwrap(), Some(0));

        let mut jumped = moment(62);
        jumped.now = Timestamp::from_secs(START + 90_000);
        assert_eq!(store.maintain(jumped).await.unwrap().deleted, 0);
        assert_eq!(value_of(&*store, "live").await.unwrap(), "live");
    });
}

#[test]
fn the_newest_time_is_known_at_the_next_start() {
    let server = MariaDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MysqlStore::open(&server.url()).await.unwrap();
        let mut dead = creation("dead");
        dead.expires_at = Some(Timestamp::from_secs(START + 2000));
        store.put(&dead).await.map(drop).unwrap();
        assert_eq!(store.maintain(moment(0)).await.unwrap().deleted, 0);
        drop(store);

        let store = MysqlStore::open(&server.url()).await.unwrap();
        let later = store.maintain(moment(86_400)).await.unwrap();
        assert_eq!(later.deleted, 0);
        let [
            Notice::ClockJumped {
                restarted: true, ..
            },
        ] = later.notices[..]
        else {
            panic!("{:?}", later.notices);
        };
        let an_hour_later = store.maintain(moment(86_400 + 3600)).await.unwrap();
        assert_eq!(an_hour_later.deleted, 1);
    });
}
