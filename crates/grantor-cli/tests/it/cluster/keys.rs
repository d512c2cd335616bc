//! Keys that all servers agree on, while they are replaced.

use grantor_jose::base64url;
use grantor_testservers::Postgres;

use super::load;
use super::servers::{KEY, Servers};
use super::statistics::Statistics;
use crate::grantor::eventually;

#[test]
fn the_master_key_is_replaced_while_servers_serve() {
    let database = Postgres::start().unwrap();
    let mut servers = Servers::start(&database.url());
    let statistics = Statistics::new();
    let (old, new) = (base64url::encode(KEY), base64url::encode([8; 32]));
    let reseal = |servers: &Servers, more: &[&str]| {
        let args = [&["store", "reseal", "--json"], more].concat();
        let counted = servers.command(&args).run().ok().json();
        let total = |name: &str| -> u64 {
            let kinds = counted[name].as_object().unwrap().values();
            kinds.map(|count| count.as_u64().unwrap()).sum()
        };
        [total("older"), total("newest"), total("unreadable")]
    };
    load::run(&mut servers, 2, &statistics, |servers| {
        let roll = |servers: &mut Servers, keys: String| {
            servers.master_key = keys;
            for place in 0..3 {
                statistics.wait_for_more("refreshes", 3);
                servers.stop(place);
                servers.restart(place);
            }
        };
        roll(servers, format!("{old} {new}"));
        roll(servers, format!("{new} {old}"));
        // The user, the server's keys, and the mark of the master key.
        assert_eq!(reseal(servers, &["--dry-run"]), [3, 0, 0]);
        assert_eq!(reseal(servers, &[]), [3, 0, 0]);
        assert_eq!(reseal(servers, &["--dry-run"]), [0, 3, 0]);
        roll(servers, new.clone());
        statistics.wait_for_more("refreshes", 3);
    });
    println!("{statistics}");
    servers.master_key = old;
    let refused = servers.command(&["client", "list"]).run();
    refused.fails(3, &["another master key"]);
}

#[test]
fn servers_agree_on_the_keys_that_sign() {
    let database = Postgres::start().unwrap();
    let signed = "[tokens]\nformat = \"es256\"\naudience = \"https://api.example\"\n";
    let servers = Servers::start_with(&database.url(), signed);
    let published = || {
        let keys = servers.all().map(|server| server.get("/jwks").body);
        let keys: Vec<_> = keys.collect();
        assert!(keys.iter().all(|own| *own == keys[0]), "{keys:?}");
        keys[0].clone()
    };
    let before = published();
    let secret = &*servers.secret;
    let ask = || servers.all().map(|server| server.ask_token("job", secret));
    let old: Vec<_> = ask().map(|answer| answer.text("access_token")).collect();
    servers.command(&["key", "rotate", "--now"]).run().ok();
    // One starts with the new key, and each of the others takes its tokens all the same.
    let mut servers_with_one_new = servers;
    servers_with_one_new.stop(0);
    servers_with_one_new.restart(0);
    let servers = servers_with_one_new;
    let first = servers.all().next().unwrap();
    let new = first.ask_token("job", &servers.secret).text("access_token");
    for server in servers.all() {
        for token in old.iter().chain([&new]) {
            // A key that a server does not know is looked for once in a second.
            eventually("a known key", || {
                server.is_active(token, "job", &servers.secret)
            });
        }
    }
    assert_ne!(first.get("/jwks").body, before);
    let keys: Vec<_> = servers
        .all()
        .map(|server| server.get("/jwks").body)
        .collect();
    assert!(keys.iter().all(|own| *own == keys[0]), "{keys:?}");
}
