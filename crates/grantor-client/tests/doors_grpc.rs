//! The example of gRPC runs, and a token that was rejected is renewed there as well.

#[path = "../examples/grpc.rs"]
mod grpc;

use grantor_client::Tokens;
use grantor_testkit::FakeServer;

#[tokio::test]
async fn a_call_carries_the_token_and_a_rejected_one_is_made_again() {
    let issuer = FakeServer::new("https://idp.example");
    let address = grpc::serve(issuer.clone()).await.unwrap();
    let origin = format!("http://{address}");
    let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
        .transport(issuer.clone())
        .allow_origin(&origin)
        .build()
        .unwrap();
    assert_eq!(grpc::check(&tokens, &origin).await.unwrap(), "SERVING");
    assert_eq!(issuer.token_requests(), 1);
    issuer.revoke_access_tokens();
    assert_eq!(grpc::check(&tokens, &origin).await.unwrap(), "SERVING");
    assert_eq!(issuer.token_requests(), 2);
    assert_eq!(tokens.counts().rejections, 1);
}
