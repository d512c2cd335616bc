//! The table of endpoints, where each lies, what they say in the metadata, and which web pages may read
//! their answers.

mod auth_methods;
pub(crate) mod cors;
mod endpoint_row;
pub(crate) mod endpoints;
mod metadata;
mod routes;
mod table;

pub use endpoint_row::EndpointRow;
pub(crate) use endpoints::Offer;
pub(crate) use metadata::metadata;
pub(crate) use routes::Routes;
