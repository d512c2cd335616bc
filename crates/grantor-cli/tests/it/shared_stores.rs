//! Servers whose records are in a database that they share.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use grantor_jose::base64url;
use grantor_testservers::{Memcached, Postgres, Redis, RedisCluster, RedisSentinels};

use crate::grantor::{Home, Run, Serving};
use crate::web::{REDIRECT_URI, Visitor, redeem, refresh};

const ISSUER: &str = "http://127.0.0.1:8787";
const PASSWORD: &str = "correct horse battery staple";

/// Adds the settings that all servers of one database share.
fn sharing(run: Run, database: &Postgres) -> Run {
    run.env("GRANTOR_STORE_URL", &database.url())
        .env("GRANTOR_MASTER_KEY", &base64url::encode([7; 32]))
}

/// Adds a client and a user.
fn furnish(home: &Home, with: impl Fn(Run) -> Run) {
    let client = [
        "client",
        "add",
        "app",
        "--public",
        "--grant",
        "authorization_code,refresh_token",
        "--redirect-uri",
        REDIRECT_URI,
    ];
    with(home.command(&client)).run().ok();
    let user = home.command(&["user", "add", "ann"]).input(PASSWORD);
    with(user).run().ok();
}

#[test]
fn two_servers_on_one_database_are_one_server() {
    let database = Postgres::start().unwrap();
    let (home, elsewhere) = (Home::new(), Home::new());
    furnish(&home, |run| sharing(run, &database));
    let serve = |home: &Home| {
        let run = home.serve_command(&["--issuer", ISSUER]);
        sharing(run, &database).serve()
    };
    let servers = [serve(&home), serve(&elsewhere)];
    let [first, second] = &servers;
    let code = Visitor::new(first).sign_in("app", "ann", PASSWORD);
    let tokens = redeem(second, "app", &code);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let refreshed = refresh(first, "app", &tokens.text("refresh_token"));
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    assert_eq!(redeem(first, "app", &code).status, 400);

    // At both at the same time, several codes, each once.
    let mut visitor = Visitor::new(second);
    visitor.sign_in("app", "ann", PASSWORD);
    for _ in 0..5 {
        let code = visitor.sign_in_again("app");
        let statuses = thread::scope(|scope| {
            let redeem = |server: &'_ Serving| redeem(server, "app", &code).status;
            let both = servers.each_ref().map(|s| scope.spawn(move || redeem(s)));
            both.map(|thread| thread.join().unwrap())
        });
        let redeemed = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(redeemed, 1, "{statuses:?}");
    }
    for home in [&home, &elsewhere] {
        assert!(!home.path("grantor-data").exists(), "nothing is here");
        assert!(!home.log().contains(Postgres::PASSWORD));
    }
}

#[test]
fn kinds_of_record_have_stores_of_their_own_that_can_hold_them() {
    let redis = Redis::start_with(&["--maxmemory-policy allkeys-lru"]).unwrap();
    let home = Home::new();
    let configured = |kinds: &str| {
        let url = redis.url();
        let kinds = kinds.replace("REDIS", &url);
        home.file("c.toml", &format!("[store]\ndefault = \"sqlite\"\n{kinds}"))
    };
    let file = configured("grants = \"REDIS\"\nresources = \"REDIS\"");
    home.run(&["serve", "--listen", "127.0.0.1:0", "--config", &file])
        .fails(3, &["grant", "Redis may evict live records"]);

    let file = configured("sessions = \"REDIS\"\naccess-tokens = \"REDIS\"\ncounts = \"REDIS\"");
    furnish(&home, |run| run.arg("--config").arg(&file));
    let server = home.serve(&["--config", &file]);
    let mut visitor = Visitor::new(&server);
    visitor.sign_in("app", "ann", PASSWORD);
    let records = redis.keys();
    let of_kind = |letters: &str| records.contains(letters);
    assert!(of_kind("se") && of_kind("grantor#"), "{records:?}");
    assert!(!of_kind("grantor:gr"), "{records:?}");
}

