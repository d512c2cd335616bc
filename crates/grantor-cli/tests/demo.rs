//! The demo as it is, and with a fault in every step.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use grantor_cli::demo::{DirectWire, Options, Outcome, Wire, play, run};
use grantor_core::Params;
use grantor_http::Transport;
use grantor_testkit::{Alteration, AlteredTransport};
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::Notify;

const STEPS: [&str; 10] = [
    "discover",
    "cold_100",
    "renew_background",
    "reject_401",
    "code_pkce",
    "refresh_rotate",
    "refresh_grace",
    "refresh_reuse",
    "introspect",
    "revoke",
];
const JSON: Options = Options {
    json: true,
    serve: false,
};
const LIMIT: Duration = Duration::from_secs(20);

/// A network with a fault in one step.
#[derive(Debug)]
struct Faulty {
    direct: DirectWire,
    step: &'static str,
    altered: AlteredTransport,
}

impl Faulty {
    fn new(
        step: &'static str,
        rule: impl Fn(&Request<Bytes>) -> Alteration + Send + Sync + 'static,
    ) -> Self {
        let direct = DirectWire::new().unwrap();
        let altered = AlteredTransport::new(direct.transport(step), rule);
        Self {
            direct,
            step,
            altered,
        }
    }
}

impl Wire for Faulty {
    fn transport(&self, step: &str) -> Arc<dyn Transport> {
        if step == self.step {
            return Arc::new(self.altered.clone());
        }
        self.direct.transport(step)
    }
}

fn play_json(wire: impl Wire) -> (Outcome, Vec<Value>) {
    let (wire, mut out): (Arc<dyn Wire>, _) = (Arc::new(wire), Vec::new());
    let began = Instant::now();
    let outcome = run(JSON, &wire, &mut out).unwrap();
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    let text = String::from_utf8(out).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (outcome, lines.collect())
}

/// A fault in one step: what is done to its traffic, and what the step must say.
struct Fault {
    step: &'static str,
    /// Any of these: on a slow machine a fault may show itself later.
    problems: &'static [&'static str],
    rule: fn(&Request<Bytes>) -> Alteration,
}

impl Fault {
    /// Plays with it, and sees that this step noticed it first, for the reason that is meant.
    fn check(&self) {
        let (outcome, lines) = play_json(Faulty::new(self.step, self.rule));
        assert!(!outcome.held());
        assert_eq!(outcome.failed.first(), Some(&self.step), "{lines:#?}");
        assert_eq!(outcome.played, STEPS);
        let line = lines.iter().find(|line| line["step"] == self.step);
        let line = line.unwrap();
        assert_eq!(line["ok"], false);
        let seen = line["detail"]["problem"].as_str().unwrap();
        let meant = self.problems.iter().any(|problem| seen.contains(problem));
        assert!(meant, "{}: {seen}", self.step);
    }
}

fn parameter(request: &Request<Bytes>, name: &str) -> Option<String> {
    let params = Params::parse(request.body()).ok()?;
    params.get(name).map(str::to_owned)
}

/// Changes the JSON of an answer.
fn change_json(change: impl FnOnce(&mut Value) + Send + 'static) -> Alteration {
    Alteration::change(move |answer| {
        answer.map(|body| {
            let mut json = serde_json::from_slice(&body).unwrap();
            change(&mut json);
            json.to_string().into()
        })
    })
}

#[test]
fn every_step_holds() {
    let (outcome, lines) = play_json(DirectWire::new().unwrap());
    assert!(outcome.held(), "{lines:#?}");
    assert_eq!(outcome.played, STEPS);
    let steps: Vec<&str> = lines.iter().map(|l| l["step"].as_str().unwrap()).collect();
    assert_eq!(steps, STEPS);
    for line in &lines {
        assert_eq!(line["ok"], true);
        assert!(line["ms"].as_f64().unwrap() > 0.0);
    }
    let detail = |step: usize| lines[step]["detail"].clone();
    assert_eq!(detail(0)["discovery_requests"], 3);
    assert_eq!(
        detail(1),
        json!({"calls": 100, "token_requests": 1, "introspection_requests": 100})
    );
    assert_eq!(detail(2)["waited"], 0);
    assert_eq!(detail(2)["token_requests"], 1);
    assert_eq!(
        detail(3),
        json!({"statuses": [401, 200], "token_requests": 1})
    );
    assert_eq!(
        detail(4),
        json!({
            "codes_issued": 1, "tokens_issued": 1, "authorization_requests": 1, "token_requests": 2,
        })
    );
    assert_eq!(detail(5), json!({"refresh_rotations": 1}));
    assert_eq!(
        detail(6),
        json!({"refresh_grace_uses": 1, "refresh_rotations": 0})
    );
    assert_eq!(detail(7)["replays"], 1);
    assert_eq!(detail(8)["introspection_requests"], 3);
    assert_eq!(detail(9), json!({"revocation_requests": 1}));
}

