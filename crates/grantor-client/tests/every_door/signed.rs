//! Requests that are signed by OAuth 1.0a, as the API that gets them verifies them.

use std::sync::Arc;

use grantor_client::Tokens;
use grantor_core::Secret;
use grantor_core::oauth1::{Credentials, Placement, SignatureMethod, Signing, base_string};
use http::{HeaderMap, Method, Uri};
use url::form_urlencoded;

use crate::door::{Answer, Body, Call, Door, Failure};
use crate::support::web::{self, Web};

type Pairs = Vec<(String, String)>;

const METHODS: [SignatureMethod; 4] = [
    SignatureMethod::HmacSha1ForLegacyUseOnly,
    SignatureMethod::HmacSha256,
    SignatureMethod::HmacSha512,
    SignatureMethod::DangerPlaintext,
];

fn signing() -> Signing {
    let mut signing = Signing::new(Credentials::new("app", "s3cret&"));
    signing.token = Some(Credentials::new("tok=en", "its secret"));
    signing.realm = Some("photos".to_owned());
    signing
}

fn placed(placement: Placement) -> Signing {
    let mut signing = signing();
    signing.placement = placement;
    signing
}

struct Scene<D> {
    web: Web,
    door: Arc<D>,
}

impl<D: Door> Scene<D> {
    async fn new(
        signing: Signing,
        handler: impl Fn(&str) -> web::Answer + Send + Sync + 'static,
    ) -> Self {
        Self::with(signing, handler, None).await
    }

    async fn with(
        signing: Signing,
        handler: impl Fn(&str) -> web::Answer + Send + Sync + 'static,
        other: Option<&Web>,
    ) -> Self {
        let web = Web::start(handler).await;
        let mut builder = Tokens::oauth1(signing).allow_origin(web.url(""));
        if let Some(other) = other {
            builder = builder.allow_origin(other.url(""));
        }
        let tokens = builder.build().unwrap();
        let door = Arc::new(D::open(&tokens, &web.url("")));
        Self { web, door }
    }

    async fn send(&self, call: Call) -> Answer {
        self.door.send(call).await.unwrap()
    }

    async fn refused(&self, call: Call) -> Failure {
        self.door.send(call).await.unwrap_err()
    }

    fn get(&self, path: &str) -> Call {
        Call::get(self.web.url(path))
    }

    fn post(&self, path: &str, body: Body) -> Call {
        Call::post(self.web.url(path), body)
    }
}

fn echo(request: &str) -> web::Answer {
    web::Answer::text(200, request)
}

/// The parameters of a signature that is good, on a request as it arrived.
#[track_caller]
fn verified(seen: &str) -> Pairs {
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let header = |wanted: &str| {
        let mut all = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.to_owned())
    };
    let mut protocol: Pairs = Vec::new();
    if let Some(value) = header("authorization") {
        let pairs = value.strip_prefix("OAuth ").unwrap().split(", ");
        protocol = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap();
                let value = value.trim_matches('"');
                let value = percent_encoding::percent_decode_str(value).decode_utf8();
                (name.to_owned(), value.unwrap().into_owned())
            })
            .filter(|(name, _)| name != "realm")
            .collect();
    }
    let is_form = header("content-type").is_some_and(|it| it.starts_with("application/x-www-form"));
    let form = if is_form { body } else { "" };
    let mut signature = None;
    let mut without = |text: &str| {
        let keep = |pair: &&str| match pair.strip_prefix("oauth_signature=") {
            Some(value) => {
                let value = percent_encoding::percent_decode_str(value).decode_utf8();
                signature = Some(value.unwrap().into_owned());
                false
            }
            None => true,
        };
        text.split('&').filter(keep).collect::<Vec<_>>().join("&")
    };
    let form = without(form);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = without(query);
    let host = header("host").unwrap();
    let uri: Uri = format!("http://{host}{path}?{query}").parse().unwrap();
    let at = protocol
        .iter()
        .position(|(name, _)| name == "oauth_signature");
    if let Some(at) = at {
        signature = Some(protocol.remove(at).1);
    }
    let method: Method = method.parse().unwrap();
    let base = base_string(&method, &uri, &HeaderMap::new(), form.as_bytes(), &protocol).unwrap();
    for text in [&query, &form] {
        protocol.extend(form_urlencoded::parse(text.as_bytes()).into_owned());
    }
    let value = |name: &str| {
        let found = protocol.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    };
    let by = value("oauth_signature_method").unwrap();
    let by = METHODS
        .into_iter()
        .find(|method| method.as_str() == by)
        .unwrap();
    let (client, token) = (Secret::from("s3cret&"), Secret::from("its secret"));
    let expected = by.signature(&base, &client, &token).unwrap();
    assert_eq!(signature.as_deref(), Some(expected.expose()), "{seen}");
    assert_eq!(value("oauth_consumer_key"), Some("app"));
    assert_eq!(value("oauth_token"), Some("tok=en"));
    protocol
}

