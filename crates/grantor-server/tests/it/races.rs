//! Requests that race each other on one record.

use std::sync::Arc;

use grantor_server::{NewClient, Rotation, Server};
use grantor_site::AccountSite;
use grantor_store::{MemoryStore, Store};
use grantor_store_sqlite::SqliteStore;
use http::Request;
use tokio::task::JoinSet;

use crate::support::{
    APP, Ask, Browser, Fixture, Form, PASSWORD, Reply, SPA, Tokens, Who, client_request, form,
    form_request, send,
};

const N: usize = 50;

/// Sends the same request N times at once.
async fn at_once(
    server: &Server,
    n: usize,
    request: impl Fn() -> Request<http_body_util::Full<bytes::Bytes>>,
) -> Vec<Reply> {
    let mut running = JoinSet::new();
    for _ in 0..n {
        let (server, request) = (server.clone(), request());
        running.spawn(async move { send(&server, request).await });
    }
    running.join_all().await
}

fn refreshing(who: Who, token: &str) -> Request<http_body_util::Full<bytes::Bytes>> {
    client_request(
        "/token",
        who,
        &[("grant_type", "refresh_token"), ("refresh_token", token)],
    )
}

fn winners(replies: &[Reply]) -> Vec<Tokens> {
    let won = replies.iter().filter(|reply| reply.status == 200);
    won.map(Tokens::of).collect()
}

