//! Processes that share a store renew once, and one that is killed in the middle costs the others
//! no login.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::HashSet;
use std::env;
use std::io::{BufRead, stdin};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use grantor_client::{Tokens, TokensBuilder};
use grantor_core::{Environment, Params, Timestamp};
use grantor_http::SystemRandom;
use grantor_store::{FileStore, MasterKey, Store};
use grantor_store_memcached::MemcachedStore;
use grantor_store_mongodb::MongodbStore;
use grantor_store_mysql::MysqlStore;
use grantor_store_postgres::PostgresStore;
use grantor_store_redis::RedisStore;
use grantor_store_sqlite::SqliteStore;
use grantor_testkit::{FakeClock, FakeServer};
use grantor_testservers::{
    MariaDb, Memcached, MongoDb, Postgres, Redis, RedisCluster, RedisSentinels,
};
use support::child::{Child, say};
use support::clock;
use support::socket::serve;
use support::steps::Steps;
use tokio::runtime::{self, Handle};

const ROLE: &str = "GRANTOR_TEST_ROLE";
const ISSUER: &str = "GRANTOR_TEST_ISSUER";
const FOLDER: &str = "GRANTOR_TEST_FOLDER";
const DATABASE: &str = "GRANTOR_TEST_DATABASE";
const SERVER: &str = "GRANTOR_TEST_SERVER";
const NOW: &str = "GRANTOR_TEST_NOW";
const REFRESH_TOKEN: &str = "GRANTOR_TEST_REFRESH_TOKEN";
const STEP: &str = "GRANTOR_TEST_STEP";

/// The work of a child process; without a role it does nothing.
#[test]
fn plays_its_role() {
    match env::var(ROLE).as_deref() {
        Ok("crowd") => crowd(),
        Ok("victim") => victim(),
        Ok("survivor") => survivor(),
        _ => {}
    }
}

/// Tokens as the environment describes them, but for their store.
fn begin(clock: &FakeClock) -> TokensBuilder {
    let issuer = env::var(ISSUER).unwrap();
    let builder = match env::var(REFRESH_TOKEN) {
        Ok(refresh_token) => Tokens::refresh_token(issuer, "app", refresh_token),
        Err(_) => Tokens::client_credentials(issuer, "app", "s3cret"),
    };
    builder.environment(Environment {
        clock: Arc::new(clock.clone()),
        random: Arc::new(SystemRandom),
    })
}

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

/// Calls with 2,500 callers at once at each command.
fn crowd() {
    let clock = clock();
    if let Ok(now) = env::var(NOW) {
        clock.jump_to(Timestamp::from_millis(now.parse().unwrap()));
    }
    let mut runtime = runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    let store: Arc<dyn Store> = match (env::var(FOLDER), env::var(SERVER)) {
        (Ok(folder), _) => Arc::new(FileStore::open(folder).unwrap()),
        (_, Ok(url)) => runtime.block_on(on_a_server(&url)),
        _ => Arc::new(SqliteStore::open(env::var(DATABASE).unwrap()).unwrap()),
    };
    let tokens = begin(&clock).store(store, &key()).build().unwrap();
    say("ready");
    for told in stdin().lock().lines() {
        match &told.unwrap()[..] {
            "expire" => {
                clock.advance(Duration::from_secs(3600));
                say("expired");
            }
            _ => say(&runtime.block_on(call_at_once(&tokens))),
        }
    }
}

async fn on_a_server(url: &str) -> Arc<dyn Store> {
    match url.split(':').next() {
        Some("postgres") => Arc::new(PostgresStore::open(url).await.unwrap()),
        Some("mysql") => Arc::new(MysqlStore::open(url).await.unwrap()),
        Some("mongodb") => Arc::new(MongodbStore::open(url).await.unwrap()),
        Some("memcached") => Arc::new(MemcachedStore::open(url).await.unwrap()),
        _ => Arc::new(RedisStore::open(url).await.unwrap()),
    }
}

async fn call_at_once(tokens: &Tokens) -> String {
    let calls = (0..2500).map(|_| {
        let tokens = tokens.clone();
        tokio::spawn(async move { tokens.get().await.unwrap().secret })
    });
    let mut got = HashSet::new();
    for call in calls.collect::<Vec<_>>() {
        got.insert(call.await.unwrap().expose().to_owned());
    }
    let got: Vec<_> = got.into_iter().collect();
    got.join(" ")
}