fn value<'a>(parameters: &'a Pairs, name: &str) -> &'a str {
    let found = parameters.iter().find(|(own, _)| own == name);
    &found.unwrap().1
}

pub(crate) async fn signs_queries_and_other_bodies<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    for path in [
        "/",
        "/a?b=c&b=c&b=a&empty=&bare",
        "/%E5%95%A6/a%20b?q=%E5%95%A6+x%2By&q=~*'()",
        "//a//../b?x=http%3A%2F%2Fx",
    ] {
        let seen = scene.send(scene.get(path)).await.text;
        verified(&seen);
        assert!(seen.contains("OAuth realm=\"photos\", "), "{seen}");
    }
    let json = scene.post("/", Body::Text("{\"a\":\"\u{5566}\"}"));
    let seen = scene
        .send(json.header("content-type", "application/json"))
        .await
        .text;
    let parameters = verified(&seen);
    assert!(seen.ends_with("\r\n\r\n{\"a\":\"\u{5566}\"}"), "{seen}");
    let hash = parameters.iter().any(|(name, _)| name == "oauth_body_hash");
    assert_eq!(hash, D::READS_FORMS, "{seen}");
}

pub(crate) async fn signs_a_form_and_keeps_it<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    let form = "a=%20b&a=+c&%E5%95%A6=%2B&e=";
    if !D::READS_FORMS {
        let error = scene.refused(scene.post("/x", Body::Form(form))).await;
        let error = error.token_error();
        assert!(error.is_configuration(), "{error}");
        assert!(error.to_string().contains("form"), "{error}");
        assert_eq!(scene.web.requests(), 0);
        return;
    }
    let seen = scene
        .send(scene.post("/x?a=0", Body::Form(form)))
        .await
        .text;
    verified(&seen);
    assert!(seen.ends_with(&format!("\r\n\r\n{form}")), "{seen}");
}

/// RFC 5849 section 3.4.1.3.1: a form is part of what is signed.
pub(crate) async fn refuses_a_form_that_is_streamed<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    let stream = scene.post("/x", Body::Stream(&["a=", "b"]));
    let call = stream.header("content-type", "application/x-www-form-urlencoded");
    if D::STREAMS_AGAIN && D::READS_FORMS {
        // Nothing that it sends is a stream, or it could read this one.
        if let Ok(answer) = scene.door.send(call).await {
            verified(&answer.text);
            return;
        }
        assert_eq!(scene.web.requests(), 0);
        return;
    }
    let error = scene.refused(call).await.token_error();
    assert!(error.is_configuration(), "{error}");
    assert_eq!(scene.web.requests(), 0);
}

pub(crate) async fn keeps_a_streamed_body<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    let stream = scene.post("/", Body::Stream(&["one ", "two"]));
    let seen = scene.send(stream).await.text;
    verified(&seen);
    assert!(seen.ends_with("\r\n\r\none two"), "{seen}");
}

pub(crate) async fn signs_in_the_query<D: Door>() {
    let scene = Scene::<D>::new(placed(Placement::Query), echo).await;
    let seen = scene.send(scene.get("/a?b=%20c")).await.text;
    verified(&seen);
    assert!(
        seen.starts_with("GET /a?b=%20c&oauth_consumer_key=app&"),
        "{seen}"
    );
    assert!(!seen.contains("authorization"), "{seen}");
}

pub(crate) async fn signs_in_a_form_where_there_is_one<D: Door>() {
    let scene = Scene::<D>::new(placed(Placement::Body), echo).await;
    let form = || scene.post("/x", Body::Form("a=%20b"));
    if !D::KNOWS_FORMS {
        let error = scene.refused(form()).await.token_error();
        assert!(error.is_configuration(), "{error}");
        assert_eq!(scene.web.requests(), 0);
        return;
    }
    let seen = scene.send(form()).await.text;
    verified(&seen);
    assert!(
        seen.contains("\r\n\r\na=%20b&oauth_consumer_key=app&"),
        "{seen}"
    );
    assert!(!seen.contains("authorization"), "{seen}");
    for call in [
        scene.get("/x"),
        scene
            .post("/x", Body::Text("no form"))
            .header("content-type", "text/plain"),
    ] {
        let error = scene.refused(call).await.token_error();
        assert!(error.is_configuration(), "{error}");
    }
}

