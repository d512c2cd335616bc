//! The metadata documents.

use grantor_core::{Issuer, ServerMetadata};
use grantor_jose::Algorithm;
use grantor_server::{AccessTokens, Server};
use grantor_site::AccountSite;
use http::{Method, Request, header};
use http_body_util::Empty;
use serde_json::Value;

use crate::support::{APP, Ask, Fixture, ISSUER, MACHINE, client_request, send};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn says_where_everything_is() {
    let fixture = Fixture::new().await;
    for url in [OAUTH, OPENID] {
        let reply = fixture.get(url).await;
        assert_eq!(
            reply.assert_ok().header(header::CONTENT_TYPE),
            "application/json"
        );
        let json = reply.json();
        for (name, value) in [
            ("issuer", ISSUER),
            ("authorization_endpoint", "https://id.example/authorize"),
            ("token_endpoint", "https://id.example/token"),
            ("introspection_endpoint", "https://id.example/introspect"),
            ("revocation_endpoint", "https://id.example/revoke"),
            ("jwks_uri", "https://id.example/jwks"),
        ] {
            assert_eq!(json[name], value);
        }
        assert_eq!(
            json["code_challenge_methods_supported"],
            serde_json::json!(["S256"])
        );
        assert_eq!(
            json["response_types_supported"],
            serde_json::json!(["code"])
        );
        assert_eq!(json["authorization_response_iss_parameter_supported"], true);
        assert_eq!(
            json["scopes_supported"],
            serde_json::json!(["read", "write"])
        );
        // RFC 8414 section 3.2: "Claims with zero elements MUST be omitted".
        let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        assert!(!json.as_object().unwrap().values().any(empty), "{json}");
        assert!(ServerMetadata::parse(&reply.body, fixture.server.issuer()).is_ok());
    }
}

#[tokio::test]
async fn an_issuer_with_a_path_is_found_at_both_locations() {
    let issuer = Issuer::parse("https://id.example/tenant").unwrap();
    let fixture = Fixture::new().await;
    fixture.forget_issuer().await;
    let server = Server::builder(issuer.clone(), fixture.stores.clone())
        .site_with(AccountSite::for_server)
        .build()
        .await
        .unwrap();
    for url in [format!("{OAUTH}/tenant"), format!("/tenant{OPENID}")] {
        let request = Request::get(&url)
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        let reply = send(&server, request).await;
        let metadata = ServerMetadata::parse(&reply.assert_ok().body, &issuer).unwrap();
        let token = metadata.token_endpoint.unwrap();
        assert_eq!(token.as_str(), "https://id.example/tenant/token");
        assert!(server.paths().contains(&url));
    }
    for url in [
        OAUTH,
        OPENID,
        "/token",
        "/tenantx/token",
        "/tenant",
        "/tenant/",
    ] {
        let request = Request::get(url)
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        assert_eq!(send(&server, request).await.status, 404, "{url}");
    }
}

/// The host appears neither in answers, pages and redirects of any path, nor in a token.
#[tokio::test]
async fn the_host_header_builds_no_url() {
    let fixture =
        Fixture::with(|config| config.access_tokens = AccessTokens::Jwt(Algorithm::EdDsa)).await;
    let evil = |mut request: http::request::Builder| {
        for name in ["host", "x-forwarded-host", "x-original-host"] {
            request = request.header(name, "evil.example");
        }
        request.header("forwarded", "host=evil.example;proto=http")
    };
    let asked = Ask::new(APP).url();
    let failing = Ask::new(APP).with("response_type", "none").url();
    let mut targets = fixture.server.paths();
    targets.extend([asked.clone(), failing.clone(), "/nowhere".to_owned()]);
    for target in targets {
        for method in [Method::GET, Method::POST] {
            // With the target in absolute form too (RFC 9112 section 3.2.2).
            for base in ["", "http://evil.example"] {
                let request = Request::builder()
                    .method(&method)
                    .uri(format!("{base}{target}"));
                let request = evil(request).body(Empty::<bytes::Bytes>::new()).unwrap();
                let reply = fixture.send(request).await;
                let whole = format!("{:?} {}", reply.headers, reply.text());
                assert!(!whole.contains("evil"), "{method} {target}: {whole}");
                // Before the failure, the documents that should name URLs do.
                if target == failing && method == Method::GET {
                    assert!(whole.contains("iss=https%3A%2F%2Fid.example"), "{whole}");
                }
                if target == asked && method == Method::GET {
                    assert!(whole.contains("action=\""), "{whole}");
                }
            }
        }
    }
    let ask = [("grant_type", "client_credentials")];
    let (mut head, body) = client_request("/token", MACHINE, &ask).into_parts();
    let host = evil(Request::builder()).body(()).unwrap();
    head.headers.extend(host.headers().clone());
    let reply = fixture.send(Request::from_parts(head, body)).await;
    let token = reply.member("access_token");
    let seen = fixture.server.introspect(&token).await.unwrap();
    assert_eq!(seen.iss.as_deref(), Some(ISSUER));
}

#[tokio::test]
async fn keys_are_published_without_their_private_parts() {
    let fixture = Fixture::new().await;
    let json = fixture.get("/jwks").await.assert_ok().json();
    let keys = json["keys"].as_array().unwrap();
    let algorithms: Vec<_> = keys
        .iter()
        .map(|key| key["alg"].as_str().unwrap())
        .collect();
    assert_eq!(algorithms, ["ES256", "EdDSA"]);
    for key in keys {
        assert!(key["kid"].is_string());
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[tokio::test]
async fn what_exists_in_one_method_says_which_for_others() {
    let fixture = Fixture::new().await;
    for (path, method, allow) in [
        ("/token", Method::GET, "POST"),
        ("/token", Method::PUT, "POST"),
        ("/introspect", Method::GET, "POST"),
        ("/revoke", Method::HEAD, "POST"),
        ("/authorize", Method::DELETE, "GET, HEAD, POST"),
        ("/authorize/continue", Method::PUT, "GET, HEAD, POST"),
        ("/jwks", Method::POST, "GET, HEAD"),
        ("/introspect", Method::OPTIONS, "POST"),
        ("/authorize", Method::OPTIONS, "GET, HEAD, POST"),
    ] {
        let request = Request::builder().method(&method).uri(path);
        let reply = fixture
            .send(request.body(Empty::<bytes::Bytes>::new()).unwrap())
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.header(header::ALLOW)),
            (405, allow),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn head_is_answered_and_other_paths_are_not() {
    let fixture = Fixture::new().await;
    for path in [OAUTH, OPENID, "/jwks"] {
        let request = Request::head(path)
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        assert_eq!(fixture.send(request).await.status, 200);
    }
    for path in [
        "/",
        "/Token",
        "/token/",
        "//token",
        "/token/../token",
        "/%74oken",
        "/favicon.ico",
    ] {
        assert_eq!(fixture.get(path).await.status, 404, "{path}");
    }
}
