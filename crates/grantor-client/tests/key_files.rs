//! The key of a client in a file that another program replaces.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use grantor_client::{Assertion, Tokens};
use grantor_jose::{Algorithm, Key, KeySet, base64url, jws};
use grantor_store::{MasterKey, MemoryStore};
use serde_json::{Value, json};
use support::{ISSUER, World};

/// A client whose key signs by ES256.
fn key() -> Key {
    Key::generate(Algorithm::Es256).unwrap()
}

fn is_by(assertion: &str, key: &Key) -> bool {
    let keys: KeySet = key.public().cloned().into_iter().collect();
    jws::verify(assertion, &keys, Algorithm::ALL).is_ok()
}

/// The `kid` of an assertion.
fn key_id(assertion: &str) -> Value {
    let header = assertion.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
    header["kid"].clone()
}

/// Kubernetes and secret stores replace the file.
#[tokio::test(start_paused = true)]
async fn a_key_in_a_file_is_read_again_when_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let [first, second] = ["2026-10", "2026-11"].map(|id| key().with_key_id(id));
    let text = |key: &Key, is_jwk| match is_jwk {
        true => key.to_private_jwk().unwrap().to_string(),
        false => key.to_pkcs8_pem().unwrap().to_string(),
    };
    for is_jwk in [true, false] {
        let world = World::new();
        let methods = json!(["private_key_jwt"]);
        let member = "token_endpoint_auth_methods_supported";
        world.server.set_metadata_member(member, methods);
        let (store, master) = (Arc::new(MemoryStore::new()), MasterKey::from_bytes([7; 32]));
        std::fs::write(&path, text(&first, is_jwk)).unwrap();
        let build = || {
            let assertion = match is_jwk {
                true => Assertion::from_jwk_file(&path),
                false => Assertion::from_pem_file(Algorithm::Es256, &path),
            };
            let client = Tokens::client_credentials(ISSUER, "app", assertion.unwrap());
            world.here(client).store(Arc::clone(&store) as _, &master)
        };
        let tokens = build().build().unwrap();
        let next = async || {
            tokens.renew().await.unwrap();
            let sent = world.server.last_token_request().unwrap();
            let assertion = sent.parameter("client_assertion").unwrap();
            (
                is_by(&assertion, &first),
                is_by(&assertion, &second),
                key_id(&assertion),
            )
        };
        let kid = |id: &str| match is_jwk {
            true => id.into(),
            false => Value::Null,
        };
        assert_eq!(next().await, (true, false, kid("2026-10")));
        std::fs::write(&path, text(&second, is_jwk)).unwrap();
        assert_eq!(next().await, (false, true, kid("2026-11")));
        // While it is written anew, or holds something else, the last one is good.
        let other = Key::generate(Algorithm::EdDsa).unwrap();
        for broken in [String::new(), "hunter2".to_owned(), text(&other, is_jwk)] {
            std::fs::write(&path, broken).unwrap();
            assert_eq!(next().await, (false, true, kid("2026-11")));
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(next().await, (false, true, kid("2026-11")));
        std::fs::write(&path, text(&first, is_jwk)).unwrap();
        assert_eq!(next().await, (true, false, kid("2026-10")));
        // The stored token is that of the client, whichever key it has.
        let before = world.server.token_requests();
        std::fs::write(&path, text(&second, is_jwk)).unwrap();
        build().build().unwrap().get().await.unwrap();
        assert_eq!(world.server.token_requests(), before);
    }
}

#[test]
fn a_file_without_a_key_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    for text in [None, Some("hunter2"), Some("{\"d\":\"hunter2\"}")] {
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        for opened in [
            Assertion::from_jwk_file(&path),
            Assertion::from_pem_file(Algorithm::Es256, &path),
        ] {
            let error = opened.unwrap_err();
            assert!(error.is_configuration(), "{error:?}");
            let message = format!("{error} {error:?}");
            assert!(
                message.contains("key") && !message.contains("hunter2"),
                "{message}"
            );
        }
    }
}
