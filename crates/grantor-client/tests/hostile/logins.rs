//! Logins that a store knows better, many of them, and URLs with passwords.

use std::sync::Arc;

use crate::support::web::{Answer, Web};
use crate::support::{ISSUER, World};
use grantor_client::{BearerMethod, Tokens};
use grantor_core::TokenEndpointAuthMethod;
use grantor_store::{FileStore, MasterKey, MemoryStore, Store};
use grantor_testkit::{Endpoint, FakeServer, Fault, ScriptedAnswer};

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

/// `TokensBuilder::token_set` promises: "With a store that knows a newer refresh token of the same login,
/// that one is used."
#[tokio::test(start_paused = true)]
async fn a_token_set_that_is_older_than_the_store_goes_on_with_the_store() {
    let world = World::new();
    let store = memory();
    let builder = world.login(&world.server.new_refresh_token());
    let tokens = world
        .here(builder.login_label("ada").store(Arc::clone(&store), &key()))
        .build()
        .unwrap();
    let saved = tokens.token_set().await.unwrap(); // refresh-0-1
    world.advance(3600);
    tokens.get().await.unwrap(); // refresh-0-2 is in the store; the program dies before it saves it
    tokens.close().await;
    drop(tokens);
    world.advance(3600);
    let builder = Tokens::login(ISSUER, "app")
        .login_label("ada")
        .token_set(saved);
    let tokens = world.here(builder.store(store, &key())).build().unwrap();
    tokens.get().await.unwrap();
    assert_eq!(world.server.reuses(), 0);
}

#[tokio::test]
async fn a_base_url_with_a_password_is_refused_or_at_least_not_shown() {
    let web = Web::start(|request| Answer::text(200, request)).await;
    let base = web.url("/").replace("http://", "http://ada:hunter2@");
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    let Ok(api) = tokens.session(&base) else {
        return;
    };
    let sent = api.get("x").send().await.unwrap().text().await.unwrap();
    assert!(sent.contains("Bearer access-1"), "no token is sent: {sent}");
    assert!(!format!("{api:?}").contains("hunter2"));
}

