//! The servers that are compared.

use std::time::Duration;

use harness::{Cores, Measured, Result, Server};

use crate::foreign::Foreign;
use crate::requests::Asked;

/// One server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// Its name in rows, with its version and how it keeps the client's secret, if it is not ours.
    pub(crate) name: &'static str,
    start: Start,
    endpoints: Endpoints,
}

#[derive(Debug, Clone, Copy)]
enum Start {
    /// This program, started again with these words.
    Own(&'static str, &'static str),
    Foreign(Foreign),
}

/// Where a server takes requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoints {
    pub(crate) introspection: &'static str,
    pub(crate) pushed: &'static str,
    /// The token endpoint as proofs name it; none, if that is where it listens.
    pub(crate) token_url: Option<&'static str>,
}

/// How many requests are prepared, of those that are sent once.
const PREPARED: usize = 40_000;

pub(crate) const OURS: Endpoints = Endpoints {
    introspection: "/introspect",
    pushed: "/par",
    token_url: Some("https://id.example.com/token"),
};
const OIDC_PROVIDER: Endpoints = Endpoints {
    introspection: "/token/introspection",
    pushed: "/request",
    token_url: None,
};

impl Program {
    pub(crate) const fn ours(kind: &'static str) -> Self {
        Self::own(kind, "server", kind)
    }

    pub(crate) const fn limit(kind: &'static str) -> Self {
        Self::own(kind, "limit", kind)
    }

    pub(crate) const fn peer(name: &'static str, kind: &'static str) -> Self {
        Self::own(name, "peer", kind)
    }

    const fn own(name: &'static str, package: &'static str, kind: &'static str) -> Self {
        Self {
            name,
            start: Start::Own(package, kind),
            endpoints: OURS,
        }
    }

    pub(crate) const fn foreign(foreign: Foreign) -> Self {
        Self {
            name: foreign.name(),
            start: Start::Foreign(foreign),
            endpoints: match foreign {
                Foreign::OidcProvider | Foreign::OidcProviderEs256 => OIDC_PROVIDER,
                Foreign::PythonOauth2 | Foreign::Authlib => OURS,
            },
        }
    }

    /// Returns whether it can be started here.
    pub(crate) fn is_there(self) -> bool {
        match self.start {
            Start::Own(..) => true,
            Start::Foreign(foreign) => foreign.is_there(),
        }
    }

    /// Starts it anew, so that no turn pays for the tokens of those before, and measures it.
    pub(crate) fn measure(self, asked: Asked, cores: Cores, window: Duration) -> Result<Measured> {
        let server = self.serve(cores)?;
        let requests = asked.requests(server.address(), self.endpoints, PREPARED)?;
        let measured = server.measure(requests, window);
        measured.map_err(|error| format!("{}, {asked:?}: {error}", self.name).into())
    }

    fn serve(self, cores: Cores) -> Result<Server> {
        match self.start {
            Start::Own(package, kind) => Server::start(&["serve", package, kind], cores),
            Start::Foreign(foreign) => Server::start_program(|port| foreign.command(port), cores),
        }
    }
}
