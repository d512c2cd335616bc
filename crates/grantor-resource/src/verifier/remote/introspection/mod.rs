//! The endpoint that says whether a token is good (RFC 7662).

mod endpoint;
mod signed;

pub(crate) use endpoint::IntrospectionEndpoint;
pub(crate) use signed::SignedAnswers;
