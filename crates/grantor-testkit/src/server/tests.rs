use grantor_core::{
    ClientAuthentication, GrantRequest, TokenError, TokenQuery, TokenRequest, TokenResponse,
};

use super::*;

async fn ask(server: &FakeServer, grant: GrantRequest) -> Result<TokenResponse, TokenError> {
    let client = ClientAuthentication::Basic {
        client_id: "app".into(),
        client_secret: "s3cret".into(),
    };
    let request = TokenRequest::new(grant).to_request(&server.token_endpoint(), &client);
    TokenResponse::from_response(&server.send(request).await.unwrap())
}

fn refresh(token: &str) -> GrantRequest {
    GrantRequest::RefreshToken {
        refresh_token: token.into(),
    }
}

#[tokio::test]
async fn a_spent_refresh_token_ends_its_login() {
    let server = FakeServer::new("https://a.example");
    let first = server.new_refresh_token();
    let second = ask(&server, refresh(&first)).await.unwrap();
    let second = second.refresh_token.unwrap();
    assert!(server.takes_refresh_token(second.expose()));
    assert!(ask(&server, refresh(&first)).await.is_err());
    assert!(ask(&server, refresh(second.expose())).await.is_err());
    assert_eq!(server.reuses(), 1);
}

#[tokio::test]
async fn repeats_are_borne_where_they_are_allowed() {
    let server = FakeServer::new("https://a.example");
    server.allow_repeats();
    let first = server.new_refresh_token();
    let once = ask(&server, refresh(&first)).await.unwrap();
    let twice = ask(&server, refresh(&first)).await.unwrap();
    assert_eq!(once.refresh_token, twice.refresh_token);
    assert_eq!(server.reuses(), 0);
}

#[tokio::test]
async fn only_the_required_client_is_served() {
    let server = FakeServer::new("https://a.example");
    server.require_client("app", "other");
    let refused = ask(&server, GrantRequest::ClientCredentials).await;
    assert!(matches!(refused, Err(TokenError::Refused { status, .. }) if status == 401));
    server.require_client("app", "s3cret");
    assert!(ask(&server, GrantRequest::ClientCredentials).await.is_ok());
}

#[tokio::test]
async fn faults_come_in_order_and_once() {
    let server = FakeServer::new("https://a.example");
    server.fail_next(Fault::TooManyRequests(7));
    server.fail_next(Fault::NotJson);
    let error = ask(&server, GrantRequest::ClientCredentials).await;
    assert_eq!(
        error.unwrap_err().retry_after(),
        Some(Duration::from_secs(7))
    );
    assert!(ask(&server, GrantRequest::ClientCredentials).await.is_err());
    assert!(ask(&server, GrantRequest::ClientCredentials).await.is_ok());
    assert_eq!(server.token_requests(), 3);
}

#[tokio::test]
async fn requests_are_held_until_they_are_released() {
    let server = FakeServer::new("https://a.example");
    server.hold();
    let asking = ask(&server, GrantRequest::ClientCredentials);
    let release = async {
        server.holds(1).await;
        server.release();
    };
    let (answer, ()) = tokio::join!(asking, release);
    assert!(answer.is_ok());
}

#[tokio::test]
async fn tokens_are_good_until_they_are_revoked() {
    let server = FakeServer::new("https://a.example/tenant");
    let answer = ask(&server, GrantRequest::ClientCredentials).await.unwrap();
    let token = answer.access_token.expose();
    let request = Request::get("https://api.example/");
    let request = request.header("authorization", format!("Bearer {token}"));
    let request = request.body(()).unwrap();
    assert_eq!(server.api(&request).status(), 200);
    let client = ClientAuthentication::None {
        client_id: "app".into(),
    };
    let query = TokenQuery::new(token);
    let revocation = server.metadata().revocation_endpoint.unwrap();
    server
        .send(query.to_request(&revocation, &client))
        .await
        .unwrap();
    assert_eq!(server.api(&request).status(), 401);
}
