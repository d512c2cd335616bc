//! The rows of well-known providers, and the quirks of some of them.

use std::collections::HashSet;
use std::time::Duration;

use grantor_core::{
    ClientAuthentication, ErrorCode, GrantParameters, Issuer, TokenError, TokenRequest,
    TokenResponse,
};
use http::{Response, header};
use url::Url;

use super::*;

const SHOP: &str = "shop.plentymarkets-cloud02.com";

fn with_tenants() -> Vec<Provider> {
    let identifier = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let tenants = [
        microsoft("common"),
        microsoft(identifier),
        azure_b2c("contoso", "B2C_1_SignUpSignIn"),
        asgardeo("acme"),
        cognito("testing.auth.us-east-1.amazoncognito.com"),
        hipchat_server("chat.example.com"),
        shopify("my-shop"),
        plentymarkets(SHOP, "/rest/login"),
    ];
    all().cloned().chain(tenants.map(Result::unwrap)).collect()
}

fn endpoints(provider: &Provider) -> impl Iterator<Item = &str> {
    let optional = [
        &provider.authorization_endpoint,
        &provider.device_authorization_endpoint,
        &provider.revocation_endpoint,
        &provider.introspection_endpoint,
    ];
    let optional = optional.into_iter().flatten().map(AsRef::as_ref);
    optional.chain([provider.token_endpoint.as_ref()])
}

#[test]
fn every_endpoint_is_https_and_written_as_it_is_sent() {
    for provider in with_tenants() {
        for endpoint in endpoints(&provider) {
            let url = Url::parse(endpoint).unwrap();
            assert_eq!(url.scheme(), "https", "{endpoint}");
            assert!(url.host_str().unwrap().contains('.'), "{endpoint}");
            assert_eq!(url.as_str(), endpoint);
            assert!(url.query().is_none() && url.fragment().is_none());
        }
        if let Some(issuer) = &provider.issuer {
            assert!(Issuer::parse(issuer).is_ok(), "{issuer}");
        }
        assert!(!provider.sources.is_empty(), "{}", provider.name);
    }
}

#[test]
fn every_provider_has_a_name_of_its_own_in_order() {
    let names: Vec<_> = all().map(|provider| provider.name.to_lowercase()).collect();
    assert!(names.is_sorted(), "{names:?}");
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
}

#[test]
fn a_tenant_stays_in_its_place() {
    for bad in [
        "",
        ".",
        "..",
        "a/b",
        "a?b",
        "a#b",
        "a@b",
        "a:1",
        "a\\b",
        "a b",
        "a%2fb",
        "é",
        ".a",
        "a.",
        "a..b",
        "https://a",
    ] {
        assert_eq!(microsoft(bad), Err(InvalidTenant), "{bad}");
        assert_eq!(azure_b2c(bad, "p"), Err(InvalidTenant), "{bad}");
        assert_eq!(azure_b2c("t", bad), Err(InvalidTenant), "{bad}");
        assert_eq!(asgardeo(bad), Err(InvalidTenant), "{bad}");
        assert_eq!(cognito(bad), Err(InvalidTenant), "{bad}");
        assert_eq!(hipchat_server(bad), Err(InvalidTenant), "{bad}");
        assert_eq!(shopify(bad), Err(InvalidTenant), "{bad}");
        assert_eq!(plentymarkets(bad, "/"), Err(InvalidTenant), "{bad}");
    }
    assert_eq!(shopify("evil.example"), Err(InvalidTenant));
    for path in ["", "rest", "//evil.example", "/../x", "/a?b"] {
        assert_eq!(plentymarkets(SHOP, path), Err(InvalidTenant), "{path}");
    }
}

#[test]
fn only_the_identifier_of_a_tenant_is_an_issuer() {
    for tenant in ["common", "organizations", "consumers", "contoso.example"] {
        assert_eq!(microsoft(tenant).unwrap().issuer, None);
    }
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    assert_eq!(microsoft(tenant).unwrap().issuer.as_deref(), Some(&*issuer));
}

fn read(provider: &Provider, content_type: &str, body: &str) -> Result<TokenResponse, TokenError> {
    let response = Response::builder().header(header::CONTENT_TYPE, content_type);
    TokenResponse::from_response_with(&response.body(body).unwrap(), &provider.quirks)
}

fn json(provider: &Provider, body: &str) -> TokenResponse {
    read(provider, "application/json", body).unwrap()
}

fn scope(token: &TokenResponse) -> &str {
    token.scope.as_ref().map_or("", |scope| scope.as_str())
}

// The bodies of requests-oauthlib's tests/test_compliance_fixes.py.

#[test]
fn facebook_answers_with_a_form_in_plain_text() {
    let token = read(&FACEBOOK, "text/plain", "access_token=urlencoded").unwrap();
    assert_eq!(token.access_token, "urlencoded".into());
    assert_eq!(token.token_type, "Bearer");
    let token = read(&FACEBOOK, "text/plain", "access_token=t&expires=5183999").unwrap();
    assert_eq!(token.expires_in, Some(Duration::from_secs(5_183_999)));
}

