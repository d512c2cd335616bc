//! Rows of the endpoint table, for programs that walk it.

use http::Method;

use super::endpoints::{Authentication, Body, Endpoint};

/// One endpoint of a server, for the measurement that walks them all.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EndpointRow {
    /// Its name in events and logs.
    pub name: &'static str,
    /// Where it lies, with the path of the issuer.
    pub path: String,
    /// The methods that it takes.
    pub methods: &'static [Method],
    /// True if it reads parameters.
    pub reads_parameters: bool,
    /// True if a client has to authenticate.
    pub authenticates_clients: bool,
}

impl EndpointRow {
    pub(super) fn new(path: &str, endpoint: &'static Endpoint) -> Self {
        Self {
            name: endpoint.name,
            path: path.to_owned(),
            methods: endpoint.methods,
            reads_parameters: endpoint.body != Body::Nothing,
            authenticates_clients: endpoint.authentication != Authentication::Nobody,
        }
    }
}
