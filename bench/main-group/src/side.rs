use std::time::Duration;

use harness::{Cores, Exchange, Result, Server};

/// What every load and every count asks for.
pub(crate) const EXCHANGE: Exchange = Exchange {
    path: "/token",
    headers: &[
        // client:secret
        ("authorization", "Basic Y2xpZW50OnNlY3JldA=="),
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
    ],
    body: "grant_type=client_credentials&scope=read",
};

/// One server of a comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// `limit` or `server`.
    pub(crate) package: &'static str,
    /// Its kind, which is also the row's name.
    pub(crate) kind: &'static str,
}

impl Program {
    pub(crate) const fn limit(kind: &'static str) -> Self {
        Self {
            package: "limit",
            kind,
        }
    }

    pub(crate) const fn server(kind: &'static str) -> Self {
        Self {
            package: "server",
            kind,
        }
    }

    /// Starts it anew, so that no turn pays for the tokens of those before, and measures the
    /// microseconds of CPU time for each request.
    pub(crate) fn cpu_per_request(self, cores: Cores, window: Duration) -> Result<f64> {
        let server = Server::start(&["serve", self.package, self.kind], cores)?;
        server.cpu_per_request(&EXCHANGE, window)
    }
}
