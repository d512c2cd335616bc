//! The grant types that a server gets by being told, asked for by the client of this workspace.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::{Router, routing::get as route_get};
use bytes::Bytes;
use grantor::axum::ServerExt;
use grantor::client::{Assertion, SubjectToken, Tokens, TokensBuilder};
use grantor::core::BoxFuture;
use grantor::http::{Transport, TransportError};
use grantor::jose::{Algorithm, Key, KeySet};
use grantor::resource::AccessToken;
use grantor::server::grant_type::{
    AssertionDecision, AssertionPolicy, AssertionRequest, DeviceCode, ExchangeDecision,
    ExchangePolicy, ExchangeRequest, JwtBearer, TokenExchange, TrustedIssuer,
};
use grantor::server::{
    self, Decision, Error, Interaction, Login, NewClient, Page, SignIn, Site, SiteError,
};
use grantor::store::{MasterKey, MemoryStore};
use grantor_testkit::{FakeClock, environment};
use http::{Method, Request, Response, StatusCode, header};

use crate::calls::{Answer, form, get, send};

const ISSUER: &str = "https://id.example.com";
const API: &str = "https://api.example.com";

/// Ada is always signed in, and has a tenant.
#[derive(Debug)]
struct Ada;

impl Site for Ada {
    fn login<'a>(
        &'a self,
        interaction: &'a Interaction<'a>,
    ) -> BoxFuture<'a, Result<SignIn, SiteError>> {
        let login = Login::new("ada", interaction.now()).with_access_token_claim("tenant", "blue");
        Box::pin(std::future::ready(Ok(SignIn::Is(login))))
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
            let html = format!(
                "<p>{}<form action=\"{}\">{}",
                interaction.user_code().unwrap_or_default(),
                form.action(),
                form.hidden_html()
            );
            Ok(Decision::Page(Page::html(StatusCode::OK, html)))
        })
    }
}

/// Allows what is asked for.
#[derive(Debug)]
struct Everything;

impl ExchangePolicy for Everything {
    fn decide<'a>(
        &'a self,
        request: &'a ExchangeRequest<'a>,
    ) -> BoxFuture<'a, Result<ExchangeDecision, Error>> {
        let allowed = request.requested().acting_as_client();
        Box::pin(std::future::ready(Ok(ExchangeDecision::Allow(allowed))))
    }
}

impl AssertionPolicy for Everything {
    fn decide<'a>(
        &'a self,
        request: &'a AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<AssertionDecision, Error>> {
        let allowed = request.requested(request.sub).with_claim("tenant", "green");
        Box::pin(std::future::ready(Ok(AssertionDecision::Allow(allowed))))
    }
}

/// A server with an API that says who calls it.
#[derive(Debug, Clone)]
struct Here(Router);

impl Transport for Here {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let answer = send(&self.0, request.map(Body::from)).await;
            let mut response = Response::new(Bytes::from(answer.text));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

impl Here {
    async fn new(key: &Key) -> Self {
        let master_key = MasterKey::from_bytes([7; 32]);
        let opened = server::open(ISSUER, MemoryStore::new(), master_key)
            .await
            .unwrap();
        let keys: KeySet = key.public().cloned().into_iter().collect();
        let trusted = TrustedIssuer::new("https://idp.example", keys, Everything);
        let server = opened
            .site(Ada)
            .grant_type(DeviceCode)
            .grant_type(TokenExchange::new(Everything))
            .grant_type(JwtBearer::new().trust(trusted))
            .build()
            .await
            .unwrap();
        let clients = server.clients().unwrap();
        for (client, grant_types) in [
            (
                NewClient::public("tv"),
                &[DeviceCode::NAME, "refresh_token"][..],
            ),
            (
                NewClient::confidential("gateway").with_secret("the secret"),
                &[TokenExchange::NAME],
            ),
            (NewClient::public("robot"), &[JwtBearer::NAME]),
        ] {
            let client = client.with_grant_types(grant_types.iter().copied());
            clients
                .add(client.with_scope("read".parse().unwrap()))
                .await
                .unwrap();
        }
        let protected = server.protect(API).unwrap().scope("read");
        let who = |token: AccessToken| async move {
            let claim = |name: &str| token.other.get(name).map(ToString::to_string);
            format!(
                "{} {:?} {:?}",
                token.subject.as_deref().unwrap_or_default(),
                claim("tenant"),
                claim("act")
            )
        };
        let api = route_get(who).layer(protected);
        Self(Router::new().route("/who", api).merge(server.routes()))
    }

