//! The server that the requests go to.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use grantor_core::{BoxFuture, Issuer, Scope, Secret};
use grantor_http::system;
use grantor_server::grant_type::{
    DeviceCode, ExchangeDecision, ExchangePolicy, ExchangeRequest, JwtBearer, TokenExchange,
};
use grantor_server::{Bucket, Limit, NewClient, Registration, Server, SiteSetup, StoredClients};
use grantor_site::{AccountSite, Accounts, Passwords};
use grantor_store::{MasterKey, MemoryStore, Namespace, Stores};
use harness::{Error, Result};
use http::{Request, Response};
use http_body_util::Full;
use tokio::runtime::Runtime;

use crate::cases::{Case, cases};
use crate::visit::Visit;

/// A server with every grant type of its own, the client `client` that may do everything, and the
/// user `alice`.
pub(crate) struct Target {
    runtime: Runtime,
    server: Server,
    visit: Visit,
}

impl Target {
    pub(crate) fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let server = runtime.block_on(build())?;
        let rows = server.endpoint_rows();
        let send = |request: Request<_>| runtime.block_on(harness::answer(&server, request));
        let visit = Visit::make(&rows, &send)?;
        Ok(Self {
            runtime,
            server,
            visit,
        })
    }

    /// Every request to every endpoint. Their order does not change.
    pub(crate) fn cases(&self) -> Vec<Case> {
        cases(&self.server.endpoint_rows(), &self.visit)
    }

    pub(crate) fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>> {
        self.runtime
            .block_on(harness::answer(&self.server, request))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }
}

/// The secret of the client.
pub(crate) const SECRET: &str = "secret";
/// Where the client's codes go.
pub(crate) const REDIRECT_URI: &str = "https://app.example/cb";
/// The password of the user.
pub(crate) const PASSWORD: &str = "correct horse battery";

async fn build() -> Result<Server> {
    let key = MasterKey::from_bytes([7; 32]).sealing_key();
    let stores = Stores::new(
        Arc::new(MemoryStore::new()),
        Namespace::new("bench"),
        system(),
    );
    let stores = stores.seal_under(key);
    let names = [
        "authorization_code",
        "client_credentials",
        "refresh_token",
        DeviceCode::NAME,
        TokenExchange::NAME,
        JwtBearer::NAME,
    ];
    let client = NewClient::confidential("client")
        .with_grant_types(names)
        .with_scope(Scope::parse("read write")?)
        .with_redirect_uri(REDIRECT_URI.parse()?)
        .with_secret(Secret::new(SECRET));
    let clients = StoredClients::open(&stores).await?;
    clients.add(client).await.map_err(Error::from)?;
    let accounts = Accounts::open(&stores, Passwords::danger_cheap())?;
    accounts.add("alice", &PASSWORD.into()).await?;
    let server = Server::builder(Issuer::parse("https://id.example.com")?, stores);
    let server = server
        .grant_type(DeviceCode)
        .grant_type(TokenExchange::new(Everything))
        .grant_type(JwtBearer::new());
    let server = server.site_with(site).configure(|config| {
        config.default_audience = Some("https://api.example.com".to_owned());
        config.registration = Registration::Open;
        config.health_endpoint = true;
    });
    Ok(server.build().await?)
}

/// A site that hashes passwords cheaply, since that is not measured, and refuses no login.
fn site(setup: &SiteSetup<'_>) -> std::result::Result<AccountSite, grantor_server::BuildError> {
    let site = AccountSite::open(setup.stores(), Passwords::danger_cheap(), setup.issuer())?;
    let no_limit = Limit::new(u64::MAX, Duration::from_secs(60));
    let mut limits = setup.limits().clone();
    for bucket in [Bucket::LoginsToAccount, Bucket::LoginsFromKnownBrowser] {
        limits = limits.with(bucket, no_limit);
    }
    Ok(site.with_limits(limits))
}

/// Exchanges whatever the rules of the server allow.
#[derive(Debug)]
struct Everything;

impl ExchangePolicy for Everything {
    fn decide<'a>(
        &'a self,
        request: &'a ExchangeRequest<'a>,
    ) -> BoxFuture<'a, std::result::Result<ExchangeDecision, grantor_server::Error>> {
        let decision = ExchangeDecision::Allow(request.requested());
        Box::pin(std::future::ready(Ok(decision)))
    }
}
