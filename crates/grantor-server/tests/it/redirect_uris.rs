//! Redirect URIs that differ from the registered ones.

use grantor_core::RedirectUri;
use proptest::prelude::*;

use crate::support::{APP, Ask, Fixture, Who, with_codes};

/// Every way to change one character of a text.
#[derive(Debug, Clone)]
enum Edit {
    Replace(usize, char),
    Insert(usize, char),
    Remove(usize),
    Case(usize),
    Encode(usize),
}

impl Edit {
    fn of(&self, text: &str) -> String {
        let mut chars: Vec<String> = text.chars().map(String::from).collect();
        let at = |i: &usize| i % chars.len();
        match self {
            Self::Replace(i, c) => {
                let i = at(i);
                chars[i] = c.to_string();
            }
            Self::Insert(i, c) => {
                let i = i % (chars.len() + 1);
                chars.insert(i, c.to_string());
            }
            Self::Remove(i) => {
                let i = at(i);
                chars.remove(i);
            }
            Self::Case(i) => {
                let i = at(i);
                chars[i] = chars[i].to_uppercase();
            }
            Self::Encode(i) => {
                let i = at(i);
                chars[i] = format!("%{:02x}", chars[i].as_bytes()[0]);
            }
        }
        chars.concat()
    }
}

fn edit() -> impl Strategy<Value = Edit> {
    let chars = prop_oneof![any::<char>(), proptest::char::range('!', '~')];
    prop_oneof![
        (any::<usize>(), chars.clone()).prop_map(|(i, c)| Edit::Replace(i, c)),
        (any::<usize>(), chars).prop_map(|(i, c)| Edit::Insert(i, c)),
        any::<usize>().prop_map(Edit::Remove),
        any::<usize>().prop_map(Edit::Case),
        any::<usize>().prop_map(Edit::Encode),
    ]
}

#[test]
fn one_changed_character_makes_another_redirect_uri() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let fixture = runtime.block_on(Fixture::new());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let ran = runner.run(&edit(), |edit| {
        let changed = edit.of(APP.redirect_uri);
        prop_assume!(changed != APP.redirect_uri);
        let ask = Ask::new(APP).with("redirect_uri", &changed);
        let reply = runtime.block_on(fixture.get(&ask.url()));
        prop_assert_eq!(reply.status.as_u16(), 400);
        prop_assert!(!reply.headers.contains_key(http::header::LOCATION));
        Ok(())
    });
    ran.unwrap();
}

#[tokio::test]
async fn what_other_servers_fell_for_is_refused() {
    let fixture = Fixture::new().await;
    for uri in [
        "https://app.example/CB",
        "HTTPS://app.example/cb",
        "https://APP.example/cb",
        "https://app.example:443/cb",
        "https://app.example/./cb",
        "https://app.example/x/../cb",
        "https://app.example/%2e/cb",
        "https://app.example/cb?x=1",
        "https://app.example/cb?",
        "https://app.example/cb#",
        "https://app.example/cb#x",
        "https://user@app.example/cb",
        "https://app.example@evil.example/cb",
        "https://evil.example\\@app.example/cb",
        "https://app.example.evil.example/cb",
        "https://app.exаmple/cb",
        " https://app.example/cb",
        "https://app.example/cb ",
        "https://app.example/cb\n",
        "https://app.example/cb%00",
        "http://app.example/cb",
        "//app.example/cb",
        "javascript:alert(1)//https://app.example/cb",
    ] {
        let ask = Ask::new(APP).with("redirect_uri", uri);
        fixture.get(&ask.url()).await.assert_error_page(400);
    }
}

#[tokio::test]
async fn only_the_port_of_a_loopback_address_is_free() {
    let fixture = Fixture::new().await;
    let native = Who {
        id: "native",
        secret: None,
        redirect_uri: "http://127.0.0.1/cb",
    };
    let mut new = with_codes(native);
    new.client
        .redirect_uris
        .push("http://[::1]:1/cb?x=1".parse::<RedirectUri>().unwrap());
    fixture.clients.add(new).await.unwrap();
    for (uri, fine) in [
        ("http://127.0.0.1/cb", true),
        ("http://127.0.0.1:1/cb", true),
        ("http://127.0.0.1:65535/cb", true),
        ("http://[::1]:5000/cb?x=1", true),
        ("http://[::1]/cb?x=1", true),
        ("http://127.0.0.1:65536/cb", false),
        ("http://127.0.0.1:/cb", false),
        ("http://127.0.0.1:1x/cb", false),
        ("http://127.0.0.1:1@evil.example/cb", false),
        ("http://127.0.0.1.evil.example/cb", false),
        ("http://127.0.0.2:1/cb", false),
        ("http://localhost:1/cb", false),
        ("https://127.0.0.1:1/cb", false),
        ("http://127.0.0.1:1/cb2", false),
        ("http://127.0.0.1:1/cb?x", false),
        ("http://[::1]:5000/cb", false),
        ("http://[::2]:5000/cb?x=1", false),
        ("http://[0:0:0:0:0:0:0:1]:5000/cb?x=1", false),
    ] {
        let reply = fixture
            .get(&Ask::new(native).with("redirect_uri", uri).url())
            .await;
        assert_eq!(reply.status.as_u16(), if fine { 200 } else { 400 }, "{uri}");
    }
}

#[tokio::test]
async fn the_code_goes_to_the_port_that_asked_and_is_bound_to_it() {
    let fixture = Fixture::new().await;
    let native = Who {
        id: "native",
        secret: None,
        redirect_uri: "http://127.0.0.1/cb",
    };
    fixture.clients.add(with_codes(native)).await.unwrap();
    let asked = Who {
        redirect_uri: "http://127.0.0.1:4321/cb",
        ..native
    };
    let code = fixture.code(asked).await;
    let elsewhere = crate::support::Code {
        redirect_uri: "http://127.0.0.1:1234/cb".to_owned(),
        ..code.clone()
    };
    fixture
        .redeem(native, &elsewhere)
        .await
        .assert_error(400, "invalid_grant");
    fixture.redeem(native, &code).await.assert_ok();
}

#[tokio::test]
async fn a_private_scheme_without_a_period_is_registered_only_by_name() {
    let fixture = Fixture::new().await;
    let native = Who {
        id: "native",
        secret: None,
        redirect_uri: "vscode://vendor.app/cb",
    };
    let refused = fixture.clients.add(with_codes(native)).await.unwrap_err();
    let message = refused.to_string();
    assert!(
        message.contains("scheme \"vscode\" has no period"),
        "{message}"
    );
    let named = with_codes(native).with_redirect_scheme("vscode");
    fixture.clients.add(named).await.unwrap();
    let login = fixture.get(&Ask::new(native).url()).await;
    login.assert_ok();
    let other = |client: &mut grantor_server::Client| {
        client.redirect_uris = vec!["cursor://vendor.app/cb".parse().unwrap()];
    };
    assert!(fixture.clients.update("native", other).await.is_err());
}
