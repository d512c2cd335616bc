//! A user gives their consent in a browser, and the client redeems the code.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpMessage, web};
use grantor_actix::{ProtectExt, ServerExt};
use grantor_core::{BoxFuture, CodeVerifier, Params};
use grantor_resource::AccessToken;
use grantor_server::{Decision, Interaction, Login, Page, SignIn, Site, SiteError};
use http::StatusCode;
use reqwest::Method;

use crate::support::*;

/// The user of the application's session, which a middleware of actix-web has found.
#[derive(Debug, Clone)]
struct User(String);

/// Everybody with a session is signed in, and is asked for consent.
#[derive(Debug)]
struct Sessions;

impl Site for Sessions {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        let user = interaction.request().extensions.get::<User>().cloned();
        let signed_in = match user {
            Some(User(name)) => SignIn::Is(Login::new(name, interaction.now())),
            None => SignIn::Page(Page::html(StatusCode::FORBIDDEN, "who are you?".to_owned())),
        };
        Box::pin(std::future::ready(Ok(signed_in)))
    }

    fn consent<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
        _: &'a Login,
    ) -> BoxFuture<'a, Result<Decision, SiteError>> {
        Box::pin(async move {
            if interaction.submitted().is_some() {
                return Ok(Decision::Allow(interaction.requested()));
            }
            let form = interaction.form("consent")?;
            let (action, hidden) = (form.action(), form.hidden_html());
            let html = format!(r#"<form method="post" action="{action}">{hidden}</form>"#);
            Ok(Decision::Page(Page::html(StatusCode::OK, html)))
        })
    }
}

/// The value after `before` and up to the next quotation mark.
#[track_caller]
fn between<'a>(text: &'a str, before: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{text}"));
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn a_consent_in_the_browser_leads_to_a_token_for_the_api() {
    let place = Place::new();
    let issuer = place.origin.clone();
    let server = server(&issuer, |builder, _| builder.site(Sessions)).await;
    let protected = server.protect(API).unwrap();
    place.serve(move |application| {
        let with_session = web::scope("").wrap(from_fn(
            async |request: ServiceRequest, next: Next<BoxBody>| {
                if request.headers().contains_key("x-session") {
                    request.extensions_mut().insert(User("ada".to_owned()));
                }
                next.call(request).await
            },
        ));
        let routes = server.routes().extensions(|request, extensions| {
            if let Some(user) = request.extensions().get::<User>() {
                extensions.insert(user.clone());
            }
        });
        let who = web::get()
            .to(async |token: web::ReqData<AccessToken>| token.subject.clone().unwrap_or_default());
        let api = web::resource("/who").wrap(protected.clone().middleware());
        application
            .service(api.route(who))
            .service(with_session.service(routes));
    });
    let verifier = CodeVerifier::from_random([3; 32]);
    let challenge = verifier.challenge();
    let request = [
        ("response_type", "code"),
        ("client_id", APP.0),
        ("redirect_uri", "http://127.0.0.1:4000/cb"),
        ("scope", "read"),
        ("state", "the state"),
        ("code_challenge", &challenge.value),
        ("code_challenge_method", "S256"),
    ];
    let url = format!("{issuer}/authorize?{}", form(&request));
    let stranger = get(&url, &[]).await;
    assert_eq!((stranger.status, &*stranger.text), (403, "who are you?"));
    let page = get(&url, &[("x-session", "1")]).await;
    assert_eq!(page.status, 200, "{page:?}");
    let cookie = page.header("set-cookie").split(';').next().unwrap();
    let pieces = page.text.split(r#"type="hidden" name=""#).skip(1);
    let hidden: Vec<(&str, &str)> = pieces
        .map(|piece| {
            (
                piece.split('"').next().unwrap(),
                between(piece, r#"value=""#),
            )
        })
        .collect();
    let action = between(&page.text, r#"action=""#);
    let action = if action.starts_with('/') {
        format!("{issuer}{action}")
    } else {
        action.to_owned()
    };
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", cookie),
        ("x-session", "1"),
    ];
    let done = send(Method::POST, &action, &headers, form(&hidden)).await;
    assert_eq!(done.status, 303, "{done:?}");
    let (redirect_uri, query) = done.header("location").split_once('?').unwrap();
    assert_eq!(redirect_uri, "http://127.0.0.1:4000/cb");
    let query = Params::parse(query.as_bytes()).unwrap();
    assert_eq!(
        (query.get("state"), query.get("iss")),
        (Some("the state"), Some(&*issuer))
    );
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", query.get("code").unwrap()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier.expose()),
    ];
    let token = post(&format!("{issuer}/token"), APP, &redeem)
        .await
        .member("access_token");
    assert_eq!(call(&format!("{issuer}/who"), &token).await.text, "ada");
    let again = post(&format!("{issuer}/token"), APP, &redeem).await;
    assert_eq!(
        (again.status, again.member("error")),
        (400, "invalid_grant".to_owned())
    );
    assert_eq!(call(&format!("{issuer}/who"), &token).await.status, 401);
}
