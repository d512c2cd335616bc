//! Token introspection (RFC 7662).

mod introspect;
mod request;
mod response;

pub use introspect::{Introspect, IntrospectError};
pub use request::IntrospectionRequest;
pub use response::Introspection;
#[cfg(feature = "exchange")]
pub use response::InvalidIntrospection;
