//! The configuration of a verifier, checked as a whole when it is built.

#[cfg(feature = "remote")]
mod assemble;
#[cfg(feature = "remote")]
mod remote;

use std::fmt;
use std::sync::Arc;

use grantor_core::{Clock, Issuer};
use grantor_http::SystemClock;

use super::introspector::Introspector;
use super::{Configuration, Setup, Verifier};
use crate::{ConfigurationError, Introspect};

/// Configures a [`Verifier`].
#[must_use = "nothing is checked before `build`"]
pub struct VerifierBuilder {
    issuer: Option<Issuer>,
    in_process: Option<Arc<dyn Introspect>>,
    audience: Option<String>,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "remote")]
    remote: remote::Settings,
    problems: Vec<String>,
}

impl Verifier {
    /// Verifies tokens of an authorization server in this process. Answers are not cached.
    pub fn in_process(introspect: Arc<dyn Introspect>) -> VerifierBuilder {
        VerifierBuilder::new().or_in_process(introspect)
    }
}

impl VerifierBuilder {
    fn new() -> Self {
        Self {
            issuer: None,
            in_process: None,
            audience: None,
            clock: Arc::new(SystemClock),
            #[cfg(feature = "remote")]
            remote: remote::Settings::default(),
            problems: Vec::new(),
        }
    }

    /// The audience that tokens must have: this resource's identifier, exactly as tokens write it.
    /// Only a verifier that introspects every token can do without.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The issuer that tokens must have. An introspection may leave it out.
    pub fn issuer(mut self, issuer: &str) -> Self {
        match Issuer::parse(issuer) {
            Ok(issuer) => self.issuer = Some(issuer),
            Err(error) => self.problems.push(format!("\"issuer\": {error}")),
        }
        self
    }

    /// Checks tokens that are no JWTs in this process.
    pub fn or_in_process(mut self, introspect: Arc<dyn Introspect>) -> Self {
        self.in_process = Some(introspect);
        self
    }

    /// The clock. The system's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the verifier. Nothing is fetched yet.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, at once.
    pub fn build(mut self) -> Result<Verifier, ConfigurationError> {
        if self.audience.as_deref() == Some("") {
            self.problems.push("\"audience\" is empty".to_owned());
        }
        #[cfg(feature = "remote")]
        self.check_remote();
        let setup = self.setup().filter(|_| self.problems.is_empty());
        let problems = self.problems;
        let setup = setup.ok_or(ConfigurationError { problems })?;
        Ok(Verifier {
            configuration: Arc::new(Configuration {
                audience: self.audience,
                clock: self.clock,
                setup,
            }),
        })
    }

    fn setup(&self) -> Option<Setup> {
        #[cfg(feature = "remote")]
        if self.is_remote() {
            return self.remote_setup().map(Setup::Remote);
        }
        let in_process = self.in_process.clone();
        in_process.map(|introspect| Setup::InProcess(self.introspector(introspect)))
    }

    fn introspector(&self, introspect: Arc<dyn Introspect>) -> Introspector {
        let issuer = self.issuer.as_ref();
        Introspector {
            introspect,
            issuer: issuer.map(|issuer| issuer.as_str().to_owned()),
            audience: self.audience.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("issuer", &self.issuer.as_ref().map(Issuer::as_str))
            .field("audience", &self.audience)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}
