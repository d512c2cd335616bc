//! A server that gives tokens for other tokens: for those of its own (RFC 8693), for the JWTs of a partner
//! (RFC 7523), and for the identity assertions of the company's identity provider.
//!
//! ```sh
//! # Public keys of partner and identity provider, as a JWK Set:
//! ISSUER_KEYS=keys.json cargo run -p grantor --all-features --example exchange
//! curl -u 'gateway:the secret of the gateway' http://127.0.0.1:3000/token -d assertion=JWT \
//!     -d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer
//! curl -u 'gateway:the secret of the gateway' http://127.0.0.1:3000/token -d subject_token=TOKEN \
//!     -d subject_token_type=urn:ietf:params:oauth:token-type:access_token \
//!     -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d resource=https://orders.example.com
//! ```

use std::error::Error as StdError;
use std::net::SocketAddr;

use grantor::axum::ServerExt;
use grantor::core::BoxFuture;
use grantor::http::system;
use grantor::jose::KeySet;
use grantor::server::grant_type::{
    AssertionDecision, AssertionPolicy, AssertionRequest, ExchangeDecision, ExchangePolicy,
    ExchangeRequest, JwtBearer, TokenExchange, TrustedIssuer,
};
use grantor::server::{self, Error, NewClient, Server};
use grantor::store::{MasterKey, MemoryStore};

const GATEWAY: &str = "https://gateway.example.com";
const ORDERS: &str = "https://orders.example.com";

/// The gateway calls the API of orders for its callers.
#[derive(Debug)]
struct GatewayCallsOrders;

impl ExchangePolicy for GatewayCallsOrders {
    fn decide<'a>(
        &'a self,
        request: &'a ExchangeRequest<'a>,
    ) -> BoxFuture<'a, Result<ExchangeDecision, Error>> {
        let is_for_gateway = request.subject.audience.iter().any(|own| own == GATEWAY);
        let decision = match is_for_gateway && request.audience == [ORDERS] {
            true => ExchangeDecision::Allow(request.requested().acting_as_client()),
            false => ExchangeDecision::Refuse,
        };
        Box::pin(std::future::ready(Ok(decision)))
    }
}

/// Everybody whom the issuer names is known here by the same identifier, behind a prefix of the issuer's.
#[derive(Debug)]
struct KnownBy(&'static str);

impl AssertionPolicy for KnownBy {
    fn decide<'a>(
        &'a self,
        request: &'a AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<AssertionDecision, Error>> {
        let subject = format!("{}:{}", self.0, request.sub);
        let decision = AssertionDecision::Allow(request.requested(subject));
        Box::pin(std::future::ready(Ok(decision)))
    }
}

/// A server that trusts the two issuers, and knows the client that presents their assertions.
pub(crate) async fn server(issuer: &str, keys: KeySet) -> Result<Server, Box<dyn StdError>> {
    let partner = TrustedIssuer::new("https://partner.example", keys.clone(), KnownBy("partner"));
    let employees =
        TrustedIssuer::identity_provider("https://idp.example", keys, KnownBy("employee"));
    let key = MasterKey::from_bytes(system().random_bytes());
    let server = server::open(issuer, MemoryStore::new(), key)
        .await?
        .grant_type(TokenExchange::new(GatewayCallsOrders))
        .grant_type(JwtBearer::new().trust(partner).trust(employees))
        .configure(|config| {
            config.resources = vec![ORDERS.to_owned()];
            config.default_audience = Some(GATEWAY.to_owned());
        });
    let server = server.build().await?;
    let gateway = NewClient::confidential("gateway")
        .with_grant_types([TokenExchange::NAME, JwtBearer::NAME])
        .with_scope("read".parse()?)
        .with_secret("the secret of the gateway");
    if let Some(clients) = server.clients() {
        clients.add(gateway).await?;
    }
    Ok(server)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let issuer = std::env::var("ISSUER").unwrap_or_else(|_| "http://127.0.0.1:3000".to_owned());
    let keys = KeySet::from_json(&std::fs::read(std::env::var("ISSUER_KEYS")?)?)?;
    let app: axum::Router = server(&issuer, keys).await?.routes();
    let address = issuer.trim_start_matches("http://");
    let listener = tokio::net::TcpListener::bind(address).await?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
