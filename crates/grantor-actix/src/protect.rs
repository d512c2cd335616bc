//! The layer that protects a service, as a middleware.

use grantor_resource::Protect;

use crate::ProtectMiddleware;

/// [`Protect`] for actix-web.
pub trait ProtectExt {
    /// A middleware that admits only requests with a good access token: for
    /// [`App::wrap`](actix_web::App::wrap), or `wrap` of a scope or a resource.
    ///
    /// A handler takes the token as
    /// [`ReqData<AccessToken>`](actix_web::web::ReqData), and a demand on it that only the handler knows is
    /// an error of the type [`Refused`](crate::Refused).
    ///
    /// Proofs of DPoP are for the path that this middleware sees: one that changes paths belongs inside of
    /// it. In actix-web what is wrapped last is outermost.
    fn middleware(self) -> ProtectMiddleware;
}

impl ProtectExt for Protect {
    fn middleware(self) -> ProtectMiddleware {
        ProtectMiddleware::new(&self)
    }
}