pub(crate) async fn signs_each_request_anew<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    let first = verified(&scene.send(scene.get("/x")).await.text);
    let second = verified(&scene.send(scene.get("/x")).await.text);
    let nonce = |parameters| value(parameters, "oauth_nonce").to_owned();
    assert_ne!(nonce(&first), nonce(&second));
    assert!(value(&first, "oauth_timestamp").parse::<u64>().unwrap() > 1_700_000_000);
}

pub(crate) async fn signs_by_every_method<D: Door>() {
    for method in METHODS {
        let name = method.as_str().to_owned();
        let mut signing = signing();
        signing.method = method;
        let scene = Scene::<D>::new(signing, echo).await;
        let parameters = verified(&scene.send(scene.get("/x")).await.text);
        assert_eq!(value(&parameters, "oauth_signature_method"), name);
    }
}

/// There is nothing to renew.
pub(crate) async fn gives_a_401_of_a_signed_request_as_the_answer<D: Door>() {
    let scene = Scene::<D>::new(signing(), |request| web::Answer::text(401, request)).await;
    for sent in 1..=2 {
        let answer = scene.send(scene.post("/x", Body::Text("hello"))).await;
        assert_eq!((answer.status, scene.web.requests()), (401, sent));
        verified(&answer.text);
    }
}

fn near(request: &str) -> web::Answer {
    if request.starts_with("GET /near") {
        // The API repeats the query that it got.
        let query = request.split([' ', '?']).nth(2).unwrap();
        return web::Answer::redirect(302, &format!("/here?{query}"));
    }
    echo(request)
}

pub(crate) async fn signs_redirects_within_the_origin_anew<D: Door>() {
    for placement in [Placement::Header, Placement::Query] {
        let scene = Scene::<D>::new(placed(placement), near).await;
        let answer = scene.send(scene.get("/near?a=b")).await;
        if D::PREPARES_REDIRECTS {
            assert!(answer.text.starts_with("GET /here?a=b"), "{}", answer.text);
            verified(&answer.text);
        } else if !D::FOLLOWS_REDIRECTS {
            assert_eq!(answer.status, 302);
        }
    }
}

/// Though that origin was named: a signature is for the server that it was made for.
pub(crate) async fn signs_no_redirect_to_another_origin<D: Door>() {
    for placement in [Placement::Header, Placement::Query] {
        let other = Web::start(echo).await;
        let elsewhere = other.url("/there");
        let redirect = move |_: &str| web::Answer::redirect(302, &elsewhere);
        let scene = Scene::<D>::with(placed(placement), redirect, Some(&other)).await;
        let answer = scene.send(scene.get("/far")).await;
        if D::FOLLOWS_REDIRECTS {
            let seen = answer.text;
            assert!(seen.starts_with("GET /there"), "{seen}");
            assert!(
                !seen.contains("oauth_") && !seen.contains("authorization"),
                "{seen}"
            );
        } else {
            assert_eq!((answer.status, other.requests()), (302, 0));
        }
    }
}

pub(crate) async fn signs_nothing_for_other_origins<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    let other = Web::start(echo).await;
    for url in [other.url("/"), "http://api.example/".to_owned()] {
        let error = scene.refused(Call::get(url)).await.token_error();
        assert!(error.is_configuration(), "{error}");
    }
    assert_eq!(other.requests(), 0);
}

pub(crate) async fn lets_a_signature_of_the_callers_own_win<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    let own = scene.get("/x").header("authorization", "OAuth mine=\"1\"");
    let seen = scene.send(own).await.text;
    assert!(
        seen.contains("authorization: OAuth mine=\"1\"\r\n"),
        "{seen}"
    );
    assert!(!seen.contains("oauth_"), "{seen}");
}

pub(crate) async fn withholds_the_signature_where_it_is_told<D: Door>() {
    let scene = Scene::<D>::new(signing(), echo).await;
    let seen = scene.send(scene.get("/x").without_token()).await.text;
    assert!(!seen.contains("authorization"), "{seen}");
}
