//! Calls a gRPC service that demands a token: `cargo run -p grantor-client --example grpc`.
//!
//! The authorization server is one within the process; the service is tonic's health service on a
//! loopback address.
#![cfg_attr(
    not(test),
    expect(clippy::print_stdout, reason = "it prints what it was told")
)]

use std::error::Error;
use std::net::SocketAddr;

use grantor_client::Tokens;
use grantor_testkit::FakeServer;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;

#[cfg(not(test))]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = FakeServer::new("https://idp.example");
    let address = serve(issuer.clone()).await?;
    let origin = format!("http://{address}");
    let tokens = Tokens::client_credentials("https://idp.example", "app", "s3cret")
        .transport(issuer)
        .allow_origin(&origin)
        .build()?;
    println!("the service is {}", check(&tokens, &origin).await?);
    Ok(())
}

/// Asks the service at `origin` how it is.
pub(crate) async fn check(tokens: &Tokens, origin: &str) -> Result<&'static str, Box<dyn Error>> {
    let channel = Channel::from_shared(origin.to_owned())?.connect_lazy();
    // Should the token be rejected, the message is sent once more: up to 64 KiB of it are kept.
    let service = ServiceBuilder::new()
        .layer(tokens.layer().replay_buffered(64 * 1024))
        .map_request(|request: http::Request<_>| request.map(Body::new))
        .service(channel);
    // The layer looks where a request goes, so requests have to name that.
    let mut client = HealthClient::with_origin(service, origin.parse()?);
    let service = String::new();
    let answer = client.check(HealthCheckRequest { service }).await?;
    Ok(answer.into_inner().status().as_str_name())
}

/// A health service for those who have a token of this issuer.
pub(crate) async fn serve(issuer: FakeServer) -> Result<SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (_, health) = tonic_health::server::health_reporter();
    let guarded = InterceptedService::new(health, move |request| demand_token(&issuer, request));
    let server = Server::builder().add_service(guarded);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    Ok(address)
}

fn demand_token(issuer: &FakeServer, request: Request<()>) -> Result<Request<()>, Status> {
    let mut asked = http::Request::new(());
    *asked.headers_mut() = request.metadata().clone().into_headers();
    if issuer.api(&asked).status() == http::StatusCode::OK {
        Ok(request)
    } else {
        Err(Status::unauthenticated("a token is needed"))
    }
}
