//! An attack on passwords over 100 connections, which must stop nobody else.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::grantor::{Home, Serving, eventually};
use crate::web::{Answer, REDIRECT_URI, Visitor, call_from, hidden, try_post};

const CONNECTIONS: usize = 100;
const HONEST: u8 = 20;
const IN_TIME: Duration = Duration::from_secs(3);
const PASSWORD: &str = "a password of somebody";

fn home_with_users() -> Home {
    let home = Home::new();
    let spa = [
        "client",
        "add",
        "spa",
        "--public",
        "--grant",
        "authorization_code",
    ];
    let settings = ["--scope", "read", "--redirect-uri", REDIRECT_URI];
    home.run(&[&spa[..], &settings].concat()).ok();
    home.add_user("victim", PASSWORD);
    for number in 0..HONEST {
        home.add_user(&format!("user-{number}"), PASSWORD);
    }
    home
}

/// A page that asks for the password, and the cookies of its browser.
struct LoginPage {
    page: Answer,
    cookies: String,
}

impl LoginPage {
    fn open(server: &Serving) -> Self {
        let mut visitor = Visitor::new(server);
        let page = visitor.open("spa");
        Self {
            page,
            cookies: visitor.cookie_header(),
        }
    }

    fn guess(&self, address: SocketAddr, name: &str, password: &str) -> Option<u16> {
        let form = [
            ("interaction", hidden(&self.page, "interaction")),
            ("csrf", hidden(&self.page, "csrf")),
            ("username", name),
            ("password", password),
        ];
        let cookies = [("cookie", &*self.cookies)];
        let answer = try_post(address, "/authorize/continue", &form, &cookies)?;
        Some(answer.status)
    }
}

/// How long a login takes, if it leads to the page after it.
fn sign_in(visitor: &mut Visitor<'_>, name: &str) -> Result<Duration, u16> {
    let began = Instant::now();
    let answer = visitor.log_in("spa", name, PASSWORD);
    let is_next = answer.status == 200 && answer.body.contains("decision");
    is_next.then(|| began.elapsed()).ok_or(answer.status)
}

fn under_attack(what: &str, name: impl Fn(usize) -> String + Sync) {
    let home = home_with_users();
    let server = home.serve(&[]);
    call_from(Ipv4Addr::new(127, 0, 0, 5));
    let mut known = Visitor::new(&server);
    sign_in(&mut known, "victim").unwrap();
    known.forget_session();

    let (over, guesses, answered) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                call_from(Ipv4Addr::new(127, 0, 0, 2));
                let page = LoginPage::open(&server);
                while !over.load(Ordering::Relaxed) {
                    let number = guesses.fetch_add(1, Ordering::Relaxed);
                    if page.guess(server.address, &name(number), "wrong").is_some() {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        eventually("the attack", || {
            answered.load(Ordering::Relaxed) > CONNECTIONS
        });
        let honest: Vec<_> = (0..HONEST)
            .map(|number| {
                call_from(Ipv4Addr::new(127, 0, 0, 10 + number));
                sign_in(&mut Visitor::new(&server), &format!("user-{number}"))
            })
            .collect();
        call_from(Ipv4Addr::new(127, 0, 0, 5));
        let own_browser = sign_in(&mut known, "victim");
        over.store(true, Ordering::Relaxed);
        let in_time = |login: &Result<Duration, u16>| login.is_ok_and(|took| took <= IN_TIME);
        let good = honest.iter().filter(|login| in_time(login)).count();
        let guesses = guesses.load(Ordering::Relaxed);
        assert_eq!(
            good,
            usize::from(HONEST),
            "{what}, {guesses} guesses: {honest:?}"
        );
        assert!(
            in_time(&own_browser),
            "{what}, {guesses} guesses: {own_browser:?}"
        );
    });
}

#[test]
#[ignore = "a load of seconds that wants the machine for itself, with --release and by its name"]
fn an_attack_on_one_account_stops_nobody() {
    under_attack("one account", |_| "victim".to_owned());
}

#[test]
#[ignore = "a load of seconds that wants the machine for itself, with --release and by its name"]
fn an_attack_with_new_names_stops_nobody() {
    under_attack("new names", |number| format!("nobody-{number}"));
}
