//! Routes behind the middleware, and what their handlers say of tokens.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpResponse, web};
use grantor_actix::{MetadataExt, ProtectExt, Refused, ServerExt};
use grantor_core::Issuer;
use grantor_http::system;
use grantor_jose::{Algorithm, Key, dpop};
use grantor_resource::{AccessToken, Dpop, ResourceMetadata};
use grantor_server::{Limits, ServerBuilder};
use grantor_site::AccountSite;
use reqwest::Method;

use crate::support::*;

fn with_site(builder: ServerBuilder, _: Limits) -> ServerBuilder {
    builder.site_with(AccountSite::for_server)
}

async fn subject(token: web::ReqData<AccessToken>) -> String {
    token.subject.clone().unwrap_or_default()
}

/// Needs more than its route does.
async fn write(token: web::ReqData<AccessToken>) -> Result<&'static str, Refused> {
    token.require_scope("write")?;
    Ok("written")
}

/// The scope values that the challenge of an answer names, in order.
fn named_scope(answer: &Answer) -> Vec<&str> {
    let challenge = answer.header("www-authenticate");
    let (_, rest) = challenge.split_once("scope=\"").unwrap_or_default();
    let (scope, _) = rest.split_once('"').unwrap_or_default();
    let mut values: Vec<&str> = scope.split(' ').collect();
    values.sort_unstable();
    values
}

