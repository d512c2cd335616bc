//! One server of a comparison.

use std::time::Duration;

use harness::{Cores, Result, Server};

use crate::requests;

/// One server of a comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// `limit`, `peer` or `server`.
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

    pub(crate) const fn peer(kind: &'static str) -> Self {
        Self {
            package: "peer",
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
        server.cpu_per_request(&requests::TOKEN, window)
    }
}
