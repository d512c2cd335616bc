//! Dead records are deleted: by MongoDB where that is cheap to lose, by us where it is not.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_store::{Key, Kind, Moment, Namespace, Store, kinds};
use grantor_store_mongodb::MongodbStore;
use grantor_testservers::MongoDb;

use crate::{block_on, creation, runtime, system};

fn key(kind: Kind, id: &str) -> Key {
    Namespace::new("https://id.example").key(kind.letters(), id.as_bytes())
}

#[test]
fn grants_are_deleted_by_the_clock_of_the_caller_and_caches_by_that_of_mongodb() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MongodbStore::open(&server.url()).await.unwrap();
        let now = system().now();
        // Dead for a day by the clock of this machine, which is the server's too.
        let yesterday = now - Duration::from_secs(86_400);
        let mut put = creation("");
        put.expires_at = Some(yesterday);
        let mut grants = Vec::new();
        for number in 0..1200 {
            put.key = key(kinds::GRANTS, &number.to_string());
            put.version = creation("").version;
            grants.push(put.clone());
        }
        for some in grants.chunks(100) {
            let puts = some.iter().map(|put| store.put(put));
            futures_util::future::try_join_all(puts).await.unwrap();
        }
        let mut live = creation("live");
        live.key = key(kinds::GRANTS, "live");
        live.expires_at = Some(now);
        store.put(&live).await.map(drop).unwrap();
        put.key = key(kinds::CACHED_TOKENS, "1");
        store.put(&put).await.map(drop).unwrap();
        while store.get(&put.key).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let keys: Vec<_> = grants.iter().map(|put| put.key).collect();
        let found = store.get_many(&keys).await.unwrap();
        assert!(found.iter().all(Option::is_some));

        let at = |now: Timestamp, elapsed: u64| Moment {
            now,
            elapsed: Duration::from_secs(elapsed),
        };
        let skew = Duration::from_secs(60);
        let early = store.maintain(at(yesterday + skew / 2, 0)).await.unwrap();
        assert_eq!(early.deleted, 0);
        let later = store.maintain(at(yesterday + skew, 30)).await.unwrap();
        assert_eq!(later.deleted, 1200);
        let found = store.get_many(&keys).await.unwrap();
        assert!(found.iter().all(Option::is_none));
        let jumped = store.maintain(at(now + skew, 31)).await.unwrap();
        assert_eq!((jumped.deleted, jumped.notices.len()), (0, 1));
        assert!(store.get(&live.key).await.unwrap().is_some());
    });
}
