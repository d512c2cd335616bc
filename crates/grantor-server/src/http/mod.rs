//! From bytes to a call and back. Nothing here knows the protocol.

mod call;
pub(crate) mod cookie;
mod cors;
mod endpoint_row;
pub(crate) mod endpoints;
pub(crate) mod fault;
mod reply;
mod routes;
mod service;

pub(crate) use call::Call;
pub use endpoint_row::EndpointRow;
pub(crate) use endpoints::Offer;
pub(crate) use reply::Reply;
pub(crate) use routes::Routes;
