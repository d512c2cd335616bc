//! The seam of all platforms: what a source gets, and what it gives.

use std::fmt;
use std::sync::Arc;

use grantor_core::{BoxFuture, Environment, Secret, Timestamp};
use grantor_http::Transport;

use crate::error::Error;

/// A place where a platform has tokens. Its `Debug` is its name in messages, without secrets.
pub(crate) trait Platform: fmt::Debug + Send + Sync + 'static {
    fn fetch<'a>(
        &'a self,
        context: &'a PlatformContext<'_>,
    ) -> BoxFuture<'a, Result<PlatformToken, Error>>;
}

/// The way out of the process, and its environment.
#[derive(Clone, Copy)]
pub(crate) struct PlatformContext<'a> {
    pub(crate) transport: &'a dyn Transport,
    pub(crate) environment: &'a Environment,
    variables: Option<&'a Variables>,
}

/// A token of a platform.
pub(crate) struct PlatformToken {
    pub(crate) token: Secret,
    /// A URI of RFC 8693 section 3, where the platform says it.
    pub(crate) token_type: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
}

type Read = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Variables of the environment; those of the process, unless others were given.
#[derive(Clone, Default)]
pub(crate) struct Variables(Option<Arc<Read>>);

impl<'a> PlatformContext<'a> {
    pub(crate) fn new(transport: &'a dyn Transport, environment: &'a Environment) -> Self {
        Self {
            transport,
            environment,
            variables: None,
        }
    }

    pub(super) fn with<'b>(&self, variables: &'b Variables) -> PlatformContext<'b>
    where
        'a: 'b,
    {
        PlatformContext {
            variables: Some(variables),
            ..*self
        }
    }

    /// A variable that is set, and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let read = self.variables.and_then(|variables| variables.0.as_ref());
        let value = match read {
            Some(read) => read(name),
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// A variable without which there is no token.
    pub(super) fn needed(&self, name: &str, whose: &str) -> Result<String, Error> {
        self.variable(name).ok_or_else(|| {
            Error::configuration(format!(
                "the variable {name} is not set: this program does not run as {whose}"
            ))
        })
    }
}

impl Variables {
    pub(super) fn new(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(read)))
    }
}

impl From<Secret> for PlatformToken {
    fn from(token: Secret) -> Self {
        Self {
            token,
            token_type: None,
            expires_at: None,
        }
    }
}
