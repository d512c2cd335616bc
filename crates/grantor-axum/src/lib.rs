//! Mounts a [`grantor_server::Server`] in an axum application, and protects the application's own
//! routes with it.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use grantor_axum::ServerExt;
//! use grantor_core::Issuer;
//! use grantor_http::system;
//! use grantor_server::Server;
//! use grantor_site::AccountSite;
//! use grantor_store::{MasterKey, Namespace, Store, Stores};
//! use grantor_store_sqlite::SqliteStore;
//! use std::{path::Path, sync::Arc};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::parse("https://id.example.com")?;
//! let store: Arc<dyn Store> = Arc::new(SqliteStore::open("auth.db")?);
//! let namespace = Namespace::new(issuer.as_str());
//! let key = MasterKey::open(Path::new("keys"), &store, namespace, &system()).await?;
//! let stores = Stores::new(store, namespace, system()).seal_under(key.sealing_key());
//! let server = Server::builder(issuer, stores)
//!     .site_with(AccountSite::for_server)
//!     .build()
//!     .await?;
//!
//! let api = server.protect("https://api.example.com")?.scope("read");
//! let app: Router = Router::new()
//!     .route("/things", get(|| async { "only with a token" }).layer(api))
//!     .merge(server.routes());
//! # drop(app);
//! # Ok(())
//! # }
//! ```

mod peer;

use std::sync::Arc;

use axum::Router;
use grantor_resource::{ConfigurationError, Protect, Verifier, protect};
use grantor_server::Server;
use tower::util::MapRequest;

use crate::peer::insert_peer_address;

/// Routes and protection for an axum application.
pub trait ServerExt {
    /// The server's endpoints as a router, to be merged into the application's. Their paths begin
    /// with the path of the issuer, so the router is merged and not nested.
    ///
    /// Limits on guessing by address need the peer's address: serve the application with
    /// [`into_make_service_with_connect_info`](Router::into_make_service_with_connect_info) for
    /// [`SocketAddr`](std::net::SocketAddr), or insert [`PeerAddress`](grantor_core::PeerAddress)
    /// into the extensions of requests. An inserted one takes precedence.
    fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S>;

    /// A layer that admits only requests with a good access token of this server for `audience`. It
    /// introspects in process, so a revoked token is refused at once. From this call on clients may
    /// request tokens for `audience`; the first protected audience is the default of a server
    /// without a configured one.
    ///
    /// # Errors
    /// `audience` is empty.
    fn protect(&self, audience: &str) -> Result<Protect, ConfigurationError>;
}

impl ServerExt for Server {
    fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let service = MapRequest::new(self.clone(), insert_peer_address);
        self.paths().iter().fold(Router::new(), |router, path| {
            router.route_service(path, service.clone())
        })
    }

    fn protect(&self, audience: &str) -> Result<Protect, ConfigurationError> {
        let verifier = Verifier::in_process(Arc::new(self.clone()))
            .audience(audience)
            .issuer(self.issuer().as_str())
            .build()?;
        self.register_resource(audience);
        Ok(protect(&verifier))
    }
}
