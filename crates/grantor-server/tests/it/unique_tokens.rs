//! Access tokens that are handed out again.

use std::sync::Arc;

use grantor_jose::Algorithm;
use grantor_server::grant_type::Password;
use grantor_server::{AccessTokens, Config, EventKind, NewClient, Profile, Target};
use grantor_store::MemoryStore;
use tokio::task::JoinSet;

use crate::support::{APP, Ask, FILES, Fixture, MACHINE, OTHER, PASSWORD, Reply, SPA, Tokens, Who};

const KINDS: [AccessTokens; 3] = [
    AccessTokens::Opaque,
    AccessTokens::OpaqueOfLength(40),
    AccessTokens::Jwt(Algorithm::Es256),
];
const ASK: [(&str, &str); 1] = [("grant_type", "client_credentials")];
const OLD: Who = Who {
    id: "old",
    secret: Some("the secret of old"),
    redirect_uri: "",
};

async fn fixture(kind: AccessTokens) -> Fixture {
    Fixture::with(|config| {
        config.unique_access_tokens = true;
        config.access_tokens = kind;
    })
    .await
}

async fn legacy(configure: impl FnOnce(&mut Config)) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        let builder = builder.grant_type(Password);
        let builder = builder.configure(|config| config.profile = Profile::Legacy20);
        builder.configure(configure)
    });
    let fixture = fixture.await;
    let old = NewClient::confidential(OLD.id)
        .with_grant_types(["password", "client_credentials", "refresh_token"])
        .with_scope("read write".parse().unwrap())
        .with_secret(OLD.secret.unwrap());
    fixture.clients.add(old).await.unwrap();
    fixture
}

async fn sign_in(fixture: &Fixture, scope: &str) -> Reply {
    let ask = [
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", PASSWORD),
        ("scope", scope),
    ];
    fixture.token(OLD, &ask).await
}

fn access(reply: &Reply) -> String {
    reply.assert_ok().member("access_token")
}

#[tokio::test]
async fn the_same_request_gets_the_same_token_with_what_is_left_of_its_time() {
    for kind in KINDS {
        let fixture = fixture(kind).await;
        let first = fixture.token(MACHINE, &ASK).await;
        fixture.clock.advance(100);
        let second = fixture.token(MACHINE, &ASK).await;
        assert_eq!(access(&first), access(&second));
        assert_eq!(second.json()["expires_in"], 200);
        assert_eq!(second.member("scope"), first.member("scope"));
        assert_eq!(fixture.server.counters().tokens_issued, 1);
        // In less than a tenth of its time a client could do little with it.
        fixture.clock.advance(171);
        let third = fixture.token(MACHINE, &ASK).await;
        assert_ne!(access(&first), access(&third));
        assert_eq!(third.json()["expires_in"], 300);
        assert!(fixture.is_active(&access(&first)).await);
    }
}

#[tokio::test]
async fn off_each_request_gets_its_own() {
    let fixture = Fixture::new().await;
    let first = access(&fixture.token(MACHINE, &ASK).await);
    assert_ne!(first, access(&fixture.token(MACHINE, &ASK).await));
    assert!(fixture.records(*b"ut").await.is_empty());
}

#[tokio::test]
async fn another_client_scope_resource_or_user_gets_another() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let ask = |pairs: &[(&'static str, &'static str)]| {
        let pairs: Vec<_> = ASK.into_iter().chain(pairs.iter().copied()).collect();
        let fixture = &fixture;
        async move { access(&fixture.token(MACHINE, &pairs).await) }
    };
    let all = ask(&[("scope", "read write")]).await;
    // The order of scope values does not matter.
    assert_eq!(all, ask(&[("scope", "write read")]).await);
    assert_eq!(all, ask(&[]).await);
    let mut others = vec![
        ask(&[("scope", "read")]).await,
        ask(&[("resource", FILES)]).await,
    ];
    for who in [APP, OTHER, SPA] {
        others.push(fixture.tokens(who).await.access);
    }
    fixture
        .accounts
        .add("bob", &"his password".into())
        .await
        .unwrap();
    let mut browser = crate::support::Browser::new(&fixture);
    let ask = Ask::new(APP);
    let login = browser.open(&ask.url()).await;
    let bob = [("username", "bob"), ("password", "his password")];
    let consent = browser.press(&login, &bob, None).await;
    let done = browser.allow(&consent).await;
    let code = crate::support::Code {
        code: done.code(APP.redirect_uri),
        verifier: ask.verifier.expose().to_owned(),
        redirect_uri: APP.redirect_uri.to_owned(),
    };
    others.push(Tokens::of(&fixture.redeem(APP, &code).await).access);
    others.push(all);
    for (i, token) in others.iter().enumerate() {
        assert!(!others[..i].contains(token), "{i}");
        assert!(fixture.is_active(token).await);
    }
}