async fn four_processes_ask_once(place: (&str, &str), with_login: &[&str]) {
    let server = serve().await;
    let refresh_token = server.new_refresh_token();
    let issuer = server.issuer().as_str().to_owned();
    let mut variables = vec![(ROLE, "crowd"), (ISSUER, &issuer), place];
    // A server deletes cached tokens by its own clock, which is that of this machine.
    let now = grantor_http::system().now().as_millis().to_string();
    if place.0 == SERVER {
        variables.push((NOW, &now));
    }
    variables.extend(with_login.iter().map(|name| (*name, &refresh_token[..])));
    let mut children: Vec<_> = (0..4).map(|_| Child::start(&variables)).collect();
    for child in &mut children {
        assert_eq!(child.hear(), "ready");
    }
    // Cold, and twice at expiry.
    for round in 1..=3 {
        server.hold();
        children.iter_mut().for_each(|child| child.tell("call"));
        server.holds(1).await;
        server.release();
        for child in &mut children {
            assert_eq!(child.hear(), format!("access-{round}"));
        }
        assert_eq!(server.token_requests(), round);
        for child in &mut children {
            child.tell("expire");
            assert_eq!(child.hear(), "expired");
        }
    }
    assert_eq!(server.reuses(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_of_2500_callers_each_fetch_a_clients_token_once() {
    let home = tempfile::tempdir().unwrap();
    let [database, folder] = ["grantor.db", "tokens"].map(|name| home.path().join(name));
    four_processes_ask_once((DATABASE, database.to_str().unwrap()), &[]).await;
    four_processes_ask_once((FOLDER, folder.to_str().unwrap()), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_of_2500_callers_each_renew_a_login_once() {
    let home = tempfile::tempdir().unwrap();
    let [database, folder] = ["grantor.db", "tokens"].map(|name| home.path().join(name));
    four_processes_ask_once((DATABASE, database.to_str().unwrap()), &[REFRESH_TOKEN]).await;
    four_processes_ask_once((FOLDER, folder.to_str().unwrap()), &[REFRESH_TOKEN]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_of_2500_callers_each_ask_once_over_a_redis_cluster() {
    let cluster = RedisCluster::start(1).unwrap();
    four_processes_ask_once((SERVER, &cluster.url()), &[REFRESH_TOKEN]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "as the others, with more servers: cargo xtask stores"]
async fn long_four_processes_of_2500_callers_each_ask_once_over_every_server() {
    let (redis, mongodb) = (Redis::start().unwrap(), MongoDb::start().unwrap());
    let (postgres, mariadb) = (Postgres::start().unwrap(), MariaDb::start().unwrap());
    let sentinels = RedisSentinels::start(2).unwrap();
    let cluster = RedisCluster::start(1).unwrap();
    for url in [
        postgres.url(),
        mariadb.url(),
        redis.url(),
        mongodb.url(),
        sentinels.url(),
        cluster.url(),
    ] {
        four_processes_ask_once((SERVER, &url), &[]).await;
        four_processes_ask_once((SERVER, &url), &[REFRESH_TOKEN]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_of_2500_callers_each_ask_once_over_memcached() {
    let memcached = Memcached::start().unwrap();
    four_processes_ask_once((SERVER, &memcached.url()), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memcached_is_refused_for_logins_that_it_may_evict() {
    let server = Memcached::start().unwrap();
    let store = Arc::new(MemcachedStore::open(&server.url()).await.unwrap());
    let tokens = Tokens::refresh_token("https://id.example", "app", "refresh");
    let problem = tokens.store(store, &key()).build().unwrap_err();
    let problem = problem.to_string();
    assert!(
        problem.contains("memcached may evict live records"),
        "{problem}"
    );
}

/// Renews, and stops at a step.
fn victim() {
    let steps = Steps::stopping_at(&env::var(STEP).unwrap());
    let store = SqliteStore::open(env::var(DATABASE).unwrap()).unwrap();
    let tokens = begin(&clock())
        .store(steps.store(store), &key())
        .transport(steps.transport())
        .build()
        .unwrap();
    let got = tokens.get_blocking().unwrap();
    panic!("{got:?} though it should have stopped");
}

/// Gets a token, and another one an hour later; says what came of it. Its time is its own: it goes
/// on whenever nothing else is waited for, so that a lease ends without a wait.
fn survivor() {
    let clock = clock();
    let steps = Steps::stopping_at("nothing");
    let store = SqliteStore::open(env::var(DATABASE).unwrap()).unwrap();
    let builder = begin(&clock)
        .store(steps.store(store), &key())
        .transport(steps.transport());
    let mut runtime = runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        // As long as a blocking task runs, paused time does not move.
        let (release, held) = std::sync::mpsc::channel::<()>();
        let _blocking = tokio::task::spawn_blocking(move || held.recv());
        let tokens = builder.spawn_on(Handle::current()).build().unwrap();
        for _ in 0..2 {
            let mut getting = pin!(tokens.get());
            let got = loop {
                tokio::select! {
                    biased;
                    got = &mut getting => break got,
                    () = idle(&steps) => tokio::time::advance(Duration::from_millis(100)).await,
                }
            };
            match got {
                Ok(token) => say(token.secret.expose()),
                Err(error) if error.needs_login() => say("needs login"),
                Err(error) => say(&error.to_string()),
            }
            clock.advance(Duration::from_secs(3600));
        }
        drop(release);
    });
}

async fn idle(steps: &Steps) {
    let mut quiet = 0;
    while quiet < 50 {
        quiet = if steps.busy() { 0 } else { quiet + 1 };
        tokio::task::yield_now().await;
    }
}

/// Kills a process at `step` and gives what another one gets then and an hour later, and which
/// refresh tokens were sent.
async fn kill_at(step: &str, server: &FakeServer) -> ([String; 2], Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("grantor.db");
    let refresh_token = server.new_refresh_token();
    let issuer = server.issuer().as_str().to_owned();
    let variables = [
        (ROLE, "victim"),
        (ISSUER, &issuer),
        (DATABASE, database.to_str().unwrap()),
        (REFRESH_TOKEN, &refresh_token),
        (STEP, step),
    ];
    if step == "request under way" {
        server.hold();
    }
    let mut victim = Child::start(&variables);
    if step == "request under way" {
        server.holds(1).await;
        victim.kill();
        server.holds_none().await;
        server.release();
    } else {
        assert_eq!(victim.hear(), step);
        victim.kill();
    }
    let mut as_survivor = variables;
    as_survivor[0].1 = "survivor";
    let mut survivor = Child::start(&as_survivor);
    let heard = [survivor.hear(), survivor.hear()];
    let history = server.history();
    let sent = history.iter().filter_map(|request| {
        let params = Params::parse(request.body()).unwrap();
        params.get("refresh_token").map(str::to_owned)
    });
    (heard, sent.collect())
}

fn each_once(sent: &[String]) -> bool {
    sent.iter().collect::<HashSet<_>>().len() == sent.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_before_it_asked_costs_nothing() {
    for step in ["before the lease", "lease taken"] {
        let server = serve().await;
        let (heard, sent) = kill_at(step, &server).await;
        assert_eq!(heard, ["access-1", "access-2"], "{step}");
        assert!(each_once(&sent), "{step}: {sent:?}");
        assert_eq!(server.token_requests(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_died_with_its_process_is_made_by_another() {
    let server = serve().await;
    let (heard, sent) = kill_at("request under way", &server).await;
    assert_eq!(heard, ["access-1", "access-2"]);
    // The server never took the first one.
    assert_eq!(sent, ["refresh-0-0", "refresh-0-0", "refresh-0-1"]);
    assert_eq!(server.reuses(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dying_between_the_answer_and_the_write_is_healed_by_the_servers_grace() {
    let server = serve().await;
    server.allow_repeats();
    let (heard, sent) = kill_at("answered", &server).await;
    assert_eq!(heard, ["access-2", "access-3"]);
    assert_eq!(sent, ["refresh-0-0", "refresh-0-0", "refresh-0-1"]);
    assert_eq!(server.reuses(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dying_between_the_answer_and_the_write_ends_a_login_without_grace_and_says_so() {
    let server = serve().await;
    let (heard, sent) = kill_at("answered", &server).await;
    assert_eq!(heard, ["needs login", "needs login"]);
    assert_eq!(sent, ["refresh-0-0", "refresh-0-0"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_after_the_write_leaves_its_token() {
    let server = serve().await;
    let (heard, sent) = kill_at("login stored", &server).await;
    assert_eq!(heard, ["access-2", "access-3"]);
    assert!(each_once(&sent), "{sent:?}");
    let server = serve().await;
    let (heard, sent) = kill_at("token stored", &server).await;
    // Its access token too, which needs no lease to be used.
    assert_eq!(heard, ["access-1", "access-2"]);
    assert!(each_once(&sent), "{sent:?}");
}