/// Both kinds of store, with other tasks let in between the calls.
async fn on_every_store(
    configure: fn(&mut grantor_server::Config),
) -> Vec<(Fixture, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(folder.path().join("races.db")).unwrap();
    let mut fixtures = Vec::new();
    let stores: [(Arc<dyn Store>, _); 2] = [
        (Arc::new(MemoryStore::new()), None),
        (Arc::new(sqlite), Some(folder)),
    ];
    for (store, folder) in stores {
        let fixture = Fixture::on(store, |builder| builder.configure(configure)).await;
        fixture.store.let_others_go_first();
        fixtures.push((fixture, folder));
    }
    fixtures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_redemptions_of_one_code_one_wins() {
    for (fixture, _folder) in on_every_store(|_| {}).await {
        for round in 0..4 {
            let who = [APP, SPA][round % 2];
            let code = fixture.code(who).await;
            let replies = at_once(&fixture.server, N, || {
                client_request("/token", who, &code.pairs())
            })
            .await;
            let won = winners(&replies);
            assert_eq!(won.len(), 1);
            for reply in replies.iter().filter(|reply| reply.status != 200) {
                reply.assert_error(400, "invalid_grant");
            }
            // A request after the winner may have ended the grant; a replay surely does.
            fixture
                .redeem(who, &code)
                .await
                .assert_error(400, "invalid_grant");
            assert!(!fixture.is_active(&won[0].access).await);
            fixture.refresh(who, &won[0].refresh).await.assert_dead();
        }
    }
}

#[tokio::test]
async fn a_double_send_that_loses_the_put_leaves_the_winner_its_tokens() {
    // Every one of the requests has read the code before the first of them writes.
    let fixture = Fixture::new().await;
    let code = fixture.code(SPA).await;
    let (key, before) = fixture.record(*b"gr").await;
    let first = Tokens::of(&fixture.redeem(SPA, &code).await);
    let (_, after) = fixture.record(*b"gr").await;
    fixture.put_back(key, &before).await;
    fixture.store.swap_after_get(key, after);
    fixture
        .redeem(SPA, &code)
        .await
        .assert_error(400, "invalid_grant");
    assert!(fixture.is_active(&first.access).await);
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
}

#[tokio::test]
async fn a_refresh_that_loses_the_put_without_grace_ends_nothing() {
    // Its token was the current one when it read the grant, so it is nobody else's.
    let fixture = Fixture::with(|config| config.refresh_grace = std::time::Duration::ZERO).await;
    let tokens = fixture.tokens(SPA).await;
    let (key, before) = fixture.record(*b"gr").await;
    let first = Tokens::of(&fixture.refresh(SPA, &tokens.refresh).await);
    let (_, after) = fixture.record(*b"gr").await;
    fixture.put_back(key, &before).await;
    fixture.store.swap_after_get(key, after);
    fixture.refresh(SPA, &tokens.refresh).await.assert_dead();
    assert!(fixture.is_active(&first.access).await);
    fixture.refresh(SPA, &first.refresh).await.assert_ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_refreshes_within_grace_are_one_rotation() {
    let configure = |config: &mut grantor_server::Config| config.rotation = Rotation::Always;
    for (fixture, _folder) in on_every_store(configure).await {
        for who in [SPA, APP] {
            let before = fixture.server.counters().refresh_rotations;
            let tokens = fixture.tokens(who).await;
            let replies = at_once(&fixture.server, N, || refreshing(who, &tokens.refresh)).await;
            let won = winners(&replies);
            assert_eq!(won.len(), N, "{replies:?}");
            assert!(won.iter().all(|one| one.refresh == won[0].refresh));
            assert_eq!(fixture.server.counters().refresh_rotations, before + 1);
            assert!(fixture.is_active(&won[N / 2].access).await);
            fixture.refresh(who, &won[0].refresh).await.assert_ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_refreshes_without_grace_one_wins_and_the_grant_ends() {
    let configure =
        |config: &mut grantor_server::Config| config.refresh_grace = std::time::Duration::ZERO;
    for (fixture, _folder) in on_every_store(configure).await {
        let tokens = fixture.tokens(SPA).await;
        let replies = at_once(&fixture.server, N, || refreshing(SPA, &tokens.refresh)).await;
        let won = winners(&replies);
        assert_eq!(won.len(), 1, "{replies:?}");
        // A request after the winner may have ended the grant; another use surely does.
        fixture.refresh(SPA, &tokens.refresh).await.assert_dead();
        fixture.refresh(SPA, &won[0].refresh).await.assert_dead();
        for token in [&tokens.access, &won[0].access] {
            assert!(!fixture.is_active(token).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_refresh_outlives_a_revocation() {
    for (fixture, _folder) in on_every_store(|_| {}).await {
        for round in 0..10 {
            let who = [SPA, APP][round % 2];
            let tokens = fixture.tokens(who).await;
            let mut running = JoinSet::new();
            for i in 0..8 {
                let request = match i {
                    3 => client_request("/revoke", who, &[("token", &tokens.refresh)]),
                    _ => refreshing(who, &tokens.refresh),
                };
                let server = fixture.server.clone();
                running.spawn(async move { (i, send(&server, request).await) });
            }
            let replies = running.join_all().await;
            let revoked = replies.iter().find(|(i, _)| *i == 3).unwrap();
            revoked.1.assert_ok();
            for (i, reply) in &replies {
                if *i == 3 || reply.status != 200 {
                    continue;
                }
                let won = Tokens::of(reply);
                assert!(!fixture.is_active(&won.access).await);
                fixture.refresh(who, &won.refresh).await.assert_dead();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_start_at_once_agree_on_their_keys() {
    let fixture = Fixture::new().await;
    let stores = fixture.stores.clone();
    for (key, _) in fixture.records(*b"ks").await {
        let _ = fixture
            .store
            .remove(&key, grantor_store::Expect::Any)
            .await
            .unwrap();
    }
    fixture.store.let_others_go_first();
    let mut starting = JoinSet::new();
    for _ in 0..8 {
        let (issuer, stores) = (fixture.server.issuer().clone(), stores.clone());
        starting.spawn(async move {
            Server::builder(issuer, stores)
                .site_with(AccountSite::for_server)
                .build()
                .await
                .unwrap()
        });
    }
    let servers = starting.join_all().await;
    let mut published = Vec::new();
    for server in &servers {
        let request = Request::get("/jwks")
            .body(http_body_util::Empty::<bytes::Bytes>::new())
            .unwrap();
        published.push(send(server, request).await.body);
    }
    assert!(published.iter().all(|keys| *keys == published[0]));
    // A secret that one of them hashed, under a key derived from the MAC keys, is verified by all.
    const LATE: Who = Who {
        id: "late",
        secret: Some("the secret of late"),
        redirect_uri: "",
    };
    let late = NewClient::confidential(LATE.id)
        .with_grant_types(["client_credentials"])
        .with_secret("the secret of late");
    servers[0].clients().unwrap().add(late).await.unwrap();
    for server in &servers {
        let ask = [("grant_type", "client_credentials")];
        let request = client_request("/token", LATE, &ask);
        send(server, request).await.assert_ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_accounts_with_one_name_one_is_made() {
    for (fixture, _folder) in on_every_store(|_| {}).await {
        let accounts = fixture.accounts.clone();
        let mut adding = JoinSet::new();
        for _ in 0..20 {
            let accounts = accounts.clone();
            adding.spawn(async move { accounts.add("bob", &"eight characters".into()).await });
        }
        let made: Vec<_> = adding
            .join_all()
            .await
            .into_iter()
            .filter_map(Result::ok)
            .collect();
        assert_eq!(made.len(), 1);
        let found = accounts
            .verify("bob", &"eight characters".into())
            .await
            .unwrap();
        assert_eq!(found.unwrap().subject, made[0].subject);
        assert_eq!(accounts.list().await.unwrap().unwrap().len(), 2);
    }
}

/// RFC 9126 section 7.3: users in browsers of their own answer one pushed request at once. One answer is
/// kept, and leads to a code.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_answers_to_one_pushed_request_one_is_kept() {
    for (fixture, _folder) in on_every_store(|_| {}).await {
        let users: Vec<String> = (0..8).map(|i| format!("user-{i}")).collect();
        for user in &users {
            fixture.accounts.add(user, &PASSWORD.into()).await.unwrap();
        }
        for _ in 0..3 {
            let ask = Ask::new(APP).with("prompt", "consent");
            let pairs = ask.pairs.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            let pushed = fixture.post("/par", APP, &pairs.collect::<Vec<_>>()).await;
            let reference = [
                ("client_id".to_owned(), APP.id.to_owned()),
                ("request_uri".to_owned(), pushed.member("request_uri")),
            ];
            let url = format!("/authorize?{}", form(&reference));
            let mut requests = Vec::new();
            for user in &users {
                let mut browser = Browser::new(&fixture);
                let login = browser.open(&url).await;
                let fill = [("username", user.as_str()), ("password", PASSWORD)];
                let consent = browser.press(login.assert_ok(), &fill, None).await;
                requests.push(allowing(&browser, &consent));
            }
            let mut answering = JoinSet::new();
            for request in requests {
                let server = fixture.server.clone();
                answering.spawn(async move { send(&server, request).await });
            }
            let replies = answering.join_all().await;
            let (kept, others): (Vec<_>, Vec<_>) =
                replies.iter().partition(|reply| reply.status == 303);
            assert_eq!(kept.len(), 1, "{replies:?}");
            kept[0].code(APP.redirect_uri);
            for reply in others {
                reply.assert_error_page(400);
            }
        }
    }
}

/// The request that a browser sends when its user says yes.
fn allowing(browser: &Browser<'_>, consent: &Reply) -> Request<http_body_util::Full<bytes::Bytes>> {
    let page = Form::of(consent.assert_ok().text());
    let mut pairs = page.inputs.clone();
    pairs.push(("decision".to_owned(), "allow".to_owned()));
    let mut request = form_request(&page.action, &form(&pairs));
    let cookies = browser.cookies.iter().map(|(n, v)| format!("{n}={v}"));
    let cookies = cookies.collect::<Vec<_>>().join("; ").parse().unwrap();
    request.headers_mut().insert(http::header::COOKIE, cookies);
    request
}
