//! What operators do to a cluster in use: they replace programs, and restore a backup.

use grantor_testservers::Postgres;

use super::load;
use super::person::Person;
use super::servers::{PUBLIC_CLIENT, SERVICE, Servers};
use super::statistics::Statistics;
use crate::web::{redeem, refresh};

/// As an upgrade does: each server is taken out, stopped, and started anew.
#[test]
fn servers_are_replaced_one_by_one_and_every_request_is_answered() {
    let database = Postgres::start().unwrap();
    let mut servers = Servers::start(&database.url());
    let statistics = Statistics::new();
    load::run(&mut servers, 3, &statistics, |servers| {
        for place in 0..3 {
            statistics.wait_for_more("refreshes", 5);
            servers.take_out(place);
            // What was sent to it before has come to it.
            statistics.wait_for_more("answered", 6);
            servers.stop(place);
            statistics.wait_for_more("refreshes", 5);
            servers.restart(place);
        }
        statistics.wait_for_more("refreshes", 10);
    });
    println!("{statistics}");
    for event in ["without an answer", "unavailable", "logins lost"] {
        assert_eq!(statistics.of(event), 0, "{event}: {statistics}");
    }
}

#[test]
fn a_backup_that_was_made_in_use_has_what_was_answered_before() {
    let (database, restored) = (Postgres::start().unwrap(), Postgres::start().unwrap());
    let mut servers = Servers::start(&database.url());
    let statistics = Statistics::new();
    let mut person = Person::sign_in(servers.balancer.address);
    let (mut tokens, mut service_tokens) = (Vec::new(), Vec::new());
    load::run(&mut servers, 3, &statistics, |servers| {
        for server in servers.all() {
            statistics.wait_for_more("refreshes", 5);
            let code = person.code().unwrap();
            let answer = redeem(server, PUBLIC_CLIENT, &code);
            tokens.push(answer.text("refresh_token"));
            let answer = server.ask_token(SERVICE, &servers.secret);
            service_tokens.push(answer.text("access_token"));
        }
        database.copy_to(&restored).unwrap();
        statistics.wait_for_more("refreshes", 5);
    });
    let later = servers.all().next().unwrap();
    let later = later
        .ask_token(SERVICE, &servers.secret)
        .text("access_token");
    drop(database);
    servers.move_to(&restored.url());
    for (server, token) in servers.all().zip(&tokens) {
        let refreshed = refresh(server, PUBLIC_CLIENT, token);
        assert_eq!(refreshed.status, 200, "{refreshed:?}");
        for token in &service_tokens {
            assert!(server.is_active(token, SERVICE, &servers.secret));
        }
        assert!(!server.is_active(&later, SERVICE, &servers.secret));
    }
    assert!(person.code().is_some(), "the session is there");
}
