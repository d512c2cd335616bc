//! Tests of logins that find no place.

use std::sync::{Arc, Mutex};

use grantor_core::{BoxFuture, Clock, Environment, Issuer, Timestamp};
use grantor_http::system;
use grantor_server::{PasswordLogin, Site};
use grantor_store::{MasterKey, MemoryStore, Namespace, Stores};
use http::Request;

use super::*;
use crate::passwords::Passwords;

/// A clock that stands still, and knows how long it was waited for.
#[derive(Debug, Default)]
struct Still(Mutex<Vec<Duration>>);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_790_000_000)
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn retry_pause(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn a_login_without_a_place_waits_for_its_answer() {
    let clock = Arc::new(Still::default());
    let environment = Environment {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        random: system().random,
    };
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let store = Arc::new(MemoryStore::new());
    let stores = Stores::new(store, Namespace::new("t"), environment).seal_under(key);
    let issuer = Issuer::parse("https://id.example").unwrap();
    let ask = async |passwords: Passwords| {
        let site = AccountSite::open(&stores, passwords, &issuer).unwrap();
        let (head, ()) = Request::new(()).into_parts();
        let password = Secret::new("a password");
        let login = PasswordLogin::new("ada", &password, &head);
        let answer = site.password(&login).await;
        (answer.is_ok(), clock.0.lock().unwrap().clone())
    };
    let had_a_place = ask(Passwords::danger_cheap()).await;
    assert_eq!(had_a_place, (true, Vec::new()));
    let had_none = ask(Passwords::without_places()).await;
    assert_eq!(had_none, (false, vec![BUSY_PAUSE]));
}
