//! What a login costs the stores: the figures that docs/stores.md reckons with.

use std::sync::Arc;

use grantor_store::{MemoryStore, Put};
use grantor_testkit::store::CountingStore;

use crate::support::{Fixture, SPA, Tokens};

/// Reads, writes, and the bytes that were written, keys and values.
#[derive(Debug)]
struct Cost {
    reads: usize,
    writes: usize,
    /// By the letters of the kind, one for each write.
    bytes: Vec<(String, usize)>,
}

impl Cost {
    /// Holds it to what the documentation says: so many reads at most, and these records, each with at
    /// most so many bytes.
    #[track_caller]
    fn assert_within(&self, reads: usize, records: &[(&str, usize)]) {
        assert!(self.reads <= reads, "{self:?}");
        assert_eq!(self.writes, records.len(), "{self:?}");
        let mut written = self.bytes.clone();
        written.sort();
        for ((kind, bytes), (expected, most)) in written.iter().zip(records) {
            assert!(kind == expected && bytes <= most, "{self:?}");
        }
    }
}

struct Counted {
    store: Arc<CountingStore>,
    fixture: Fixture,
}

impl Counted {
    async fn new() -> Self {
        let store = Arc::new(CountingStore::new(Arc::new(MemoryStore::new())));
        let fixture = Fixture::on(store.clone(), |builder| builder).await;
        Self { store, fixture }
    }

    async fn cost<T>(&self, act: impl Future<Output = T>) -> (T, Cost) {
        // So that nothing is cached any more.
        self.fixture.clock.advance(1);
        let (reads, writes) = (self.store.reads(), self.store.writes());
        let before = self.store.puts().len();
        let output = act.await;
        let puts = self.store.puts().split_off(before);
        let size = |put: &Put| (kind(put), put.key.as_bytes().len() + put.value.len());
        let cost = Cost {
            reads: self.store.reads() - reads,
            writes: self.store.writes() - writes,
            bytes: puts.iter().map(size).collect(),
        };
        (output, cost)
    }
}

/// A key has an issuer's tag of eight bytes, and then its kind.
fn kind(put: &Put) -> String {
    String::from_utf8_lossy(&put.key.as_bytes()[8..10]).into_owned()
}

#[tokio::test]
async fn the_documentation_reckons_with_what_a_login_costs() {
    let counted = Counted::new().await;
    let fixture = &counted.fixture;
    // The first login also makes the consent.
    let _ = fixture.tokens(SPA).await;
    let (code, login) = counted.cost(fixture.code(SPA)).await;
    let (tokens, redemption) = counted.cost(fixture.redeem(SPA, &code)).await;
    let tokens = Tokens::of(&tokens);
    let (refreshed, refresh) = counted.cost(fixture.refresh(SPA, &tokens.refresh)).await;
    let tokens = Tokens::of(&refreshed);
    let (active, introspection) = counted.cost(fixture.is_active(&tokens.access)).await;
    assert!(active);
    login.assert_within(14, &[("gr", 700), ("kb", 200), ("sb", 200), ("se", 200)]);
    redemption.assert_within(6, &[("at", 200), ("gr", 900), ("gs", 200)]);
    refresh.assert_within(6, &[("at", 200), ("gr", 1000)]);
    introspection.assert_within(6, &[]);
}
