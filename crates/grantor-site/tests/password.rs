//! Names and passwords that come without a page.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::time::Duration;

use grantor_core::{Issuer, PeerAddress, Secret};
use grantor_http::system;
use grantor_server::{Bucket, Limit, Limits, PasswordAnswer, PasswordLogin, Site};
use grantor_site::{AccountSite, Accounts, Error, Passwords};
use grantor_store::{MasterKey, MemoryStore, Namespace, Stores};
use http::Request;
use http::request::Parts;

fn stores() -> Stores {
    let store = Arc::new(MemoryStore::new());
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    Stores::new(store, Namespace::new("t"), system()).seal_under(key)
}

fn head(address: &str) -> Parts {
    let (mut head, ()) = Request::new(()).into_parts();
    let address = address.parse().unwrap();
    head.extensions.insert(PeerAddress(address));
    head
}

#[tokio::test]
async fn they_are_verified_within_the_limits_of_logins() {
    let stores = stores();
    let accounts = Accounts::open(&stores, Passwords::danger_cheap()).unwrap();
    let password = Secret::new("correct horse");
    let ada = accounts.add("ada", &password).await.unwrap();
    let few = Limit::new(2, Duration::from_secs(3600));
    let limits = Limits::new(&stores).with(Bucket::LoginsToAccount, few);
    let issuer = Issuer::parse("https://id.example").unwrap();
    let site = AccountSite::open(&stores, Passwords::danger_cheap(), &issuer).unwrap();
    let site = site.with_limits(limits);
    let head = head("192.0.2.1");
    let ask = async |name: &str, password: &str| {
        let password = Secret::new(password);
        let login = PasswordLogin::new(name, &password, &head);
        site.password(&login).await.unwrap()
    };
    assert_eq!(ask("ada", "wrong horse").await, PasswordAnswer::Wrong);
    match ask("Ada", "correct horse").await {
        PasswordAnswer::Right(login) => {
            assert_eq!(login.subject, ada.subject);
            assert_eq!(login.session, None);
        }
        other => panic!("{other:?}"),
    }
    // The right one counted nothing.
    assert_eq!(ask("ada", "wrong horse").await, PasswordAnswer::Wrong);
    assert_eq!(
        ask("ada", "correct horse").await,
        PasswordAnswer::TooManyAttempts
    );
    assert_eq!(ask("nobody", "correct horse").await, PasswordAnswer::Wrong);
}

#[tokio::test]
async fn an_account_says_why_it_can_not_be_made() {
    let accounts = Accounts::open(&stores(), Passwords::danger_cheap()).unwrap();
    let good = Secret::new("correct horse");
    accounts.add("ada", &good).await.unwrap();
    let taken = accounts.add(" ADA ", &good).await.unwrap_err();
    assert!(matches!(&taken, Error::NameTaken(name) if name == "ada"));
    let short = accounts.add("bob", &"short".into()).await.unwrap_err();
    assert!(matches!(short, Error::InvalidPassword(_)), "{short}");
    let name = accounts.add("b\u{202e}ob", &good).await.unwrap_err();
    assert!(matches!(name, Error::InvalidName), "{name}");
}
