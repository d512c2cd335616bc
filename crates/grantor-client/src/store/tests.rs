//! Stored tokens that are not used.

use grantor_testkit::FakeClock;

use super::location::StoreLocation;
use super::*;

fn storage(environment: &Environment) -> TokenStore {
    let here = StoreLocation::InMemory.open(StoreSharing::Nobody, environment);
    let policy = Arc::new(Policy::default());
    let kinds = (here, RecordKinds::Access);
    let mut problems = Vec::new();
    let storage = TokenStore::new(
        kinds,
        environment,
        &policy,
        "a source",
        "me".into(),
        &mut problems,
    );
    storage.unwrap()
}

/// Returns whether a token that is in the store is found.
async fn finds(token: &str) -> bool {
    finds_of_type(token, None).await
}

async fn finds_of_type(token: &str, token_type: Option<&str>) -> bool {
    let environment = grantor_testkit::environment(&FakeClock::new());
    let storage = storage(&environment);
    let parameters = TokenParameters::default();
    let record = AccessTokenRecord {
        access_token: token.to_owned(),
        token_type: token_type.map(str::to_owned),
        scope: None,
        obtained_at: environment.now(),
        expires_at: None,
        refresh_in: None,
        login_id: None,
        extra: serde_json::Map::new(),
    };
    let key = storage.access_key(&parameters);
    let stored = storage.access.create(&key, &record).await;
    stored.unwrap().unwrap();
    let found = storage.find(&parameters, None, None).await.unwrap();
    found.is_some_and(|(found, _)| found.secret().expose() == token)
}

#[tokio::test]
async fn a_stored_token_that_fits_no_header_is_not_used() {
    assert!(finds("good").await);
    for unfit in ["not\nthis", "nor\u{7f}this", "nor\u{0}this"] {
        assert!(!finds(unfit).await, "{unfit:?}");
    }
}

#[tokio::test]
async fn a_stored_token_of_a_type_that_no_request_carries_is_not_used() {
    assert!(finds_of_type("good", Some("bearer")).await);
    for token_type in ["DPoP", "mac", ""] {
        assert!(
            !finds_of_type("good", Some(token_type)).await,
            "{token_type}"
        );
    }
}
