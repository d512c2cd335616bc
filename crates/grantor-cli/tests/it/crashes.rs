//! Servers that are killed, and disks that are full: nothing that was answered is lost, and nothing
//! that was refused is used up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use crate::grantor::{Home, Serving, eventually};
use crate::web::{REDIRECT_URI, Visitor, redeem, refresh, try_post};

/// The same at every start: tokens name it, and the port is another each time.
const SERVE: [&str; 2] = ["--issuer", "http://127.0.0.1:8787"];
const ROUNDS: usize = 10;

fn home_with_clients() -> (Home, String) {
    let home = Home::new();
    let secret = home.add_service("job", &[]);
    home.add_user("ann", "a password of ann");
    let grants = "authorization_code,refresh_token";
    let spa = ["client", "add", "spa", "--public", "--grant", grants];
    let settings = ["--scope", "read", "--redirect-uri", REDIRECT_URI];
    home.run(&[&spa[..], &settings].concat()).ok();
    (home, secret)
}

fn sign_in(server: &Serving) -> String {
    let code = Visitor::new(server).sign_in("spa", "ann", "a password of ann");
    redeem(server, "spa", &code).text("refresh_token")
}

/// Four logins that refresh all the time, and a service that gets tokens, until the server is killed.
#[test]
fn a_server_that_is_killed_loses_nothing_that_it_answered() {
    let (home, secret) = home_with_clients();
    let mut server = home.serve(&SERVE);
    let logins: Vec<_> = (0..4).map(|_| Mutex::new(sign_in(&server))).collect();
    for round in 0..ROUNDS {
        let (rotations, issued) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let address = server.address;
        thread::scope(|scope| {
            for login in &logins {
                scope.spawn(|| {
                    let mut token = login.lock().unwrap();
                    loop {
                        let form = [("refresh_token", &**token), ("client_id", "spa")];
                        let form = [&[("grant_type", "refresh_token")], &form[..]].concat();
                        let Some(answer) = try_post(address, "/token", &form, &[]) else {
                            break;
                        };
                        assert_eq!(answer.status, 200, "round {round}: {answer:?}");
                        *token = answer.text("refresh_token");
                        rotations.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            scope.spawn(|| {
                let client = [("client_id", "job"), ("client_secret", &*secret)];
                let form = [&[("grant_type", "client_credentials")], &client[..]].concat();
                while let Some(answer) = try_post(address, "/token", &form, &[]) {
                    issued.lock().unwrap().push(answer.text("access_token"));
                }
            });
            // Killed at another point each time.
            eventually("some rotations", || {
                rotations.load(Ordering::Relaxed) > 4 + 7 * round
            });
            server.signal(Signal::KILL);
            server.ended();
        });
        server = home.serve(&SERVE);
        for login in &logins {
            let mut token = login.lock().unwrap();
            // Current, or the predecessor of one whose answer was lost.
            let answer = refresh(&server, "spa", &token);
            assert_eq!(answer.status, 200, "round {round}: {answer:?}");
            *token = answer.text("refresh_token");
        }
        let issued = issued.into_inner().unwrap();
        assert!(!issued.is_empty());
        for token in issued {
            assert!(server.is_active(&token, "job", &secret), "round {round}");
        }
    }
}

/// The limit on the size of a file stands for a disk that is full.
#[test]
fn a_full_disk_burns_nothing_and_is_over_when_there_is_room() {
    let (home, secret) = home_with_clients();
    let config = home.file("grantor.toml", "[tokens]\ncode_lifetime = 600\n");
    let args = [&SERVE[..], &["--config", &config]].concat();
    let server = home.serve_command_for_full_files(&args).serve();
    let limit = |bytes| {
        let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(pid, Resource::Fsize, limit).unwrap();
    };
    let mut login = sign_in(&server);
    let code = Visitor::new(&server).sign_in("spa", "ann", "a password of ann");
    let mut issued = Vec::new();
    for round in 0..ROUNDS {
        let wal = home.path("grantor-data/grantor.db-wal");
        limit(Some(std::fs::metadata(wal).unwrap().len() + 20_000));
        let refused = loop {
            let answer = server.ask_token("job", &secret);
            match answer.status {
                200 => issued.push(answer.text("access_token")),
                _ => break answer,
            }
        };
        assert_eq!(refused.status, 503, "round {round}: {refused:?}");
        assert_eq!(refresh(&server, "spa", &login).status, 503);
        assert_eq!(redeem(&server, "spa", &code).status, 503);
        // Requests that write nothing are still answered.
        for token in &issued {
            assert!(server.is_active(token, "job", &secret));
        }

        limit(None);
        let answer = refresh(&server, "spa", &login);
        assert_eq!(answer.status, 200, "round {round}: {answer:?}");
        login = answer.text("refresh_token");
    }
    assert!(issued.len() > ROUNDS);
    assert_eq!(redeem(&server, "spa", &code).status, 200);
}
