//! Endpoints at paths of the operator's choice.

use crate::support::{APP, Ask, Browser, Fixture, MACHINE};

#[tokio::test]
async fn every_endpoint_lies_where_the_configuration_says() {
    let moved = [
        "/oauth2/authorize",
        "/oauth2/authorize/next",
        "/oauth2/pushed",
        "/oauth2/token",
        "/oauth2/introspect",
        "/oauth2/revoke",
        "/oauth2/keys.json",
    ];
    let fixture = Fixture::with(|config| {
        let [
            authorization,
            resume,
            pushed_authorization,
            token,
            introspection,
            revocation,
            jwks,
        ] = moved.map(str::to_owned);
        config.paths.authorization = authorization;
        config.paths.resume = resume;
        config.paths.pushed_authorization = pushed_authorization;
        config.paths.token = token;
        config.paths.introspection = introspection;
        config.paths.revocation = revocation;
        config.paths.jwks = jwks;
    })
    .await;
    let mut paths = fixture.server.paths();
    paths.retain(|path| !path.starts_with("/.well-known/"));
    paths.sort();
    let mut expected = moved.map(str::to_owned);
    expected.sort();
    assert_eq!(paths, expected);
    let metadata = fixture.get("/.well-known/oauth-authorization-server").await;
    for (member, path) in [
        ("authorization_endpoint", "/oauth2/authorize"),
        ("pushed_authorization_request_endpoint", "/oauth2/pushed"),
        ("token_endpoint", "/oauth2/token"),
        ("introspection_endpoint", "/oauth2/introspect"),
        ("revocation_endpoint", "/oauth2/revoke"),
        ("jwks_uri", "/oauth2/keys.json"),
    ] {
        assert_eq!(metadata.member(member), format!("https://id.example{path}"));
    }
    // The whole way of a code, pages included.
    let url = Ask::new(APP)
        .url()
        .replace("/authorize?", "/oauth2/authorize?");
    let mut browser = Browser::new(&fixture);
    let login = browser.open(&url).await;
    assert!(login.text().contains("action=\"/oauth2/authorize/next\""));
    let consent = browser.sign_in(login.assert_ok()).await;
    let code = browser.allow(consent.assert_ok()).await;
    assert!(!code.code(APP.redirect_uri).is_empty());
    let pairs = [("grant_type", "client_credentials")];
    let token = fixture.post("/oauth2/token", MACHINE, &pairs).await;
    assert!(!token.assert_ok().member("access_token").is_empty());
    assert_eq!(fixture.get("/jwks").await.status, 404);
}

#[tokio::test]
async fn two_endpoints_at_one_path_are_an_error() {
    let fixture = Fixture::new().await;
    let issuer = fixture.server.issuer().clone();
    let builder = grantor_server::Server::builder(issuer, fixture.stores.clone());
    let builder = builder.site_with(grantor_site::AccountSite::for_server);
    let built = builder.configure(|config| config.paths.jwks = "/token".to_owned());
    let error = built.build().await.unwrap_err();
    assert_eq!(
        error.problems(),
        ["two endpoints or pages lie at \"/token\""]
    );
}