#[test]
fn fitbit_tells_errors_in_a_list() {
    let body = r#"{"errors": [{"errorType": "invalid_grant"}]}"#;
    let error = read(&FITBIT, "application/json", body).unwrap_err();
    assert!(error.is_invalid_grant());
    let token = json(
        &FITBIT,
        r#"{"access_token": "access", "refresh_token": "refresh"}"#,
    );
    assert_eq!(token.refresh_token, Some("refresh".into()));
}

#[test]
fn mailchimp_writes_0_for_a_token_that_does_not_end() {
    let body = r#"{"access_token": "mailchimp", "expires_in": 0, "scope": null}"#;
    let token = json(&MAILCHIMP, body);
    assert_eq!(token.expires_in, Some(Duration::ZERO));
    assert_eq!(token.scope, None);
}

#[test]
fn weibo_and_douban_leave_out_the_token_type() {
    for provider in [&WEIBO, &DOUBAN] {
        let token = json(provider, r#"{"access_token": "weibo"}"#);
        assert_eq!(token.token_type, "Bearer");
        assert_eq!(provider.query_parameter.as_deref(), Some("access_token"));
    }
}

#[test]
fn plentymarkets_writes_camel_case() {
    let body = r#"{"accessToken": "ecUN1r8KhJewMCdLAmpHOdZ4O0ofXKB9zf6CXK61",
        "tokenType": "Bearer", "expiresIn": 86400,
        "refreshToken": "iG2kBGIjcXaRE4xmTVUnv7xwxX7XMcWCHqJmFaSX"}"#;
    let token = json(&plentymarkets(SHOP, "/").unwrap(), body);
    let access_token = "ecUN1r8KhJewMCdLAmpHOdZ4O0ofXKB9zf6CXK61";
    assert_eq!(token.access_token, access_token.into());
    assert_eq!(token.expires_in, Some(Duration::from_secs(86_400)));
    let refresh_token = "iG2kBGIjcXaRE4xmTVUnv7xwxX7XMcWCHqJmFaSX";
    assert_eq!(token.refresh_token, Some(refresh_token.into()));
    assert!(token.extra.is_empty());
}

#[test]
fn ebay_means_bearer_whatever_it_writes() {
    let body = r#"{"access_token": "this is the access token", "expires_in": 7200,
        "token_type": "Application Access Token"}"#;
    assert_eq!(json(&EBAY, body).token_type, "Bearer");
}

// The providers as their documentation describes them.

#[test]
fn slack_has_the_token_of_a_bot_and_that_of_a_user() {
    let body = r#"{"ok": true, "access_token": "xoxb-1", "token_type": "bot",
        "scope": "commands,incoming-webhook", "bot_user_id": "U0KRQLJ9H",
        "authed_user": {"id": "U1234", "scope": "chat:write,users:read",
            "access_token": "xoxp-1234", "token_type": "user"}}"#;
    let bot = json(&SLACK, body);
    assert_eq!(bot.access_token, "xoxb-1".into());
    assert_eq!(bot.token_type, "Bearer");
    assert_eq!(scope(&bot), "commands incoming-webhook");
    let user = json(&SLACK_USER, body);
    assert_eq!(user.access_token, "xoxp-1234".into());
    assert_eq!(scope(&user), "chat:write users:read");
    let error = read(
        &SLACK,
        "application/json",
        r#"{"ok":false,"error":"invalid_code"}"#,
    );
    let Err(TokenError::Refused { error, .. }) = error else {
        panic!("no refusal");
    };
    assert_eq!(error.error, ErrorCode::Other("invalid_code".into()));
}

#[test]
fn github_separates_scopes_by_commas() {
    let body = "access_token=gho_16C7e42F292c6912E7710c838347Ae178B4a&scope=repo%2Cgist\
                &token_type=bearer";
    let token = read(&GITHUB, "application/x-www-form-urlencoded", body).unwrap();
    assert_eq!(scope(&token), "repo gist");
    let body = r#"{"access_token":"gho_1","scope":"repo,gist","token_type":"bearer"}"#;
    assert_eq!(scope(&json(&GITHUB, body)), "repo gist");
}

#[test]
fn shopify_leaves_out_the_token_type_and_wants_commas() {
    let provider = shopify("my-shop").unwrap();
    let token = json(
        &provider,
        r#"{"access_token": "f85632530bf277ec9ac6f649fc327f17",
            "scope": "write_orders,read_customers"}"#,
    );
    assert_eq!(token.token_type, "Bearer");
    assert_eq!(scope(&token), "write_orders read_customers");
}

#[test]
fn wix_gets_its_token_requests_as_json() {
    let client = ClientAuthentication::Post {
        client_id: "c".into(),
        client_secret: "s".into(),
    };
    let url = WIX.token_endpoint.parse().unwrap();
    let request = TokenRequest::new(GrantParameters::ClientCredentials);
    let request = request.to_request_with(&url, &client, &WIX.quirks);
    assert_eq!(request.headers()[header::CONTENT_TYPE], "application/json");
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body["grant_type"], "client_credentials");
    assert_eq!(body["client_secret"], "s");
}
