//! Mixed traffic, held against a model.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use grantor_core::CodeVerifier;

use super::model::{Grant, Model};
use super::person::Person;
use super::servers::{PUBLIC_CLIENT, SERVICE, Servers};
use super::statistics::Statistics;
use crate::web::{Answer, REDIRECT_URI, VERIFIER, try_post};

/// How long a client goes on trying: longer than any outage here.
const LONGEST_OUTAGE: Duration = Duration::from_secs(120);
/// How long it waits between two tries.
const PAUSE: Duration = Duration::from_millis(20);
/// A program with more grants than this ends some.
const MOST_GRANTS: usize = 12;

/// A program that signs users in, refreshes and asks, until it is told to end.
pub(super) struct Program<'a> {
    address: SocketAddr,
    secret: &'a str,
    statistics: &'a Statistics,
    person: Person,
    model: Model,
    /// For what it does next.
    draws: u64,
}

/// Runs programs while `meanwhile` does something to servers and database. Then everything they were
/// answered must be true.
pub(super) fn run(
    servers: &mut Servers,
    programs: usize,
    statistics: &Statistics,
    meanwhile: impl FnOnce(&mut Servers),
) {
    run_and_count(servers, programs, statistics, meanwhile);
    statistics.assert_nothing_wrong();
}

/// The same for a database that may lose what it acknowledged: what is not true is counted.
pub(super) fn run_and_count(
    servers: &mut Servers,
    programs: usize,
    statistics: &Statistics,
    meanwhile: impl FnOnce(&mut Servers),
) {
    let (address, secret) = (servers.balancer.address, servers.secret.clone());
    let [seed] = grantor_http::system().random_bytes::<1>();
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..programs {
            let (end, secret) = (&end, &*secret);
            scope.spawn(move || {
                let draws = u64::from(seed) << 8 | number as u64;
                let mut program = Program {
                    address,
                    secret,
                    statistics,
                    person: Person::sign_in(address),
                    model: Model::default(),
                    draws,
                };
                while !end.load(Ordering::Relaxed) {
                    program.step();
                }
                program.check_everything();
            });
        }
        // Also if it panics, or the programs would go on for ever.
        let _at_the_end = AtTheEnd(&end);
        meanwhile(servers);
    });
}

