//! Token introspection (RFC 7662).

mod request;
mod response;

pub use request::IntrospectionRequest;
pub use response::{Introspection, InvalidIntrospection};