    fn client(&self, builder: TokensBuilder) -> TokensBuilder {
        builder
            .transport(self.clone())
            .scope("read")
            .allow_origin(API)
    }

    /// The answer of the API to a client.
    async fn who(&self, tokens: &Tokens) -> String {
        let token = tokens.get().await.unwrap();
        let answer = get(&self.0, "/who", Some(token.secret.expose())).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.text
    }

    /// Types in a code and says yes, in a browser.
    async fn approve(&self, verification_uri: &str, user_code: &str) {
        let mut cookies = BTreeMap::new();
        let mut page = self
            .go(&mut cookies, Method::GET, verification_uri, String::new())
            .await;
        assert!(page.text.contains("Whoever sends you a code"), "{page:?}");
        for inputs in [&[("user_code", user_code)][..], &[]] {
            let (_, action) = page.text.split_once("action=\"").unwrap();
            let action = action.split('"').next().unwrap().to_owned();
            let hidden = page
                .text
                .split("type=\"hidden\" name=\"")
                .skip(1)
                .map(|rest| {
                    let (name, rest) = rest.split_once("\" value=\"").unwrap();
                    (name, rest.split('"').next().unwrap())
                });
            let body = form(&hidden.chain(inputs.iter().copied()).collect::<Vec<_>>());
            page = self.go(&mut cookies, Method::POST, &action, body).await;
        }
        assert!(page.text.contains("signed in now"), "{page:?}");
    }

    async fn go(
        &self,
        cookies: &mut BTreeMap<String, String>,
        mut method: Method,
        url: &str,
        mut body: String,
    ) -> Answer {
        let mut url = url.to_owned();
        loop {
            let sent: Vec<String> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            let request = Request::builder()
                .method(&method)
                .uri(url.replace(ISSUER, ""))
                .header(header::COOKIE, sent.join("; "))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body));
            let answer = send(&self.0, request.unwrap()).await;
            for cookie in answer.headers.get_all(header::SET_COOKIE) {
                let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = cookie.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            if !answer.status.is_redirection() {
                return answer;
            }
            (url, method, body) = (answer.location(), Method::GET, String::new());
        }
    }
}

#[tokio::test]
async fn a_device_signs_its_user_in_and_a_service_acts_for_them() {
    let here = Here::new(&Key::generate(Algorithm::Es256).unwrap()).await;
    let tv = here.client(Tokens::login(ISSUER, "tv"));
    let clock = FakeClock::new();
    let tv = tv
        .environment(environment(&clock))
        .spawn_on(tokio::runtime::Handle::current());
    let flow = tv.device_flow().unwrap();
    let waiting = flow.start().await.unwrap();
    let complete = waiting.verification_uri_complete.as_ref().unwrap();
    assert!(complete.as_str().contains(&waiting.user_code));
    here.approve(waiting.verification_uri.as_str(), &waiting.user_code)
        .await;
    let mut finished = pin!(waiting.finish());
    let signed_in = loop {
        tokio::select! {
            biased;
            signed_in = &mut finished => break signed_in,
            () = tokio::task::yield_now() => clock.advance(Duration::from_secs(1)),
        }
    };
    let tokens = signed_in.unwrap().tokens;
    assert_eq!(here.who(&tokens).await, "ada Some(\"\\\"blue\\\"\") None");

    let subject = tokens.get().await.unwrap().secret.expose().to_owned();
    let gateway = here.client(Tokens::token_exchange(ISSUER, "gateway", "the secret"));
    let gateway = gateway
        .resource(API)
        .subject_from(move || Some(SubjectToken::access_token(subject.clone())));
    let exchanged = gateway.build().unwrap();
    let told = here.who(&exchanged).await;
    assert_eq!(told, "ada None Some(\"{\\\"sub\\\":\\\"gateway\\\"}\")");
}

#[tokio::test]
async fn an_assertion_gives_a_token() {
    let key = Key::generate(Algorithm::Es256).unwrap();
    let here = Here::new(&key).await;
    let assertion = Assertion::new(key)
        .issuer("https://idp.example")
        .subject("ada");
    let tokens = here.client(Tokens::jwt_bearer(ISSUER, assertion).client_id("robot"));
    let tokens = tokens.build().unwrap();
    assert_eq!(here.who(&tokens).await, "ada Some(\"\\\"green\\\"\") None");
}
