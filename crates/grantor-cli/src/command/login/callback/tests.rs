//! Tests of what reaches the loopback address.

use http_body_util::BodyExt;

use super::*;

struct Scene {
    callback: Callback,
    arrived: oneshot::Receiver<Arrival>,
    outcome: watch::Sender<Option<Outcome>>,
}

fn scene() -> Scene {
    let (sender, arrived) = oneshot::channel();
    let (outcome, known) = watch::channel(None);
    let start = Arc::new(StartPage::new(Url::parse("https://id.example/").unwrap()));
    Scene {
        callback: Callback::new("/callback", (Secret::new("right"), start), sender, known),
        arrived,
        outcome,
    }
}

async fn get(callback: &Callback, target: &str) -> Response<Full<Bytes>> {
    let uri = target.parse().unwrap();
    callback.answer(Method::GET, &uri).await
}

async fn text(answer: Response<Full<Bytes>>) -> String {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_stray_request_is_answered_and_ends_nothing() {
    let mut scene = scene();
    // The receiver of the outcome ends at once: there is none.
    drop(scene.outcome);
    for (target, status) in [
        ("/", 404),
        ("/favicon.ico", 404),
        ("/callback/", 404),
        ("/callback", 400),
        ("/callback?code=c", 400),
        ("/callback?code=c&state=wrong", 400),
        ("/callback?code=c&state=right&state=wrong", 400),
        ("/callback?code=c&state=right&state=right", 400),
        ("/callback?error=access_denied", 400),
    ] {
        let answer = get(&scene.callback, target).await;
        assert_eq!(answer.status(), status, "{target}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{target}");
    }
    let right = "/callback?code=c&state=right".parse().unwrap();
    for method in [Method::HEAD, Method::POST] {
        let answer = scene.callback.answer(method, &right).await;
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], "GET");
    }
    assert!(scene.arrived.try_recv().is_err());
}

#[tokio::test]
async fn the_answer_is_taken_once_and_the_page_waits_for_the_outcome() {
    let mut scene = scene();
    let first = get(&scene.callback, "/callback?code=first&state=right");
    let second = get(&scene.callback, "/callback?code=second&state=right");
    let decide = async {
        let query = (&mut scene.arrived).await.unwrap();
        scene.outcome.send_replace(Some(Outcome::SignedIn));
        query
    };
    let (first, second, query) = tokio::join!(first, second, decide);
    assert_eq!(query, Arrival::Answer("code=first&state=right".to_owned()));
    for answer in [first, second] {
        assert_eq!(answer.status(), 200);
        assert!(text(answer).await.contains("You are signed in"));
    }
}

#[tokio::test]
async fn a_failure_is_told_and_escaped() {
    let scene = scene();
    let failed = Outcome::Failed("<script>".to_owned());
    scene.outcome.send_replace(Some(failed));
    let answer = get(&scene.callback, "/callback?error=x&state=right").await;
    assert_eq!(answer.status(), 400);
    let csp = answer.headers()["content-security-policy"].clone();
    let csp = csp.to_str().unwrap();
    assert!(csp.contains("default-src 'none'"), "{csp}");
    assert!(
        !csp.contains("script-src") && !csp.contains("unsafe"),
        "{csp}"
    );
    let html = text(answer).await;
    assert!(html.contains("That did not work"), "{html}");
    assert!(!html.contains("<script>"), "{html}");
}

/// DNS rebinding: a page of another site, whose name leads here.
#[test]
fn only_requests_to_this_machine_are_answered() {
    let named = |hosts: &[&str]| {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        is_for_this_machine(&headers)
    };
    for own in [
        "127.0.0.1:8787",
        "127.0.0.1",
        "localhost:1",
        "[::1]:8787",
        "[::1]",
    ] {
        assert!(named(&[own]), "{own}");
    }
    for other in [
        "evil.example:8787",
        "127.0.0.1.evil.example:8787",
        "localhost.evil.example",
        "ada@evil.example",
        "0.0.0.0:8787",
        "",
        "127.0.0.1:8787/",
    ] {
        assert!(!named(&[other]), "{other}");
    }
    assert!(!named(&[]));
    assert!(!named(&["127.0.0.1", "127.0.0.1"]));
}