const FAULTS: [Fault; 10] = [
    Fault {
        step: "discover",
        problems: &["differ"],
        rule: |request| match request.uri().path() {
            "/.well-known/openid-configuration" => change_json(|metadata| {
                metadata["issuer"] = "https://other.example".into();
            }),
            _ => Alteration::Pass,
        },
    },
    Fault {
        step: "cold_100",
        problems: &["token requests: 2, expected 1"],
        rule: |request| match request.uri().path() {
            "/token" => Alteration::SendTwice,
            _ => Alteration::Pass,
        },
    },
    Fault {
        step: "renew_background",
        problems: &["[401], expected [200]", "the client has no token"],
        rule: |request| match request.uri().path() {
            "/token" => Alteration::swallow(StatusCode::SERVICE_UNAVAILABLE, "{}"),
            _ => Alteration::Pass,
        },
    },
    Fault {
        step: "reject_401",
        problems: &["200, expected 401"],
        rule: lose_revocation,
    },
    Fault {
        step: "code_pkce",
        problems: &["\"iss\""],
        rule: |_| Alteration::change(name_another_issuer),
    },
    Fault {
        step: "refresh_rotate",
        problems: &["still the same"],
        rule: |request| match parameter(request, "refresh_token") {
            Some(used) => change_json(|answer| answer["refresh_token"] = used.into()),
            None => Alteration::Pass,
        },
    },
    Fault {
        step: "refresh_grace",
        problems: &["uses within grace: 2, expected 1"],
        rule: |_| Alteration::SendTwice,
    },
    Fault {
        step: "refresh_reuse",
        problems: &["replays that the server noticed: 0, expected 1"],
        rule: |request| {
            static REFRESHES: AtomicUsize = AtomicUsize::new(0);
            let refresh = parameter(request, "refresh_token").is_some();
            // The first one rotates, the second one is the old token.
            if !refresh || REFRESHES.fetch_add(1, Ordering::Relaxed) != 1 {
                return Alteration::Pass;
            }
            Alteration::swallow(StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#)
        },
    },
    Fault {
        step: "introspect",
        problems: &["an invented token says more"],
        rule: |request| match request.uri().path() {
            "/introspect" => change_json(|answer| answer["jti"] = Value::Null),
            _ => Alteration::Pass,
        },
    },
    Fault {
        step: "revoke",
        problems: &["still active"],
        rule: lose_revocation,
    },
];

fn lose_revocation(request: &Request<Bytes>) -> Alteration {
    match request.uri().path() {
        "/revoke" => Alteration::swallow(StatusCode::OK, ""),
        _ => Alteration::Pass,
    }
}

fn name_another_issuer(mut answer: Response<Bytes>) -> Response<Bytes> {
    if let Some(location) = answer.headers_mut().get_mut(header::LOCATION) {
        let other = location.to_str().unwrap().replace("iss=", "iss=x");
        *location = HeaderValue::try_from(other).unwrap();
    }
    answer
}

/// All at once, since each of them mostly waits for a token to grow old.
#[test]
fn every_step_notices_its_fault() {
    assert_eq!(FAULTS.map(|fault| fault.step), STEPS);
    std::thread::scope(|scope| {
        let running = FAULTS.map(|fault| scope.spawn(move || fault.check()));
        let panicked = running.map(|one| one.join().is_err());
        assert_eq!(panicked, [false; 10]);
    });
}

/// An output that somebody else reads meanwhile.
#[derive(Clone, Default)]
struct Screen(Arc<(Mutex<String>, Notify)>);

impl Screen {
    fn text(&self) -> String {
        self.0.0.lock().unwrap().clone()
    }

    async fn shows(&self, text: &str) -> String {
        loop {
            let shown = self.text();
            if shown.contains(text) {
                return shown;
            }
            self.0.1.notified().await;
        }
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.0.lock().unwrap().push_str(text);
        self.0.1.notify_one();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends what a `curl` line says: a form with the client's credentials.
async fn send_as_curl(line: &str) -> StatusCode {
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |flag: &'static str| {
        let pairs = words.windows(2);
        pairs
            .filter(move |pair| pair[0] == flag)
            .map(|pair| pair[1])
    };
    let form = after("-d").collect::<Vec<_>>().join("&");
    let (id, secret) = after("-u").next().unwrap().split_once(':').unwrap();
    let form = format!("{form}&client_id={id}&client_secret={secret}");
    let request = Request::post(*words.last().unwrap())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let transport = DirectWire::new().unwrap().transport("");
    let answer = transport.send(request.body(form.into()).unwrap()).await;
    answer.unwrap().status()
}

#[tokio::test]
async fn serve_goes_on_until_it_is_stopped_and_its_curl_line_works() {
    let screen = Screen::default();
    let stop = async {
        let text = screen.shows("curl -s -H").await;
        let curl = text.lines().find(|line| line.contains("-u service:"));
        assert_eq!(send_as_curl(curl.unwrap()).await, StatusCode::OK);
    };
    let wire: Arc<dyn Wire> = Arc::new(DirectWire::new().unwrap());
    let options = Options {
        serve: true,
        ..Options::default()
    };
    let outcome = play(options, &wire, &mut screen.clone(), stop).await;
    assert!(outcome.unwrap().held());
    let text = screen.text();
    assert_eq!(
        text.lines().filter(|line| line.starts_with('✓')).count(),
        10
    );
    assert!(text.contains("All 10 steps held"), "{text}");
}

#[tokio::test]
async fn a_stop_ends_it_early_and_is_no_success() {
    let screen = Screen::default();
    let stop = async {
        screen.shows("cold_100").await;
    };
    let wire: Arc<dyn Wire> = Arc::new(DirectWire::new().unwrap());
    let outcome = play(JSON, &wire, &mut screen.clone(), stop).await.unwrap();
    assert_eq!(outcome.played, ["discover", "cold_100"]);
    assert!(outcome.failed.is_empty() && !outcome.held());
}
