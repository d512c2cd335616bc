//! The server in an application, and the application's routes behind its tokens.

use std::sync::Arc;

use grantor_resource::{ConfigurationError, Protect, Verifier, protect};
use grantor_server::Server;

use crate::Routes;

/// Routes and protection for an actix-web application.
pub trait ServerExt {
    /// The server's endpoints, for [`App::service`](actix_web::App::service). Their paths begin with the
    /// path of the issuer, so they belong in the application itself or in a scope without a path.
    ///
    /// Limits on guessing count by the address of the connection, which actix-web knows. A
    /// [`PeerAddress`](grantor_core::PeerAddress) in the extensions of a request takes precedence.
    fn routes(&self) -> Routes;

    /// A layer that admits only requests with a good access token of this server for `audience`: with
    /// [`ProtectExt::middleware`](crate::ProtectExt::middleware) it goes around a route. It introspects in
    /// process, so a revoked token is refused at once. From this call on clients may request tokens for
    /// `audience`; the first protected audience is the default of a server without a configured one.
    ///
    /// # Errors
    /// `audience` is empty.
    fn protect(&self, audience: &str) -> Result<Protect, ConfigurationError>;
}

impl ServerExt for Server {
    fn routes(&self) -> Routes {
        Routes::new(self.clone())
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
