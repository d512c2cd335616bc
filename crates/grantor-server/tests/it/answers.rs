//! The headers and bodies of answers, by endpoint: content types, CORS, pages instead of JSON.

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{Empty, Full};

use crate::support::{APP, Ask, Fixture, Reply, SPA, client_request, form_request};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

async fn preflight(fixture: &Fixture, path: &str) -> Reply {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(path)
        .header(header::ORIGIN, "https://anywhere.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .body(Empty::<Bytes>::new());
    fixture.send(request.unwrap()).await
}

#[tokio::test]
async fn a_revocation_says_nothing_and_not_that_it_is_json() {
    let fixture = Fixture::new().await;
    let tokens = fixture.tokens(APP).await;
    for token in [&*tokens.access, &tokens.refresh, "unknown"] {
        let reply = fixture.revoke(APP, token).await;
        assert!(reply.assert_ok().body.is_empty());
        assert!(!reply.headers.contains_key(header::CONTENT_TYPE));
        assert_eq!(reply.header(header::CACHE_CONTROL), "no-store");
    }
}

#[tokio::test]
async fn a_user_gets_pages_whatever_is_wrong() {
    let fixture = Fixture::new().await;
    for path in ["/authorize", "/authorize/continue"] {
        let mut json = form_request(path, "{}");
        let kind = "application/json".parse().unwrap();
        json.headers_mut().insert(header::CONTENT_TYPE, kind);
        fixture.send(json).await.assert_error_page(400);
        let long = form_request(path, &"a".repeat(64 * 1024 + 1));
        fixture.send(long).await.assert_error_page(413);
    }
}

#[tokio::test]
async fn error_pages_say_whose_fault_it_was() {
    let fixture = Fixture::new().await;
    let theirs = fixture.get("/authorize").await;
    assert!(theirs.assert_error_page(400).text().contains("start again"));
    fixture.store.set(crate::support::Fault::Down);
    let ours = fixture.get(&Ask::new(APP).url()).await;
    ours.assert_error_page(503);
    assert!(ours.text().contains("not available right now"));
    assert_eq!(ours.header(header::RETRY_AFTER), "1");
}

#[tokio::test]
async fn a_preflight_is_answered_where_web_pages_may_read_and_nowhere_else() {
    let fixture = Fixture::new().await;
    for (path, methods) in [
        ("/token", "POST"),
        ("/revoke", "POST"),
        ("/jwks", "GET, HEAD"),
        (OAUTH, "GET, HEAD"),
        (OPENID, "GET, HEAD"),
    ] {
        let reply = preflight(&fixture, path).await;
        assert_eq!(reply.status, 204, "{path}");
        assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert_eq!(reply.header(header::ACCESS_CONTROL_ALLOW_METHODS), methods);
        let allowed = reply.header(header::ACCESS_CONTROL_ALLOW_HEADERS);
        for name in ["Authorization", "Content-Type", "DPoP"] {
            assert!(allowed.contains(name), "{allowed}");
        }
        let credentials = header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
        assert!(!reply.headers.contains_key(credentials));
    }
    for path in ["/authorize", "/authorize/continue", "/introspect", "/none"] {
        let reply = preflight(&fixture, path).await;
        assert!(reply.status.is_client_error(), "{path}");
        let origin = header::ACCESS_CONTROL_ALLOW_ORIGIN;
        assert!(!reply.headers.contains_key(origin), "{path}");
    }
}

/// A request of a web page.
fn from(origin: &str, mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let origin = origin.parse().unwrap();
    request.headers_mut().insert(header::ORIGIN, origin);
    request
}

#[tokio::test]
async fn an_answer_is_for_the_origins_of_its_client() {
    let fixture = Fixture::new().await;
    let own = "https://spa.example";
    let origin_of = |reply: &Reply| reply.header(header::ACCESS_CONTROL_ALLOW_ORIGIN).to_owned();
    for (origin, expected) in [
        (own, own),
        ("https://app.example", ""),
        ("https://spa.example.evil.example", ""),
        ("http://spa.example", ""),
        ("null", ""),
    ] {
        let code = fixture.code(SPA).await;
        let redeem = client_request("/token", SPA, &code.pairs());
        let reply = fixture.send(from(origin, redeem)).await;
        assert_eq!(origin_of(reply.assert_ok()), expected, "{origin}");
        assert_eq!(reply.header(header::VARY), "Origin");
        // Refusals of a client that is known can be read too.
        let redeem = client_request("/token", SPA, &code.pairs());
        let reply = fixture.send(from(origin, redeem)).await;
        reply.assert_error(400, "invalid_grant");
        assert_eq!(origin_of(&reply), expected, "{origin}");
        let revoke = client_request("/revoke", SPA, &[("token", "x")]);
        let reply = fixture.send(from(origin, revoke)).await;
        assert_eq!(origin_of(&reply), expected, "{origin}");
        if !expected.is_empty() {
            let exposed = reply.header(header::ACCESS_CONTROL_EXPOSE_HEADERS);
            assert_eq!(exposed, "WWW-Authenticate, DPoP-Nonce, Retry-After");
        }
    }
    // Before the client is known, nobody may read.
    let unknown = form_request("/token", "grant_type=refresh_token&client_id=nobody");
    let reply = fixture.send(from(own, unknown)).await;
    assert_eq!(origin_of(reply.assert_error(401, "invalid_client")), "");
    for path in [OAUTH, OPENID, "/jwks"] {
        assert_eq!(origin_of(&fixture.get(path).await), "*");
    }
    let reply = fixture.get(&Ask::new(SPA).url()).await;
    assert_eq!(origin_of(&reply), "");
}

#[tokio::test]
async fn both_well_known_places_have_one_document() {
    let fixture = Fixture::new().await;
    let (oauth, openid) = (fixture.get(OAUTH).await, fixture.get(OPENID).await);
    assert_eq!(oauth.body, openid.body);
    let json = oauth.json();
    assert_eq!(json["request_uri_parameter_supported"], false);
    for openid_only in [
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "userinfo_endpoint",
    ] {
        assert!(json.get(openid_only).is_none(), "{openid_only}");
    }
}

#[tokio::test]
async fn an_error_names_the_parameter_and_the_value() {
    let fixture = Fixture::new().await;
    let machine = crate::support::MACHINE;
    for (name, value) in [
        ("scope", "admin"),
        ("resource", "https://unknown.example"),
        ("audience", "bad"),
    ] {
        let ask = [("grant_type", "client_credentials"), (name, value)];
        let description = fixture
            .token(machine, &ask)
            .await
            .member("error_description");
        let start = format!("'{name}' has the value '{value}'");
        assert!(description.starts_with(&start), "{description}");
    }
}

#[tokio::test]
async fn a_resource_has_no_case_in_its_scheme_and_host() {
    let fixture = Fixture::new().await;
    let machine = crate::support::MACHINE;
    let ask = |resource| [("grant_type", "client_credentials"), ("resource", resource)];
    let reply = fixture.token(machine, &ask("HTTPS://Files.Example")).await;
    let token = reply.assert_ok().member("access_token");
    let seen = fixture.introspect(machine, &token).await;
    assert_eq!(seen["aud"], "https://files.example");
    let other = fixture
        .token(machine, &ask("https://files.example/A"))
        .await;
    other.assert_error(400, "invalid_target");
}

#[tokio::test]
async fn head_is_answered_wherever_get_is() {
    let fixture = Fixture::new().await;
    let authorize = Ask::new(SPA).url();
    for url in [&*authorize, "/authorize", "/jwks", OAUTH] {
        let request = |method| {
            let request = Request::builder().method(method).uri(url);
            request.body(Empty::<Bytes>::new()).unwrap()
        };
        let got = fixture.send(request(Method::GET)).await;
        let head = fixture.send(request(Method::HEAD)).await;
        assert_eq!(head.status, got.status, "{url}");
        let kind = |reply: &Reply| reply.header(header::CONTENT_TYPE).to_owned();
        assert_eq!(kind(&head), kind(&got), "{url}");
    }
}
