//! Hooks on requests and answers, and callbacks.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor_client::{Event, MetricEvent, Metrics, RequestKind};
use grantor_core::{IntrospectionRequest, RevocationRequest};
use grantor_testkit::{Endpoint, Fault};
use http::HeaderValue;
use support::{World, request, settle};

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, text: impl Into<String>) {
    log.lock().unwrap().push(text.into());
}

fn noted(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

#[tokio::test(start_paused = true)]
async fn every_request_and_answer_passes_the_hooks_in_order() {
    let world = World::new();
    let log = Log::default();
    let (first, second, third) = (log.clone(), log.clone(), log.clone());
    let login = world.login(&world.server.new_refresh_token());
    let tokens = world
        .here(login)
        .on_request(move |call, request| {
            request
                .headers_mut()
                .insert("x-seen", HeaderValue::from_static("1"));
            note(&first, format!("{call:?} sync"));
        })
        .on_request_async(move |call, request| {
            let second = second.clone();
            Box::pin(async move {
                tokio::task::yield_now().await;
                let seen = request.headers()["x-seen"] == "1";
                note(&second, format!("{call:?} async after {seen}"));
            })
        })
        .on_response(|_, response| {
            let seen = HeaderValue::from_static("1");
            response.headers_mut().insert("x-seen", seen);
        })
        .on_response(move |call, response| {
            let seen = response.headers().contains_key("x-seen");
            let status = response.status().as_u16();
            note(&third, format!("{call:?} {status} after {seen}"));
        })
        .build()
        .unwrap();
    let token = tokens.get().await.unwrap().secret;
    assert_eq!(
        noted(&log),
        [
            "Discovery sync",
            "Discovery async after true",
            "Discovery 200 after true",
            "Refresh sync",
            "Refresh async after true",
            "Refresh 200 after true"
        ]
    );
    tokens
        .introspect(&IntrospectionRequest::new(token.clone()))
        .await
        .unwrap();
    tokens.revoke(&RevocationRequest::new(token)).await.unwrap();
    let calls: Vec<_> = noted(&log)
        .into_iter()
        .filter(|text| text.ends_with("sync"))
        .collect();
    assert_eq!(calls, ["Introspection sync", "Revocation sync"]);
    let sent = world.server.last_token_request().unwrap();
    assert_eq!(sent.headers()["x-seen"], "1");
}

#[tokio::test(start_paused = true)]
async fn a_hook_may_mend_an_answer() {
    let world = World::new();
    world.server.answer_tokens_with(|members| {
        let mut nested = serde_json::Map::new();
        nested.insert("data".to_owned(), members.clone().into());
        grantor_testkit::answer::json(200, &nested.into())
    });
    let builder = world.here(world.client()).on_response(|call, response| {
        if call == RequestKind::Token {
            let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
            *response.body_mut() = body["data"].to_string().into();
        }
    });
    assert_eq!(world.call(&builder.build().unwrap()).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn requests_to_apis_pass_the_hooks_too() {
    let world = World::new();
    let tokens = world
        .here(world.client())
        .on_api_request(|request| {
            let value = HeaderValue::from_str(request.method.as_str()).unwrap();
            request.headers.insert("x-method", value);
        })
        .on_api_request_async(|request| {
            Box::pin(async move {
                tokio::task::yield_now().await;
                let seen = request.headers["x-method"].clone();
                request.headers.insert("x-second", seen);
            })
        })
        .build()
        .unwrap();
    let mut request = request();
    let _attempt = tokens.prepare(&mut request).await.unwrap();
    assert_eq!(request.headers()["x-second"], "GET");
    assert!(request.headers().contains_key("authorization"));
}

#[tokio::test(start_paused = true)]
async fn a_hook_can_not_lead_the_token_elsewhere() {
    let world = World::new();
    let builder = world.here(world.client()).on_api_request(|request| {
        *request.uri = "https://evil.example/".parse().unwrap();
    });
    let tokens = builder.build().unwrap();
    let mut request = request();
    let error = tokens.prepare(&mut request).await.unwrap_err();
    assert!(error.is_configuration());
    assert!(!request.headers().contains_key("authorization"));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_announced_before_the_new_token_is_used() {
    let world = World::new();
    let log = Log::default();
    let (told, waited) = (log.clone(), log.clone());
    let first = world.server.new_refresh_token();
    let tokens = world
        .here(world.login(&first))
        .on_change(move |change| {
            let old = change.old.as_ref();
            let spent = old.and_then(|old| old.refresh_token.as_ref());
            let new = change.new.refresh_token.as_ref().unwrap();
            let spent = spent.map_or("none", |token| token.expose());
            note(&told, format!("{spent} -> {}", new.expose()));
        })
        .on_change_async(move |_| {
            let waited = waited.clone();
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                note(&waited, "stored");
            })
        })
        .build()
        .unwrap();
    tokens.get().await.unwrap();
    let second = tokens.token_set().await.unwrap().refresh_token.unwrap();
    assert_eq!(
        noted(&log),
        [format!("none -> {}", second.expose()), "stored".into()]
    );
    world.advance(4000);
    tokens.get().await.unwrap();
    let third = tokens.token_set().await.unwrap().refresh_token.unwrap();
    let expected = format!("{} -> {}", second.expose(), third.expose());
    assert_eq!(noted(&log), [expected, "stored".into()]);
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_never_ends_delays_and_does_not_block() {
    let world = World::new();
    let log = Log::default();
    let events = log.clone();
    let tokens = world
        .here(world.client())
        .on_change_async(|_| Box::pin(std::future::pending()))
        .on_event(move |event| note(&events, format!("{event:?}")))
        .build()
        .unwrap();
    let began = tokio::time::Instant::now();
    tokens.get().await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(10));
    assert_eq!(noted(&log), ["ChangeNotTaken", "Renewed"]);
}

#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<MetricEvent>>>);

impl Metrics for Recorder {
    fn count(&self, counted: MetricEvent) {
        self.0.lock().unwrap().push(counted);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_reaches_the_metrics() {
    let world = World::new();
    let recorder = Recorder::default();
    let builder = world.here(world.client()).metrics(recorder.clone());
    let tokens = builder.build().unwrap();
    assert_eq!(world.call(&tokens).await.status(), 200);
    assert_eq!(world.call(&tokens).await.status(), 200);
    world.server.revoke_access_tokens();
    assert_eq!(world.call(&tokens).await.status(), 200);
    settle().await;
    let count = |what| {
        recorder
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|&&c| c == what)
            .count() as u64
    };
    let counts = tokens.counts();
    assert_eq!(count(MetricEvent::Hit), counts.hits);
    assert_eq!(count(MetricEvent::Renewal), 2);
    assert_eq!(count(MetricEvent::Wait), counts.waits);
    assert_eq!(count(MetricEvent::Rejection), 1);
    assert_eq!(count(MetricEvent::Failure), 0);
}

#[tokio::test(start_paused = true)]
async fn events_tell_what_failed() {
    let world = World::new();
    let log = Log::default();
    let events = log.clone();
    let builder = world.here(world.client()).on_event(move |event| {
        if let Event::RenewalFailed(error) = event {
            note(&events, error.to_string());
        }
    });
    world
        .server
        .fail_always(Endpoint::Token, Fault::Status(503));
    builder.build().unwrap().get().await.unwrap_err();
    assert_eq!(noted(&log).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_a_hook_strikes_out_holds_nobody_up() {
    let world = World::new();
    let builder = world.here(world.client()).on_response(|_, response| {
        response.headers_mut().remove("retry-after");
    });
    let tokens = builder.build().unwrap();
    world
        .server
        .fail_times(Endpoint::Token, 3, Fault::Unavailable(60));
    assert_eq!(tokens.get().await.unwrap_err().retry_after(), None);
    assert!(tokens.with_scope("read").unwrap().get().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_change_tells_all_that_is_known_of_the_new_token() {
    let world = World::new();
    world.server.omit("scope");
    let told = Arc::new(Mutex::new(None));
    let tell = Arc::clone(&told);
    let login = world.login(&world.server.new_refresh_token()).scope("read");
    let builder = world.here(login).on_change(move |change| {
        *tell.lock().unwrap() = Some(change.new.clone());
    });
    let tokens = builder.build().unwrap();
    let token = tokens.get().await.unwrap();
    assert_eq!(
        token.scope.as_ref().map(|scope| scope.as_str()),
        Some("read")
    );
    let set = tokens.token_set().await.unwrap();
    assert_eq!(
        set.expires_at,
        Some(world.now() + Duration::from_secs(3600))
    );
    assert_eq!(told.lock().unwrap().as_ref(), Some(&set));
}
