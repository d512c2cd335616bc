use std::sync::Arc;

use grantor_core::{AuthorizationRequest, BoxFuture, CodeChallenge, Scope};

use crate::server::Inner;
use crate::{Client, Error};

use super::check;

/// How the client wants its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// With a code.
    Code,
}

/// When a check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The request arrives.
    Front,
    /// The user has answered a page; what was true before may be no longer.
    Decision,
}

use Flow::Code;
use Phase::{Decision as Decide, Front};

/// The rules, in order. Until `redirect_uri` has passed, a failure is a page for the user; from then
/// on it goes to the client.
pub(crate) const CHECKS: &[Check] = &[
    row("client", &[Code], &[Front, Decide], check::client::run),
    row(
        "redirect_uri",
        &[Code],
        &[Front, Decide],
        check::redirect_uri::run,
    ),
    row("parameters", &[Code], &[Front], check::parameters::run),
    row("unsupported", &[Code], &[Front], check::unsupported::run),
    row(
        "response_type",
        &[Code],
        &[Front, Decide],
        check::response_type::run,
    ),
    row("scope", &[Code], &[Front, Decide], check::scope::run),
    row("resource", &[Code], &[Front, Decide], check::resource::run),
    row("pkce", &[Code], &[Front, Decide], check::pkce::run),
    row("prompt", &[Code], &[Front], check::prompt::run),
];

/// One rule.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) flows: &'static [Flow],
    pub(crate) phases: &'static [Phase],
    pub(crate) run: for<'a> fn(&'a mut Checked<'_>) -> BoxFuture<'a, Result<(), Error>>,
}

const fn row(
    name: &'static str,
    flows: &'static [Flow],
    phases: &'static [Phase],
    run: for<'a> fn(&'a mut Checked<'_>) -> BoxFuture<'a, Result<(), Error>>,
) -> Check {
    Check {
        name,
        flows,
        phases,
        run,
    }
}

/// A request, and what the checks have found in it.
pub(crate) struct Checked<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) request: AuthorizationRequest,
    pub(crate) client: Option<Arc<Client>>,
    /// Where the answer goes. Once it is here, errors go there too.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) scope: Scope,
    pub(crate) challenge: Option<CodeChallenge>,
}

impl<'a> Checked<'a> {
    pub(crate) fn new(inner: &'a Inner, request: AuthorizationRequest) -> Self {
        Self {
            inner,
            request,
            client: None,
            redirect_uri: None,
            scope: Scope::default(),
            challenge: None,
        }
    }

    /// Runs every check of this flow and phase, in order; the first that fails ends it.
    pub(crate) async fn run(&mut self, flow: Flow, phase: Phase) -> Result<Arc<Client>, Error> {
        for check in CHECKS {
            if check.flows.contains(&flow) && check.phases.contains(&phase) {
                let checked = (check.run)(self).await;
                checked.inspect_err(|error| {
                    tracing::debug!(check = check.name, %error, "authorization request refused");
                })?;
            }
        }
        let client = self.client.clone();
        client.ok_or_else(|| Error::Internal("no check looked for the client".to_owned()))
    }

    /// The client, once `client` has passed.
    pub(crate) fn client(&self) -> Result<&Arc<Client>, Error> {
        let client = self.client.as_ref();
        client.ok_or_else(|| Error::Internal("the client is checked first".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_and_its_redirect_uri_come_first() {
        let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names[..2], ["client", "redirect_uri"]);
    }

    #[test]
    fn what_may_change_while_a_page_is_open_is_checked_again() {
        for name in ["client", "redirect_uri", "scope", "resource", "pkce"] {
            let check = CHECKS.iter().find(|check| check.name == name).unwrap();
            assert!(check.phases.contains(&Phase::Decision), "{name}");
        }
    }
}
