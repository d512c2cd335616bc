//! A store that gives one user the record of another, or nothing that can be read.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::World;
use grantor_core::BoxFuture;
use grantor_store::{
    Capabilities, Entry, Error, Expect, Key, MasterKey, MemoryStore, Put, PutOutcome,
    RemoveOutcome, Store,
};

/// A store that answers with the value of another key of the same kind.
#[derive(Debug, Default)]
struct Lies(MemoryStore, Mutex<HashMap<Vec<u8>, Vec<Key>>>);

impl Store for Lies {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        let kind = key.as_bytes()[8..10].to_vec();
        let others = self.1.lock().unwrap();
        let other = others
            .get(&kind)
            .and_then(|keys| keys.iter().find(|other| *other != key));
        let other = other.cloned();
        Box::pin(async move {
            match other {
                Some(other) => self.0.get(&other).await,
                None => self.0.get(key).await,
            }
        })
    }
    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        let kind = put.key.as_bytes()[8..10].to_vec();
        self.1
            .lock()
            .unwrap()
            .entry(kind)
            .or_default()
            .push(put.key);
        self.0.put(put)
    }
    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.0.remove(key, expect)
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_gives_the_record_of_another_user_gives_nobody_his_token() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(Lies::default());
    let open = |label: &str| {
        let builder = world
            .login(&world.server.new_refresh_token())
            .login_label(label);
        let builder = builder.store(Arc::clone(&store), &MasterKey::from_bytes([7; 32]));
        world.here(builder).build().unwrap()
    };
    let ada = open("ada").get().await.unwrap();
    let bob = open("bob").get().await;
    if let Ok(bob) = bob {
        assert_ne!(ada.secret, bob.secret);
    }
}

/// A store whose access tokens are damaged.
#[derive(Debug, Default)]
struct Damaged(MemoryStore);

impl Store for Damaged {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        Box::pin(async move {
            let mut entry = self.0.get(key).await?;
            if let Some(entry) = entry.as_mut().filter(|_| &key.as_bytes()[8..10] == b"ca") {
                entry.value = vec![b'?'; 40].into();
            }
            Ok(entry)
        })
    }
    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.0.put(put)
    }
    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.0.remove(key, expect)
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_access_token_that_can_not_be_read_stops_no_login() {
    let world = World::new();
    let builder = world
        .login(&world.server.new_refresh_token())
        .login_label("ada");
    let key = MasterKey::from_bytes([7; 32]);
    let builder = builder.store(Arc::new(Damaged::default()), &key);
    let tokens = world.here(builder).build().unwrap();
    for _ in 0..3 {
        tokens.get().await.unwrap();
        world.advance(3600);
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(
        (world.server.token_requests(), world.server.reuses()),
        (3, 0)
    );
}

/// A store whose reads lag: what others wrote to a login meanwhile is not seen, so every put conflicts.
#[derive(Debug, Default)]
struct Lagging {
    inner: MemoryStore,
    lags: AtomicBool,
    calls: AtomicUsize,
}

impl Store for Lagging {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Entry>, Error>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.inner.get(key)
    }

    fn put<'a>(&'a self, put: &'a Put) -> BoxFuture<'a, Result<PutOutcome, Error>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let is_login = put.key.as_bytes().get(8..10) == Some(b"lo");
        if is_login && self.lags.load(Ordering::SeqCst) {
            return Box::pin(async { Ok(PutOutcome::Conflict) });
        }
        self.inner.put(put)
    }

    fn remove<'a>(
        &'a self,
        key: &'a Key,
        expect: Expect,
    ) -> BoxFuture<'a, Result<RemoveOutcome, Error>> {
        self.inner.remove(key, expect)
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lags_is_not_asked_without_a_pause() {
    let world = World::new();
    let store = Arc::new(Lagging::default());
    let key = MasterKey::from_bytes([7; 32]);
    let login = world.login(&world.server.new_refresh_token());
    let login = login.store(store.clone(), &key);
    let tokens = world.here(login).build().unwrap();
    tokens.get().await.unwrap();
    store.lags.store(true, Ordering::SeqCst);
    let before = store.calls.load(Ordering::SeqCst);
    tokens.renew().await.unwrap();
    let calls = store.calls.load(Ordering::SeqCst) - before;
    assert!((4..100).contains(&calls), "{calls}");
    store.lags.store(false, Ordering::SeqCst);
    tokens.close().await;
    assert_eq!(world.server.reuses(), 0);
}
