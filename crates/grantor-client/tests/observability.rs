//! Spans, logs and counters: their content, and the secrets that they must not have.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use grantor_client::{Observed, Server, Tokens};
use grantor_testkit::{Endpoint, Fault};
use support::World;
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// The log.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Logs everything there is, of this thread, as long as the guard lives.
fn log_everything() -> (Log, tracing::subscriber::DefaultGuard) {
    // As long as there is one dispatch alone, a place that logs for the first time asks that of its
    // own thread, which may be none, and remembers the answer for all.
    static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| Dispatch::new(tracing_subscriber::registry()));
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    (log, guard)
}

#[tokio::test(start_paused = true)]
async fn every_renewal_is_a_span_that_says_whose_and_why() {
    let (log, _guard) = log_everything();
    let world = World::new();
    let tokens = world.here(world.client()).build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.server.revoke_access_tokens();
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.advance(3310);
    assert_eq!(world.call(&tokens).await.status(), 200);
    support::settle().await;
    let text = log.text();
    for why in ["needed", "rejected", "early"] {
        let span = format!(
            "grantor.token{{issuer=\"https://idp.example\" client_id=\"app\" why=\"{why}\"}}"
        );
        assert!(
            text.contains(&format!("{span}: grantor_client::cache::slot: new")),
            "{why}: {text}"
        );
        assert!(
            text.contains(&format!("{span}: grantor_client::cache::slot: close")),
            "{why}: {text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_an_issuer_is_named_by_its_token_endpoint() {
    let (log, _guard) = log_everything();
    let world = World::new();
    let server = Server::at_token_endpoint("https://idp.example/token");
    let client = Tokens::client_credentials(server, "app", "s3cret");
    let tokens = world.here(client).build().unwrap();
    tokens.get().await.unwrap();
    let span = "grantor.token{issuer=\"https://idp.example/token\" client_id=\"app\"";
    assert!(log.text().contains(span), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_failed_is_one_warning_with_its_cause_and_who_has_to_act() {
    for (fault, kind, cause) in [
        (
            Fault::Refused("invalid_client"),
            "configuration",
            "invalid_client",
        ),
        (
            Fault::Refused("invalid_grant"),
            "needs_login",
            "invalid_grant",
        ),
        (Fault::Unavailable(1), "transient", "503"),
        (Fault::Html, "refused", "JSON"),
    ] {
        let (log, _guard) = log_everything();
        let world = World::new();
        let first = world.server.new_refresh_token();
        let tokens = world.here(world.login(&first)).build().unwrap();
        world.server.fail_always(Endpoint::Token, fault);
        assert!(tokens.get().await.is_err(), "{kind}");
        let text = log.text();
        let failed: Vec<_> = text
            .lines()
            .filter(|line| line.contains("the token was not renewed"))
            .collect();
        let [failed] = failed[..] else {
            panic!("{kind}: {text}");
        };
        for part in [
            "WARN",
            "grantor.token{issuer=\"https://idp.example\" client_id=\"app\" why=\"needed\"}",
            &format!("kind=\"{kind}\""),
            cause,
        ] {
            assert!(failed.contains(part), "{part}: {failed}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_logged_is_secret() {
    let (log, _guard) = log_everything();
    let world = World::new();
    world.server.add_user("ada", "hunter2-password");
    let first = world.server.new_refresh_token();
    let login = world.here(world.login(&first).client_secret("hunter2-secret"));
    let login = login.build().unwrap();
    let mut secrets = vec![first, "hunter2".to_owned()];
    for fault in [
        None,
        Some(Fault::AnswerLost),
        Some(Fault::Html),
        Some(Fault::Status(500)),
    ] {
        if let Some(fault) = fault {
            world.server.fail_next(fault);
        }
        let _ = world.here(world.client()).build().unwrap().get().await;
        if let Ok(set) = login.token_set().await {
            secrets.push(set.access_token.expose().to_owned());
            secrets.extend(set.refresh_token.map(|token| token.expose().to_owned()));
        }
        world.advance(3600);
    }
    world
        .server
        .fail_always(Endpoint::Token, Fault::Refused("invalid_grant"));
    let _ = login.get().await;
    let text = log.text();
    assert!(text.contains("the login is over"), "{text}");
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret} in {text}");
    }
}

#[cfg(feature = "metrics")]
mod counters {
    use std::collections::BTreeMap;

    use grantor_client::MetricsRecorder;
    use metrics::{
        Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    };

    use super::*;

    /// Sums of counters by name and labels.
    #[derive(Debug, Clone, Default)]
    struct Sums(Arc<Mutex<BTreeMap<String, u64>>>);

    struct Sum(Sums, String);

    impl CounterFn for Sum {
        fn increment(&self, value: u64) {
            let mut sums = self.0.0.lock().unwrap();
            *sums.entry(self.1.clone()).or_default() += value;
        }

        fn absolute(&self, _: u64) {}
    }

    impl Recorder for Sums {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            let labels = key.labels().map(|l| format!("{}={}", l.key(), l.value()));
            let labels: Vec<_> = labels.collect();
            let name = format!("{}{{{}}}", key.name(), labels.join(","));
            Counter::from_arc(Arc::new(Sum(self.clone(), name)))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn counts_reach_the_recorder_of_the_metrics_crate() {
        let sums = Sums::default();
        let _guard = metrics::set_default_local_recorder(&sums);
        let world = World::new();
        let builder = world.client().metrics(MetricsRecorder::new("app"));
        let tokens = world.here(builder).build().unwrap();
        for _ in 0..3 {
            world.call(&tokens).await;
        }
        let sums = sums.0.lock().unwrap().clone();
        let sum = |name: &str| sums.get(&format!("{name}{{client_id=app}}")).copied();
        assert_eq!(sum("grantor_token_renewals_total"), Some(1));
        assert_eq!(sum("grantor_token_waits_total"), Some(1));
        assert_eq!(sum("grantor_token_hits_total"), Some(2));
        assert_eq!(sum("grantor_token_failures_total"), None);
    }
}

/// With everything that OpenID Connect and a resource that is found add to the requests and answers.
#[tokio::test(start_paused = true)]
async fn a_sign_in_logs_and_shows_no_secret() {
    let (log, _guard) = log_everything();
    let world = World::new();
    world.server.set_clock(&world.clock);
    world.server.set_initial_access_token("initial-token");
    let login = Tokens::login(support::ISSUER, "app").scope("openid");
    let flow = world.here(login).code_flow("https://app.example/callback");
    let flow = flow.unwrap();
    let started = flow.start().await.unwrap();
    let mut shown = format!("{flow:?}{started:?}");
    let redirect = world.server.approve(&started.url);
    let signed_in = flow.finish(started.pending, redirect.as_str()).await;
    let signed_in = signed_in.unwrap();
    let info = flow.user_info(&signed_in.tokens, "user-1").await.unwrap();
    shown += &format!("{signed_in:?}{info:?}");
    world.advance(3601);
    let token = signed_in.tokens.get().await.unwrap();
    shown += &format!("{token:?}");
    let (server, seen) = (world.server.clone(), Arc::new(Mutex::new(String::new())));
    let url = Arc::clone(&seen);
    let builder = Tokens::for_resource("https://api.example/mcp")
        .register_as(grantor_core::ClientMetadata::default())
        .initial_access_token(support::ISSUER, "initial-token")
        .authorize_by("http://127.0.0.1:8000/callback", move |at| {
            let redirect = server.approve(&at).to_string();
            *url.lock().unwrap() = redirect.clone();
            async move { Ok(redirect) }
        });
    shown += &format!("{builder:?}");
    let tokens = world.here(builder).build().unwrap();
    let mut request = http::Request::get("https://api.example/mcp")
        .body(())
        .unwrap();
    let attempt = tokens.prepare(&mut request).await.unwrap();
    let answer = world.server.api(&request);
    let observed = attempt.observe(&answer).await;
    shown += &format!("{observed:?}");
    let Observed::Resend(resend) = observed else {
        panic!("the answer leads to no sign-in");
    };
    let attempt = resend.prepare(&mut request).await.unwrap();
    shown += &format!("{tokens:?}{attempt:?}");
    let text = log.text() + &shown;
    let id_token = token.extra["id_token"].as_str().unwrap();
    let payload = id_token.split('.').nth(1).unwrap();
    let mut secrets = vec!["initial-token", "registration-1", "secret-1", payload];
    secrets.extend(["access-1", "refresh-1", "user-1", "code-1"]);
    let redirect = seen.lock().unwrap().clone();
    let redirect = url::Url::parse(&redirect).unwrap();
    let state = redirect.query_pairs().find(|(name, _)| name == "state");
    let state = state.unwrap().1.into_owned();
    secrets.push(&state);
    for secret in secrets {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