#[tokio::test]
async fn a_second_login_gets_the_token_of_the_first_and_a_refresh_token_of_its_own() {
    for kind in KINDS {
        let fixture = fixture(kind).await;
        let (first, second) = (fixture.tokens(APP).await, fixture.tokens(APP).await);
        assert_eq!(first.access, second.access);
        assert_ne!(first.refresh, second.refresh);
        // The token ends with the grant that it was issued under. The other login gets a new one.
        fixture.revoke(APP, &first.refresh).await.assert_ok();
        fixture.clock.advance(1);
        assert!(!fixture.is_active(&first.access).await);
        let third = fixture.tokens(APP).await;
        assert_ne!(third.access, first.access);
        assert!(fixture.is_active(&third.access).await);
        fixture.refresh(APP, &second.refresh).await.assert_ok();
    }
}

#[tokio::test]
async fn a_token_whose_anchors_do_not_hold_is_not_handed_out() {
    for kind in KINDS {
        let fixture = legacy(|config| {
            config.unique_access_tokens = true;
            config.access_tokens = kind;
        })
        .await;
        let first = access(&sign_in(&fixture, "read").await);
        assert_eq!(first, access(&sign_in(&fixture, "read").await));
        // Revoked by its client.
        fixture.revoke(OLD, &first).await.assert_ok();
        let second = access(&sign_in(&fixture, "read").await);
        assert_ne!(first, second);
        // Everything of the user was revoked.
        let alice = fixture.accounts.named("alice").await.unwrap().unwrap();
        let target = Target::Subject(alice.subject);
        fixture.server.revoke(&target).await.unwrap();
        fixture.clock.advance(1);
        let third = access(&sign_in(&fixture, "read").await);
        assert_ne!(second, third);
        for (token, active) in [(first, false), (second, false), (third, true)] {
            assert_eq!(fixture.is_active(&token).await, active);
        }
        // The client was removed, and added again.
        let machine = access(&fixture.token(MACHINE, &ASK).await);
        fixture.clients.remove(MACHINE.id).await.unwrap();
        let again = NewClient::confidential(MACHINE.id)
            .with_grant_types(["client_credentials"])
            .with_scope("read write".parse().unwrap())
            .with_secret(MACHINE.secret.unwrap());
        fixture.clients.add(again).await.unwrap();
        fixture.clock.advance(1);
        assert_ne!(machine, access(&fixture.token(MACHINE, &ASK).await));
    }
}

#[tokio::test]
async fn a_refresh_gives_a_new_one_which_is_handed_out_from_then_on() {
    let fixture = fixture(AccessTokens::Opaque).await;
    let first = fixture.tokens(APP).await;
    let second = access(&fixture.refresh(APP, &first.refresh).await);
    assert_ne!(first.access, second);
    assert_eq!(fixture.tokens(APP).await.access, second);
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_is_of_that_key_alone() {
    use crate::support::dpop::Prover;
    let fixture = fixture(AccessTokens::Opaque).await;
    let provers = [Prover::new(), Prover::new()];
    let mut issued = Vec::new();
    for prover in [&provers[0], &provers[1], &provers[0]] {
        issued.push(access(
            &prover.post(&fixture, "/token", MACHINE, &ASK).await,
        ));
    }
    assert_eq!(issued[0], issued[2]);
    assert_ne!(issued[0], issued[1]);
    let unbound = access(&fixture.token(MACHINE, &ASK).await);
    assert!(!issued.contains(&unbound));
}

#[tokio::test]
async fn a_grant_type_alone_may_have_them() {
    let fixture = legacy(|config| {
        config.grant_type("password").unique_access_tokens = Some(true);
    })
    .await;
    let first = access(&sign_in(&fixture, "read").await);
    assert_eq!(first, access(&sign_in(&fixture, "read").await));
    assert_ne!(first, access(&sign_in(&fixture, "write").await));
    // Another grant type of the same client, without them and with them.
    let machine = access(&fixture.token(OLD, &ASK).await);
    assert_ne!(machine, access(&fixture.token(OLD, &ASK).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_requests_at_once_all_get_one_token() {
    let fixture = Arc::new(fixture(AccessTokens::Opaque).await);
    fixture.store.let_others_go_first();
    let mut asking = JoinSet::new();
    for _ in 0..16 {
        let fixture = Arc::clone(&fixture);
        asking.spawn(async move { access(&fixture.token(MACHINE, &ASK).await) });
    }
    let issued = asking.join_all().await;
    assert!(issued.iter().all(|token| *token == issued[0]));
    assert!(fixture.is_active(&issued[0]).await);
}

#[tokio::test]
async fn its_text_is_in_the_store_sealed_alone_and_its_event_says_that_it_was_repeated() {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        builder
            .configure(|config| config.unique_access_tokens = true)
            .on_event(move |event| listener.lock().unwrap().push(event.kind))
    });
    let fixture = fixture.await;
    let token = access(&fixture.token(MACHINE, &ASK).await);
    let (_, entry) = fixture.record(*b"ut").await;
    let found = |value: &[u8]| value.windows(token.len()).any(|w| w == token.as_bytes());
    assert!(!found(&entry.value));
    told.lock().unwrap().clear();
    fixture.token(MACHINE, &ASK).await.assert_ok();
    let told = told.lock().unwrap();
    assert!(told.contains(&EventKind::AccessTokenRepeated));
    assert!(!told.contains(&EventKind::AccessTokenIssued));
}
