//! Scopes by grant type and by client, defaults, and another separator.

use std::sync::Arc;

use grantor_core::{BoxFuture, token_type};
use grantor_server::grant_type::{
    DeviceCode, ExchangeDecision, ExchangePolicy, ExchangeRequest, Implicit, Password,
    TokenExchange,
};
use grantor_server::{Config, DefaultScope, Error, NewClient, Profile, Server};
use grantor_site::AccountSite;
use grantor_store::MemoryStore;
use http::header;

use crate::support::{Ask, Browser, Fixture, MACHINE, PASSWORD, Reply, Tokens, Who, value};

const OLD: Who = Who {
    id: "old",
    secret: Some("the secret of old"),
    redirect_uri: "https://old.example/cb",
};

async fn legacy(configure: impl FnOnce(&mut Config)) -> Fixture {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        let builder = builder
            .grant_type(Password)
            .grant_type(Implicit)
            .grant_type(DeviceCode);
        let builder = builder.configure(|config| config.profile = Profile::Legacy20);
        builder.configure(configure)
    });
    let fixture = fixture.await;
    let all = [
        "authorization_code",
        "password",
        "implicit",
        "refresh_token",
        "client_credentials",
    ];
    let old = NewClient::confidential(OLD.id)
        .with_grant_types(all)
        .with_scope("read write admin".parse().unwrap())
        .with_redirect_uri(OLD.redirect_uri.parse().unwrap())
        .with_secret(OLD.secret.unwrap());
    fixture.clients.add(old).await.unwrap();
    fixture
}

async fn password(fixture: &Fixture, scope: Option<&str>) -> Reply {
    let mut ask = vec![
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", PASSWORD),
    ];
    ask.extend(scope.map(|scope| ("scope", scope)));
    fixture.token(OLD, &ask).await
}

async fn machine(fixture: &Fixture, scope: Option<&str>) -> Reply {
    let mut ask = vec![("grant_type", "client_credentials")];
    ask.extend(scope.map(|scope| ("scope", scope)));
    fixture.token(OLD, &ask).await
}

#[tokio::test]
async fn a_grant_type_gives_no_more_than_its_own_scope() {
    let fixture = legacy(|config| {
        config.grant_type("password").scope = Some("read write".parse().unwrap());
        config.grant_type("authorization_code").scope = Some("read".parse().unwrap());
    })
    .await;
    assert_eq!(password(&fixture, None).await.member("scope"), "read write");
    let refused = password(&fixture, Some("read admin")).await;
    refused.assert_error(400, "invalid_scope");
    let all = machine(&fixture, None).await;
    assert_eq!(all.member("scope"), "read write admin");
    let ask = Ask::new(OLD).with("scope", "write");
    let reply = Browser::new(&fixture).open(&ask.url()).await;
    reply.assert_redirected_error(OLD.redirect_uri, "invalid_scope");
    let ask = Ask::new(OLD).without("scope");
    let code = fixture.code_for(OLD, ask).await;
    let redeemed = fixture.redeem(OLD, &code).await;
    assert_eq!(redeemed.assert_ok().member("scope"), "read");
}

#[tokio::test]
async fn a_default_scope_is_what_a_request_without_one_gets() {
    let fixture = legacy(|config| {
        config.default_scope = DefaultScope::Values("read".parse().unwrap());
        config.grant_type("client_credentials").default_scope = Some(DefaultScope::Required);
    })
    .await;
    assert_eq!(password(&fixture, None).await.member("scope"), "read");
    let wider = password(&fixture, Some("read write")).await;
    assert_eq!(wider.member("scope"), "read write");
    let refused = machine(&fixture, None).await;
    refused.assert_error(400, "invalid_scope");
    assert!(refused.member("error_description").contains("is missing"));
    machine(&fixture, Some("admin")).await.assert_ok();
    let ask = Ask::new(OLD).without("scope");
    let code = fixture.code_for(OLD, ask).await;
    let redeemed = fixture.redeem(OLD, &code).await;
    assert_eq!(redeemed.assert_ok().member("scope"), "read");
}

#[tokio::test]
async fn a_refresh_without_a_scope_has_that_of_the_grant_and_not_the_default() {
    let fixture = legacy(|config| {
        config.default_scope = DefaultScope::Values("read".parse().unwrap());
    })
    .await;
    let first = Tokens::of(&password(&fixture, Some("read write")).await);
    let second = fixture.refresh(OLD, &first.refresh).await;
    assert_eq!(second.assert_ok().member("scope"), "read write");
    let ask = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*first.refresh),
        ("scope", "admin"),
    ];
    let wider = fixture.token(OLD, &ask).await;
    wider.assert_error(400, "invalid_scope");
}