#[test]
fn what_must_last_is_refused_where_it_can_be_lost() {
    let (memcached, alone) = (
        Memcached::start().unwrap(),
        RedisSentinels::start(0).unwrap(),
    );
    let cluster = RedisCluster::start(0).unwrap();
    let home = Home::new();
    let stores = [
        (memcached.url(), "memcached may evict live records"),
        (alone.url(), "Redis with sentinels fails over to replicas"),
        (cluster.url(), "the Redis cluster fails over to replicas"),
    ];
    for (url, reason) in &stores {
        for kind in ["grants", "dpop-proofs", "clients"] {
            let mix = format!("[store]\ndefault = \"sqlite\"\n{kind} = \"{url}\"");
            let file = home.file("c.toml", &mix);
            home.run(&["serve", "--listen", "127.0.0.1:0", "--config", &file])
                .fails(3, &[reason, &format!("put {kind} into another store")]);
        }
        let short = ["sessions", "access-tokens", "counts"];
        let short: String = short.map(|kind| format!("{kind} = \"{url}\"\n")).concat();
        let file = home.file("c.toml", &format!("[store]\ndefault = \"sqlite\"\n{short}"));
        drop(home.serve(&["--config", &file, "--issuer", ISSUER]));
    }
}

#[test]
fn what_may_lose_records_is_no_default_store() {
    let (memcached, home) = (Memcached::start().unwrap(), Home::new());
    let file = home.file("c.toml", &format!("store = \"{}\"", memcached.url()));
    let serve = home.run(&["serve", "--listen", "127.0.0.1:0", "--config", &file]);
    serve.fails(
        3,
        &["memcached can't be the default store", "section [store]"],
    );
}

#[test]
fn what_has_to_last_is_not_in_memory_beside_what_lasts() {
    let home = Home::new();
    for (mix, problem) in [
        (
            "default = \"memory\"\nclients = \"sqlite:a.db\"",
            "\"memory\" can't be the default store",
        ),
        (
            "default = \"sqlite\"\nrevoked-tokens = \"memory\"",
            "put revoked-tokens into a store",
        ),
        (
            "default = \"sqlite\"\ndpop-proofs = \"memory\"",
            "put dpop-proofs into a store",
        ),
    ] {
        let file = home.file("c.toml", &format!("[store]\n{mix}"));
        home.run(&["serve", "--listen", "127.0.0.1:0", "--config", &file])
            .fails(3, &[problem]);
    }
}

#[test]
fn a_file_with_a_password_is_not_open_to_all() {
    let home = Home::new();
    let url = "postgres://ann:hunter2@127.0.0.1:1/db";
    for section in [
        format!("store = \"{url}\""),
        format!("[store]\nsessions = \"{url}\""),
    ] {
        let file = home.file("c.toml", &section);
        for (mode, seen) in [(0o644, true), (0o640, false)] {
            std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            let serve = home.run(&["serve", "--listen", "127.0.0.1:0", "--config", &file]);
            assert_eq!(serve.err.contains("chmod o-r"), seen, "{serve:?}");
            assert!(!serve.err.contains("hunter2"), "{serve:?}");
        }
    }
}

#[test]
fn a_namespace_without_records_is_named() {
    let (database, home) = (Postgres::start().unwrap(), Home::new());
    let list = home.command(&["client", "list"]);
    let list = list.env("GRANTOR_STORE_URL", &database.url()).run();
    list.fails(
        3,
        &["no records of the namespace \"grantor\"", "store.namespace"],
    );
}

#[test]
fn what_a_store_can_not_list_is_no_empty_list() {
    let redis = Redis::start().unwrap();
    let home = Home::new();
    let file = home.file("c.toml", &format!("store = \"{}\"", redis.url()));
    furnish(&home, |run| run.arg("--config").arg(&file));
    for (command, kind) in [("client", "clients"), ("user", "accounts")] {
        let listed = home.run(&[command, "list", "--config", &file]);
        listed.fails(3, &[&format!("the store of {kind} can't list them")]);
    }
}

#[test]
fn a_password_is_no_argument_and_in_no_message() {
    let home = Home::new();
    let url = "postgres://ann:hunter2@127.0.0.1:1/db";
    let argument = home.run(&["serve", "--store-url", url]);
    argument.fails(2, &["GRANTOR_STORE_URL"]);
    let serve = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let unreachable = serve.env("GRANTOR_STORE_URL", url).run();
    unreachable.fails(1, &["127.0.0.1:1"]);
    let wrong = home.command(&["client", "list"]);
    let wrong = wrong
        .env("GRANTOR_STORE_URL", "cassandra://ann:hunter2@h/")
        .run();
    wrong.fails(3, &["GRANTOR_STORE_URL", "postgres://"]);
    let key = home
        .command(&["serve"])
        .env("GRANTOR_MASTER_KEY", "hunter2");
    let key = key.run();
    key.fails(3, &["GRANTOR_MASTER_KEY", "32 bytes"]);
    for done in [argument, unreachable, wrong, key] {
        assert!(!done.err.contains("hunter2"), "{done:?}");
    }
    let backup = home.command(&["backup", "copy.db", "--store-url", "postgres://h/"]);
    backup.run().fails(3, &["tools of any other database"]);
}
