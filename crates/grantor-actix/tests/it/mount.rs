//! The server among the routes of an application.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpMessage, HttpResponse, web};
use futures_util::stream;
use grantor_actix::{ProtectExt, ServerExt};
use grantor_core::{PeerAddress, ProxyHeader, TrustedProxies};
use grantor_server::{Bucket, Limit, Limits, ServerBuilder};
use grantor_site::AccountSite;
use reqwest::Method;

use crate::support::*;

fn with_site(builder: ServerBuilder, _: Limits) -> ServerBuilder {
    builder.site_with(AccountSite::for_server)
}

/// An issuer with a path, whose metadata lies at the root, beside routes of the application.
#[tokio::test]
async fn a_token_is_issued_introspected_used_and_revoked() {
    let place = Place::new();
    let origin = place.origin.clone();
    let issuer = format!("{origin}/auth");
    let server = server(&issuer, with_site).await;
    let protected = server.protect(API).unwrap().scope("read");
    place.serve(move |application| {
        let api = web::scope("/api")
            .wrap(protected.clone().middleware())
            .route("/things", web::get().to(async || "things"));
        application.service(server.routes()).service(api);
        application.route("/open", web::get().to(async || "open"));
        application.default_service(web::to(|| async { HttpResponse::NotFound().body("mine") }));
    });
    for path in [
        "/.well-known/oauth-authorization-server/auth",
        "/auth/.well-known/openid-configuration",
    ] {
        let metadata = get(
            &format!("{origin}{path}"),
            &[("origin", "https://spa.example")],
        )
        .await;
        assert_eq!(metadata.status, 200, "{path}");
        assert_eq!(metadata.member("issuer"), issuer);
        assert_eq!(metadata.member("token_endpoint"), format!("{issuer}/token"));
        assert_eq!(metadata.header("access-control-allow-origin"), "*");
    }
    let things = format!("{origin}/api/things");
    let token = token(&issuer, "read").await;
    assert_eq!(call(&things, &token).await.text, "things");
    let api = ("api", "the secret of the API");
    let introspected = post(&format!("{issuer}/introspect"), api, &[("token", &token)]).await;
    assert_eq!(introspected.json()["active"], true);
    assert_eq!(introspected.member("client_id"), "app");
    post(&format!("{issuer}/revoke"), APP, &[("token", &token)]).await;
    assert_eq!(call(&things, &token).await.status, 401);
    assert_eq!(get(&format!("{origin}/open"), &[]).await.text, "open");
    for path in ["/token", "/auth", "/auth/tokens", "/auth/auth/token"] {
        let answer = get(&format!("{origin}{path}"), &[]).await;
        assert_eq!((answer.status, &*answer.text), (404, "mine"), "{path}");
    }
    let answer = get(&format!("{issuer}/token"), &[]).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
}

/// Answers that the server gives before a body has ended, and those that need all of it.
#[tokio::test]
async fn a_body_is_read_as_it_comes_and_up_to_the_servers_limit() {
    let place = Place::new();
    let issuer = place.origin.clone();
    let server = server(&issuer, with_site).await;
    place.serve(move |application| {
        application.service(server.routes());
    });
    let url = format!("{issuer}/token");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let pieces = [
        "grant_type=client_",
        "credentials&client_id=app",
        "&client_secret=",
    ];
    let secret = APP.1.replace(' ', "+");
    let pieces = pieces.map(str::to_owned).into_iter().chain([secret]);
    let pieces = stream::iter(pieces.map(Ok::<_, std::io::Error>));
    let body = reqwest::Body::wrap_stream(pieces);
    let answer = send(Method::POST, &url, &headers, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = send(Method::POST, &url, &headers, "x".repeat(70_000)).await;
    assert_eq!(
        (answer.status, answer.member("error")),
        (413, "invalid_request".to_owned())
    );
    // Nobody waits for the end of this one: its type is refused.
    let endless = stream::pending::<Result<String, std::io::Error>>();
    let body = reqwest::Body::wrap_stream(endless);
    let answer = send(Method::POST, &url, &[("content-type", "text/plain")], body).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn two_issuers_live_in_one_application() {
    let place = Place::new();
    let origin = place.origin.clone();
    let [one, other] = ["/one", "/other"].map(|path| format!("{origin}{path}"));
    let servers = [
        server(&one, with_site).await,
        server(&other, with_site).await,
    ];
    place.serve(move |application| {
        // A scope without a path is one for middlewares.
        let [one, other] = servers.each_ref().map(ServerExt::routes);
        application
            .service(one)
            .service(web::scope("").service(other));
    });
    let token = token(&one, "read").await;
    for (issuer, active) in [(one, true), (other, false)] {
        let answer = post(&format!("{issuer}/introspect"), APP, &[("token", &token)]).await;
        assert_eq!(answer.json()["active"], active, "{issuer}");
    }
}

/// A server that allows two wrong secrets from one address, and believes the proxies of this machine.
fn limited(builder: ServerBuilder, limits: Limits) -> ServerBuilder {
    let two = Limit::new(2, Duration::from_secs(3600));
    let limits = limits.with(Bucket::WrongClientSecrets, two);
    with_site(builder, limits.clone())
        .limits(limits)
        .configure(|config| {
            config.trusted_proxies =
                TrustedProxies::parse(["127.0.0.1"], ProxyHeader::XForwardedFor).unwrap();
        })
}

#[tokio::test]
async fn guesses_count_by_the_connection_or_by_the_address_that_the_application_sets() {
    let place = Place::new();
    let origin = place.origin.clone();
    let [plain, set] = ["/plain", "/set"].map(|path| format!("{origin}{path}"));
    let servers = [server(&plain, limited).await, server(&set, limited).await];
    place.serve(move |application| {
        let [plain, set] = servers.each_ref().map(ServerExt::routes);
        let behind_a_proxy = web::scope("").wrap(from_fn(
            async |request: ServiceRequest, next: Next<BoxBody>| {
                let own = request.headers().get("x-own-address").unwrap();
                let own: IpAddr = own.to_str().unwrap().parse().unwrap();
                request.extensions_mut().insert(PeerAddress(own));
                next.call(request).await
            },
        ));
        application
            .service(plain)
            .service(behind_a_proxy.service(set));
    });
    let guess = async |issuer: &str, forwarded: &str, own: &str| {
        let body = form(&[
            ("grant_type", "client_credentials"),
            ("client_id", "app"),
            ("client_secret", "x"),
        ]);
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-own-address", own),
            ("x-forwarded-for", forwarded),
        ];
        send(Method::POST, &format!("{issuer}/token"), &headers, body)
            .await
            .status
    };
    // A header is believed only if the address of the connection is known.
    for (own, status) in [
        ("192.0.2.1", 401),
        ("192.0.2.2", 401),
        ("192.0.2.1", 401),
        ("192.0.2.1", 429),
    ] {
        assert_eq!(guess(&plain, own, own).await, status, "{own}");
        assert_eq!(guess(&set, "198.51.100.7", own).await, status, "{own}");
    }
}
