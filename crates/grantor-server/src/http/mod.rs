//! From bytes to a call and back. Nothing here knows the protocol.

mod call;
mod cors;
pub(crate) mod endpoints;
pub(crate) mod fault;
mod reply;
mod routes;
mod service;

pub(crate) use call::Call;
pub(crate) use endpoints::Offer;
pub(crate) use reply::Reply;
pub(crate) use routes::Routes;
