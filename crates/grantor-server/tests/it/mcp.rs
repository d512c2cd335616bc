//! The profile of the Model Context Protocol, revision 2026-07-28.

use grantor_server::{Config, MetadataDocuments, Profile, Registration};

use crate::support::{
    Ask, Browser, DOCUMENT, FILES, Fixture, MACHINE, RESOURCE, SPA, Tokens, Web, native,
};

async fn fixture(web: &Web) -> Fixture {
    web.fixture_with(|builder| {
        builder.configure(|config: &mut Config| {
            config.profile = Profile::Mcp;
            // As the profile has it.
            config.metadata_documents = None;
        })
    })
    .await
}

#[tokio::test]
async fn metadata_says_what_mcp_clients_look_for() {
    let fixture = fixture(&Web::new()).await;
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let metadata = fixture.get(path).await.assert_ok().json();
        assert_eq!(
            metadata["code_challenge_methods_supported"],
            serde_json::json!(["S256"])
        );
        assert_eq!(metadata["client_id_metadata_document_supported"], true);
        assert_eq!(
            metadata["authorization_response_iss_parameter_supported"],
            true
        );
        assert_eq!(metadata.get("registration_endpoint"), None);
    }
}

/// RFC 8707, MCP "Resource Parameter Implementation": no token is for nobody in particular.
#[tokio::test]
async fn every_request_names_its_resource() {
    let fixture = fixture(&Web::new()).await;
    let mut browser = Browser::new(&fixture);
    let refused = browser.open(&Ask::new(DOCUMENT).url()).await;
    refused.assert_error_page(400);
    assert!(
        refused.text().contains("invalid_target"),
        "{}",
        refused.text()
    );
    let refused = browser.open(&Ask::new(SPA).url()).await;
    refused.assert_redirected_error(SPA.redirect_uri, "invalid_target");
    let pushed = fixture.post("/par", SPA, &pairs(&Ask::new(SPA))).await;
    pushed.assert_error(400, "invalid_target");
    let ask = [("grant_type", "client_credentials")];
    fixture
        .token(MACHINE, &ask)
        .await
        .assert_error(400, "invalid_target");
    let ask = [("grant_type", "client_credentials"), ("resource", FILES)];
    let token = fixture
        .token(MACHINE, &ask)
        .await
        .assert_ok()
        .member("access_token");
    let seen = fixture.server.introspect(&token).await.unwrap();
    assert_eq!(seen.aud, [FILES]);
}

#[tokio::test]
async fn a_token_is_bound_to_the_resource_that_the_user_allowed() {
    let fixture = fixture(&Web::new()).await;
    let ask = Ask::new(DOCUMENT).with("resource", FILES);
    let code = fixture.code_for(DOCUMENT, ask).await;
    let mut other = code.pairs();
    other.push(("resource", RESOURCE));
    fixture
        .token(DOCUMENT, &other)
        .await
        .assert_error(400, "invalid_target");
    let tokens = Tokens::of(&fixture.redeem(DOCUMENT, &code).await);
    let seen = fixture.server.introspect(&tokens.access).await.unwrap();
    assert_eq!(seen.aud, [FILES]);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
        ("resource", RESOURCE),
    ];
    fixture
        .token(DOCUMENT, &refresh)
        .await
        .assert_error(400, "invalid_target");
    Tokens::of(&fixture.refresh(DOCUMENT, &tokens.refresh).await);
}

/// MCP "Canonical Server URI": scheme and host in upper case are accepted.
#[tokio::test]
async fn a_resource_is_the_same_in_upper_case() {
    let fixture = fixture(&Web::new()).await;
    let ask = Ask::new(DOCUMENT).with("resource", "HTTPS://Files.Example");
    let code = fixture.code_for(DOCUMENT, ask).await;
    let tokens = Tokens::of(&fixture.redeem(DOCUMENT, &code).await);
    let seen = fixture.server.introspect(&tokens.access).await.unwrap();
    assert_eq!(seen.aud, [FILES]);
}

/// MCP "Token Theft": refresh tokens of public clients rotate.
#[tokio::test]
async fn refresh_tokens_of_clients_without_credentials_rotate() {
    let fixture = fixture(&Web::new()).await;
    let ask = Ask::new(DOCUMENT).with("resource", FILES);
    let code = fixture.code_for(DOCUMENT, ask).await;
    let first = Tokens::of(&fixture.redeem(DOCUMENT, &code).await);
    let second = Tokens::of(&fixture.refresh(DOCUMENT, &first.refresh).await);
    assert_ne!(first.refresh, second.refresh);
}

fn pairs(ask: &Ask) -> Vec<(&str, &str)> {
    ask.pairs
        .iter()
        .filter(|(name, _)| name != "client_id")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Clients register with the scope of the first challenge ("Scope Selection Strategy"), and step up.
#[tokio::test]
async fn a_registered_scope_does_not_keep_a_client_from_stepping_up() {
    for (profile, scope) in [(Profile::Mcp, "read write"), (Profile::OAuth21, "read")] {
        let fixture = Fixture::with(|config| {
            config.profile = profile;
            config.registration = Registration::Open;
            config.metadata_documents = Some(MetadataDocuments::No);
        })
        .await;
        let mut metadata = native();
        metadata["scope"] = "read".into();
        let answer = fixture.register(&metadata).await;
        assert_eq!(answer.member("scope"), scope, "{profile:?}");
    }
}