#[tokio::test]
async fn a_request_is_admitted_or_told_what_it_lacks() {
    let place = Place::new();
    let issuer = place.origin.clone();
    let server = server(&issuer, with_site).await;
    let metadata = ResourceMetadata::new(API, Issuer::parse(&issuer).unwrap()).unwrap();
    let metadata = metadata.publish().unwrap();
    let protected = server.protect(API).unwrap().scope("read");
    let protected = protected.resource_metadata(metadata.url().clone());
    place.serve(move |application| {
        let who = async |token: Option<web::ReqData<AccessToken>>| match token {
            Some(token) => subject(token).await,
            None => "nobody".to_owned(),
        };
        let strict = protected.clone().scope("write").middleware();
        let strict = web::resource("/strict").wrap(strict).to(subject);
        let api = web::scope("/api")
            .wrap(protected.clone().middleware())
            .route("/who", web::get().to(who))
            .route("/write", web::post().to(write))
            .service(strict);
        application
            .service(server.routes())
            .service(metadata.route());
        application.service(api).route("/who", web::get().to(who));
        application.route("/unprotected", web::get().to(subject));
    });
    let url = |path: &str| format!("{issuer}{path}");
    let read = token(&issuer, "read").await;
    let both = token(&issuer, "read write").await;
    let none = token(&issuer, "write").await;
    assert_eq!(call(&url("/api/who"), &read).await.text, "app");
    assert_eq!(get(&url("/who"), &[]).await.text, "nobody");
    let bare = get(&url("/api/who"), &[]).await;
    assert_eq!((bare.status, &*bare.text), (401, ""));
    let document = "https://api.example.com/.well-known/oauth-protected-resource";
    let challenge =
        format!(r#"Bearer realm="{API}", scope="read", resource_metadata="{document}""#);
    assert_eq!(bare.header("www-authenticate"), challenge);
    assert_eq!(bare.header("cache-control"), "no-store");
    let wrong = call(&url("/api/who"), "ga_wrong").await;
    assert_eq!(
        (wrong.status, wrong.member("error")),
        (401, "invalid_token".to_owned())
    );
    let narrow = call(&url("/api/who"), &none).await;
    assert_eq!(
        (narrow.status, narrow.member("error")),
        (403, "insufficient_scope".to_owned())
    );
    // The handler's demand, in the words of the layer around it.
    let headers = |token: &str| format!("Bearer {token}");
    let post = async |token| {
        let authorization = headers(token);
        send(
            Method::POST,
            &url("/api/write"),
            &[("authorization", &authorization)],
            "",
        )
        .await
    };
    assert_eq!(post(&both).await.text, "written");
    let refused = post(&read).await;
    assert_eq!(refused.status, 403);
    assert_eq!(named_scope(&refused), ["read", "write"]);
    // The middleware further in knows the token, and its challenge names what both require.
    assert_eq!(call(&url("/api/strict"), &both).await.text, "app");
    let refused = call(&url("/api/strict"), &read).await;
    assert_eq!(refused.status, 403);
    assert_eq!(named_scope(&refused), ["read", "write"]);
    assert_eq!(call(&url("/unprotected"), &both).await.status, 500);
    let path = "/.well-known/oauth-protected-resource";
    assert_eq!(get(&url(path), &[]).await.member("resource"), API);
    let preflight = send(Method::OPTIONS, &url(path), &[], "").await;
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_bound_token_needs_its_proof_and_gets_the_next_nonce() {
    let place = Place::new();
    let issuer = place.origin.clone();
    let server = server(&issuer, with_site).await;
    let proofs = Dpop::at(&issuer).nonce_key([5; 32]).build().unwrap();
    let protected = server.protect(API).unwrap().dpop(&proofs);
    place.serve(move |application| {
        let cached = async || {
            let kept = (CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
            HttpResponse::Ok().insert_header(kept).body("cached")
        };
        let api = web::scope("/api")
            .wrap(protected.clone().middleware())
            .wrap(DefaultHeaders::new().add(("x-outer", "1")))
            .route("/who", web::get().to(subject))
            .route("/cached", web::get().to(cached));
        application.service(server.routes()).service(api);
    });
    let key = Key::generate(Algorithm::Es256).unwrap();
    let now = system().clock.now();
    let proof = |request: &dpop::Request<'_>, name| dpop::sign(&key, request, name, now).unwrap();
    let token_url = format!("{issuer}/token");
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", APP.0),
        ("client_secret", APP.1),
    ];
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        (
            "dpop",
            &*proof(&dpop::Request::new("POST", &token_url), "1"),
        ),
    ];
    let issued = send(Method::POST, &token_url, &headers, form(&pairs)).await;
    assert_eq!(issued.member("token_type"), "DPoP");
    let token = issued.member("access_token");
    let url = format!("{issuer}/api/who");
    assert_eq!(call(&url, &token).await.status, 401);
    let ask = async |url: &str, signed_for: &str, nonce: Option<&str>, name| {
        let mut request = dpop::Request::new("GET", signed_for).with_access_token(&token);
        if let Some(nonce) = nonce {
            request = request.with_nonce(nonce);
        }
        let proof = proof(&request, name);
        let authorization = format!("DPoP {token}");
        get(url, &[("authorization", &authorization), ("dpop", &proof)]).await
    };
    let first = ask(&url, &url, None, "2").await;
    assert_eq!(
        (first.status, first.member("error")),
        (401, "use_dpop_nonce".to_owned())
    );
    let nonce = first.header("dpop-nonce");
    let admitted = ask(&url, &url, Some(nonce), "3").await;
    assert_eq!((admitted.status, &*admitted.text), (200, "app"));
    assert_eq!(admitted.header("x-outer"), "1");
    assert!(!admitted.headers.contains_key("dpop-nonce"));
    assert_eq!(
        ask(&url, &url, Some(nonce), "3").await.status,
        401,
        "a replay"
    );
    // A proof is for the path that the client sent, the scope's part of it included.
    let short = format!("{issuer}/who");
    let elsewhere = ask(&url, &short, Some(nonce), "4").await;
    assert_eq!(elsewhere.member("error"), "invalid_dpop_proof");
    // After half of its lifetime a nonce gets a successor.
    let old = dpop::Nonces::new(&[5; 32]).issue(now - Duration::from_secs(200));
    let cached = format!("{issuer}/api/cached");
    for (url, cache_control, name) in [(url, "no-store", "5"), (cached, "max-age=60", "6")] {
        let admitted = ask(&url, &url, Some(&old), name).await;
        assert_eq!(admitted.status, 200);
        assert_ne!(admitted.header("dpop-nonce"), old);
        assert_eq!(admitted.header("cache-control"), cache_control);
    }
}