#[tokio::test]
async fn the_default_of_a_client_goes_before() {
    let fixture = Fixture::with(|config| config.default_scope = DefaultScope::Required).await;
    let ask = [("grant_type", "client_credentials")];
    let refused = fixture.token(MACHINE, &ask).await;
    refused.assert_error(400, "invalid_scope");
    let change = |client: &mut grantor_server::Client| {
        client.default_scope = Some("write".parse().unwrap());
    };
    fixture.clients.update(MACHINE.id, change).await.unwrap();
    fixture.clock.advance(1);
    let reply = fixture.token(MACHINE, &ask).await;
    assert_eq!(reply.assert_ok().member("scope"), "write");
    let change = |client: &mut grantor_server::Client| {
        client.default_scope = Some("admin".parse().unwrap());
    };
    let error = fixture.clients.update(MACHINE.id, change).await;
    assert!(error.unwrap_err().to_string().contains("default scope"));
}

#[tokio::test]
async fn commas_may_stand_between_the_values() {
    let fixture = legacy(|config| config.scope_separator = ',').await;
    for scope in ["read,write", "read write"] {
        let reply = password(&fixture, Some(scope)).await;
        assert_eq!(reply.assert_ok().member("scope"), "read,write");
        let token = reply.member("access_token");
        let seen = fixture.introspect(OLD, &token).await;
        assert_eq!(seen["scope"], "read write");
    }
    let refused = password(&fixture, Some("read,root")).await;
    refused.assert_error(400, "invalid_scope");
    // In the front channel too, in both directions.
    let ask = Ask::new(OLD)
        .with("response_type", "token")
        .with("scope", "read,write");
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&ask.url()).await;
    let consent = browser.sign_in(&login).await;
    let done = browser.allow(&consent).await;
    let location = done.header(header::LOCATION);
    let (_, fragment) = location.split_once('#').unwrap();
    let pairs: Vec<_> = url::form_urlencoded::parse(fragment.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(value(&pairs, "scope"), Some("read,write"));
}

#[tokio::test]
async fn another_separator_is_of_the_old_profile_and_a_comma_is_a_value_elsewhere() {
    let fixture = Fixture::new().await;
    let build = |profile, separator| {
        let issuer = fixture.server.issuer().clone();
        let builder = Server::builder(issuer, fixture.stores.clone());
        let builder = builder.site_with(AccountSite::for_server);
        builder
            .configure(|config| (config.profile, config.scope_separator) = (profile, separator))
            .build()
    };
    let told = build(Profile::OAuth21, ',').await.unwrap_err().to_string();
    assert!(told.contains("Profile::Legacy20"), "{told}");
    for separator in ['"', '\\', '\n', '\u{e9}', '\u{7f}'] {
        let told = build(Profile::Legacy20, separator).await.unwrap_err();
        assert!(told.to_string().contains("separator"), "{separator:?}");
    }
    build(Profile::Legacy20, ';').await.unwrap();
    let ask = [
        ("grant_type", "client_credentials"),
        ("scope", "read,write"),
    ];
    let refused = fixture.token(MACHINE, &ask).await;
    refused.assert_error(400, "invalid_scope");
}

/// Allows every exchange.
#[derive(Debug)]
struct Everything;

impl ExchangePolicy for Everything {
    fn decide<'a>(
        &'a self,
        request: &'a ExchangeRequest<'a>,
    ) -> BoxFuture<'a, Result<ExchangeDecision, Error>> {
        let decision = ExchangeDecision::Allow(request.requested());
        Box::pin(std::future::ready(Ok(decision)))
    }
}

#[tokio::test]
async fn an_exchanged_token_keeps_to_the_scope_of_its_grant_type() {
    let fixture = Fixture::on(Arc::new(MemoryStore::new()), |builder| {
        let builder = builder.grant_type(TokenExchange::new(Everything));
        builder.configure(|config| {
            config.grant_type(TokenExchange::NAME).scope = Some("read".parse().unwrap());
        })
    });
    let fixture = fixture.await;
    let both = [TokenExchange::NAME, "client_credentials"];
    let change = |client: &mut grantor_server::Client| {
        client.grant_types = both.map(str::to_owned).to_vec();
    };
    fixture.clients.update(MACHINE.id, change).await.unwrap();
    fixture.clock.advance(1);
    let ask = [("grant_type", "client_credentials")];
    let own = fixture.token(MACHINE, &ask).await;
    assert_eq!(own.member("scope"), "read write");
    let own = own.member("access_token");
    let ask = |scope: Option<&'static str>| {
        let mut ask = vec![
            ("grant_type", TokenExchange::NAME),
            ("subject_token", own.as_str()),
            ("subject_token_type", token_type::ACCESS_TOKEN),
        ];
        ask.extend(scope.map(|scope| ("scope", scope)));
        ask
    };
    let all = fixture.token(MACHINE, &ask(None)).await;
    assert_eq!(all.assert_ok().member("scope"), "read");
    let refused = fixture.token(MACHINE, &ask(Some("write"))).await;
    refused.assert_error(400, "invalid_scope");
}