struct AtTheEnd<'a>(&'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Program<'_> {
    fn draw(&mut self) -> usize {
        let next = self.draws.wrapping_mul(6_364_136_223_846_793_005);
        self.draws = next.wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.draws >> 33).unwrap()
    }

    fn step(&mut self) {
        let draw = self.draw();
        match draw % 100 {
            _ if self.model.number_of_living() == 0 => self.sign_in(false),
            _ if self.model.number_of_living() > MOST_GRANTS => self.revoke(draw),
            0..35 => self.refresh(draw),
            35..45 => self.refresh_twice(draw),
            45..55 => self.sign_in(false),
            55..62 => self.sign_in(true),
            62..75 => self.introspect(draw),
            75..80 => self.revoke(draw),
            80..83 => self.replay(draw),
            83..92 => self.service_token(),
            _ => self.introspect_service_token(draw),
        }
    }

    /// One try. None: no answer, or "not now".
    fn try_once(&self, path: &str, form: &[(&str, &str)]) -> Option<Answer> {
        let began = Instant::now();
        let answer = try_post(self.address, path, form, &[]);
        self.statistics.answered(began.elapsed());
        self.statistics
            .count(match answer.as_ref().map(|a| a.status) {
                None => "without an answer",
                Some(503) => "unavailable",
                Some(_) => "answered",
            });
        answer.filter(|answer| answer.status != 503)
    }

    /// Tries until there is an answer. Whether an earlier try may have had its effect.
    fn ask(&self, path: &str, form: &[(&str, &str)]) -> (Answer, bool) {
        let (began, mut tried_before) = (Instant::now(), false);
        loop {
            if let Some(answer) = self.try_once(path, form) {
                return (answer, tried_before);
            }
            assert!(began.elapsed() < LONGEST_OUTAGE, "no answer at {path}");
            tried_before = true;
            thread::sleep(PAUSE);
        }
    }

    fn wrong(&self, what: &str, answer: &Answer) {
        self.statistics.wrong(format!("{what}: {answer:?}"));
    }

    fn sign_in(&mut self, twice: bool) {
        let Some(code) = self.person.code() else {
            self.statistics.count("sign-ins without a code");
            thread::sleep(PAUSE);
            return;
        };
        let verifier = CodeVerifier::from_random(VERIFIER);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", PUBLIC_CLIENT),
            ("code_verifier", verifier.expose()),
        ];
        let mut tried_before = false;
        if twice {
            let (this, form) = (&*self, &form);
            let answers = thread::scope(|scope| {
                let both = [(); 2].map(|()| scope.spawn(move || this.try_once("/token", form)));
                both.map(|thread| thread.join().unwrap())
            });
            let all_answered = answers.iter().all(Option::is_some);
            let (mut good, bad): (Vec<_>, Vec<_>) =
                answers.into_iter().flatten().partition(|a| a.status == 200);
            if good.len() > 1 {
                self.wrong("a code was redeemed twice", &good[1]);
            }
            match good.pop() {
                Some(answer) => return self.redeemed_in_a_race(code, &answer),
                None if all_answered => {
                    return self.wrong("a code was redeemed by nobody", &bad[0]);
                }
                None => tried_before = true,
            }
        }
        let (answer, again) = self.ask("/token", &form);
        match answer.status {
            200 => self.redeemed(code, &answer),
            400 if tried_before || again => self.statistics.count("logins lost"),
            _ => self.wrong("a code was not redeemed", &answer),
        }
    }

    fn redeemed(&mut self, code: String, answer: &Answer) {
        self.statistics.count("codes redeemed");
        self.statistics.wrote();
        self.model.grants.push(Grant {
            code,
            refresh_token: answer.text("refresh_token"),
            access_tokens: vec![answer.text("access_token")],
            ended: false,
        });
    }

    /// Of two redemptions the one that comes later is a replay, if it found the code used.
    fn redeemed_in_a_race(&mut self, code: String, answer: &Answer) {
        self.redeemed(code, answer);
        let form = refresh_form(&self.model.grants.last().unwrap().refresh_token);
        let (answer, _) = self.ask("/token", &form.each_ref().map(|(n, v)| (*n, &**v)));
        let grant = self.model.grants.last_mut().unwrap();
        match answer.status {
            200 => take(grant, &answer),
            400 => {
                grant.ended = true;
                self.statistics.count("grants ended by a double redemption");
            }
            _ => self.wrong("after a race", &answer),
        }
    }

    fn refresh(&mut self, draw: usize) {
        let Some(grant) = self.model.living(draw) else {
            return;
        };
        let form = refresh_form(&grant.refresh_token);
        let (answer, _) = self.ask("/token", &form.each_ref().map(|(n, v)| (*n, &**v)));
        self.refreshed(draw, &answer);
    }

    fn refreshed(&mut self, draw: usize, answer: &Answer) {
        if answer.status != 200 {
            return self.wrong("a refresh token was refused", answer);
        }
        self.statistics.count("refreshes");
        self.statistics.wrote();
        take(self.model.living(draw).unwrap(), answer);
    }

    /// Both within the grace get the same successor, wherever they come to.
    fn refresh_twice(&mut self, draw: usize) {
        let Some(grant) = self.model.living(draw) else {
            return;
        };
        let form = refresh_form(&grant.refresh_token);
        let (this, form) = (&*self, form.each_ref().map(|(n, v)| (*n, &**v)));
        let answers = thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(move || this.ask("/token", &form).0));
            both.map(|thread| thread.join().unwrap())
        });
        let successors = answers.each_ref().map(|answer| match answer.status {
            200 => answer.text("refresh_token"),
            _ => String::new(),
        });
        if successors[0] != successors[1] {
            self.wrong("two successors of one refresh token", &answers[1]);
        }
        for answer in &answers {
            self.refreshed(draw, answer);
        }
    }

    fn revoke(&mut self, draw: usize) {
        let Some(grant) = self.model.living(draw) else {
            return;
        };
        let token = grant.refresh_token.clone();
        let form = [("token", &*token), ("client_id", PUBLIC_CLIENT)];
        let (answer, _) = self.ask("/revoke", &form);
        if answer.status != 200 {
            return self.wrong("a revocation was refused", &answer);
        }
        self.statistics.count("revocations");
        self.model.living(draw).unwrap().ended = true;
    }

    fn replay(&mut self, draw: usize) {
        let Some(grant) = self.model.living(draw) else {
            return;
        };
        let (code, verifier) = (grant.code.clone(), CodeVerifier::from_random(VERIFIER));
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", PUBLIC_CLIENT),
            ("code_verifier", verifier.expose()),
        ];
        let (answer, _) = self.ask("/token", &form);
        if answer.status != 400 {
            self.wrong("a code was redeemed again", &answer);
        }
        self.statistics.count("replays");
        self.model.living(draw).unwrap().ended = true;
    }

    fn introspect(&mut self, draw: usize) {
        let found = self.model.access_token(draw);
        if let Some((token, active)) = found.map(|(token, active)| (token.to_owned(), active)) {
            self.expect_active(&token, active);
        }
    }

    fn expect_active(&self, token: &str, active: bool) {
        let client = [("client_id", SERVICE), ("client_secret", self.secret)];
        let (answer, _) = self.ask("/introspect", &[&client[..], &[("token", token)]].concat());
        let found = (answer.status == 200).then(|| answer.json()["active"].as_bool());
        if found != Some(Some(active)) {
            self.wrong(&format!("a token that is active: {active}"), &answer);
        }
    }

    fn service_token(&mut self) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", SERVICE),
            ("client_secret", self.secret),
        ];
        let (answer, _) = self.ask("/token", &form);
        if answer.status != 200 {
            return self.wrong("client credentials were refused", &answer);
        }
        self.statistics.count("service tokens");
        self.statistics.wrote();
        self.model.service_tokens.push(answer.text("access_token"));
    }

    fn introspect_service_token(&self, draw: usize) {
        let tokens = &self.model.service_tokens;
        if let Some(token) = tokens.get(draw % tokens.len().max(1)) {
            self.expect_active(token, true);
        }
    }

    /// Everything that was ever answered, once all is well again.
    fn check_everything(&mut self) {
        for token in &self.model.service_tokens {
            self.expect_active(token, true);
        }
        for grant in &self.model.grants {
            let form = refresh_form(&grant.refresh_token);
            let (answer, _) = self.ask("/token", &form.each_ref().map(|(n, v)| (*n, &**v)));
            if (answer.status == 200) == grant.ended {
                self.wrong(&format!("at the end, of {grant:?}"), &answer);
            }
            for token in &grant.access_tokens {
                self.expect_active(token, !grant.ended);
            }
        }
    }
}

fn refresh_form(token: &str) -> [(&'static str, String); 3] {
    [
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", token.to_owned()),
        ("client_id", PUBLIC_CLIENT.to_owned()),
    ]
}

fn take(grant: &mut Grant, answer: &Answer) {
    grant.refresh_token = answer.text("refresh_token");
    grant.access_tokens.push(answer.text("access_token"));
}
