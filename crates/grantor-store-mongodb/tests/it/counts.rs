//! Counts last for their window, whatever the clock of the server says.

use grantor_store_mongodb::MongodbStore;
use grantor_testservers::MongoDb;
use grantor_testservers::store_counts::{WINDOW, count_by_the_callers_clock};
use grantor_testservers::stores::system;
use mongodb::bson::doc;

use crate::{administer, block_on, runtime};

#[test]
fn a_count_lasts_for_its_window_where_the_clocks_of_caller_and_server_differ() {
    let server = MongoDb::start().unwrap();
    block_on(&runtime(), async {
        let store = MongodbStore::open(&server.url()).await.unwrap();
        count_by_the_callers_clock(&store).await;
        let found = doc! { "find": "grantor_counts" };
        let found = administer(&server.url(), "grantor", found).await;
        let counts = found.get_document("cursor").unwrap();
        let counts = counts.get_array("firstBatch").unwrap();
        assert_eq!(counts.len(), 2);
        let now = system().now().as_millis();
        let window = i64::try_from(WINDOW.as_millis()).unwrap();
        for count in counts {
            let count = count.as_document().unwrap();
            let left = count.get_datetime("x").unwrap().timestamp_millis() - now;
            assert!(left > window && left <= 2 * window, "{left} ms");
        }
    });
}