#[test]
fn a_blocking_base_url_with_a_password_is_refused_or_carries_the_token() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let web = runtime.block_on(Web::start(|request| Answer::text(200, request)));
    let base = web.url("/").replace("http://", "http://ada:hunter2@");
    let world = World::new();
    let tokens = world.thread(world.client()).build().unwrap();
    let Ok(api) = tokens.blocking_session(&base) else {
        return;
    };
    let mut sent = api.get("x").send().unwrap();
    let sent = sent.body_mut().read_to_string().unwrap();
    assert!(
        sent.contains("Bearer access-1") && !sent.contains("Basic"),
        "{sent}"
    );
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// docs/client.md: "With a store, `Tokens::login(..).login_label(user).build()` finds the login again".
#[tokio::test]
async fn a_hundred_users_after_a_restart_take_no_hundred_threads() {
    let server = FakeServer::listen().unwrap();
    let before = threads();
    let began = std::time::Instant::now();
    let application = Tokens::login(server.issuer(), "app").build().unwrap();
    let mut all = Vec::new();
    for user in 0..100 {
        let builder = Tokens::refresh_token(server.issuer(), "app", server.new_refresh_token());
        let tokens = builder
            .login_label(user.to_string())
            .share_with(&application)
            .store(memory(), &key())
            .build()
            .unwrap();
        all.push(tokens);
    }
    let built = began.elapsed();
    for tokens in &all {
        tokens.get().await.unwrap();
    }
    let (more, asked) = (threads() - before, server.count(Endpoint::Metadata));
    assert!(
        more < 10 && asked < 10,
        "{more} threads, {asked} metadata requests, {built:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_outlives_one_answer_whose_token_fits_no_header() {
    let world = World::new();
    let body = "{\"access_token\":\"a\u{7f}b\",\"token_type\":\"Bearer\",\"expires_in\":3600}";
    let answer = ScriptedAnswer::new(200).header("content-type", "application/json");
    world.server.fail_next(Fault::Answer(answer.body(body)));
    let tokens = world
        .here(world.login(&world.server.new_refresh_token()))
        .build()
        .unwrap();
    assert!(tokens.get().await.is_err());
    world.advance(60);
    tokens.get().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn another_master_key_reads_nothing_and_breaks_nothing() {
    let world = World::new();
    let store = memory();
    let first = world.server.new_refresh_token();
    let tokens = world
        .here(world.login(&first).store(Arc::clone(&store), &key()))
        .build()
        .unwrap();
    tokens.get().await.unwrap();
    let other = MasterKey::from_bytes([8; 32]);
    let second = world
        .here(world.login(&first).store(Arc::clone(&store), &other))
        .build()
        .unwrap();
    let error = second.get().await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    world.advance(3600);
    tokens.get().await.unwrap();
    assert_eq!(world.server.reuses(), 0);
}

#[test]
fn a_method_with_a_secret_takes_a_secret() {
    let login =
        Tokens::login(ISSUER, "app").auth_method(TokenEndpointAuthMethod::ClientSecretBasic);
    assert!(
        login.build().is_err(),
        "it is silently sent as a public client"
    );
}

#[test]
fn what_has_no_effect_is_named() {
    let silent: Vec<_> = [
        (
            "single_process without a store",
            Tokens::login(ISSUER, "a").single_process().build(),
        ),
        (
            "scope of a static token",
            Tokens::static_token("t").scope("x").build(),
        ),
        (
            "optional_subject of a login",
            Tokens::login(ISSUER, "a").optional_subject().build(),
        ),
        (
            "client_secret of a static token",
            Tokens::static_token("t").client_secret("x").build(),
        ),
    ]
    .into_iter()
    .filter(|(_, built)| built.is_ok())
    .map(|(name, _)| name)
    .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn a_folder_that_is_open_to_others_keeps_no_tokens() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    assert!(FileStore::open(folder.path()).is_err());
    let real = tempfile::tempdir().unwrap();
    let link = real.path().join("link");
    std::os::unix::fs::symlink("/tmp", &link).unwrap();
    assert!(FileStore::open(&link).is_err());
}

/// A redirect chain that leads from https, or anywhere, to services of this machine.
#[tokio::test]
async fn a_redirect_to_another_origin_carries_nothing_in_any_placement() {
    let world = World::new();
    let evil = Web::start(|request| Answer::text(200, request)).await;
    for placement in [BearerMethod::Header, BearerMethod::Query] {
        let to = evil.url("/x?access_token=access-1&a=b");
        let web = Web::start(move |_| Answer::redirect(302, &to)).await;
        let builder = world.here(world.client()).bearer_method(placement);
        let api = builder.build().unwrap().session(&web.url("/")).unwrap();
        let sent = api
            .get("y")
            .header("cookie", "id=1")
            .header("x-api-key", "k")
            .send();
        let sent = sent.await.unwrap().text().await.unwrap();
        assert!(
            !sent.contains("uthorization") && !sent.contains("id=1"),
            "{sent}"
        );
        assert!(!sent.contains("x-api-key"), "{sent}");
        if placement == BearerMethod::Query {
            assert!(!sent.contains("access_token"), "{sent}");
        }
    }
}

/// A service that is started again with the refresh token of last year in its environment.
#[tokio::test(start_paused = true)]
async fn a_handed_in_refresh_token_that_is_refused_does_not_replace_a_good_login() {
    let world = World::new();
    let store = memory();
    let good = world.login(&world.server.new_refresh_token());
    let good = good.login_label("ada").store(Arc::clone(&store), &key());
    let tokens = world.here(good).build().unwrap();
    tokens.get().await.unwrap();
    tokens.close().await;
    drop(tokens);
    let stale = world
        .login("of-last-year")
        .login_label("ada")
        .store(Arc::clone(&store), &key());
    let stale = world.here(stale).build().unwrap();
    let _ = stale.get().await;
    drop(stale);
    world.advance(3600);
    let stored = Tokens::login(ISSUER, "app")
        .login_label("ada")
        .store(store, &key());
    world.here(stored).build().unwrap().get().await.unwrap();
}

/// As above, while another process uses the good one.
#[tokio::test(start_paused = true)]
async fn a_handed_in_refresh_token_that_is_refused_ends_no_login_of_another_process() {
    let world = World::new();
    let store = memory();
    let good = world.login(&world.server.new_refresh_token());
    let good = good.login_label("ada").store(Arc::clone(&store), &key());
    let tokens = world.here(good).build().unwrap();
    tokens.get().await.unwrap();
    let stale = world
        .login("of-last-year")
        .login_label("ada")
        .store(Arc::clone(&store), &key());
    let _ = world.here(stale).build().unwrap().get().await;
    world.advance(3600);
    tokens.get().await.unwrap();
}
