//! The error of building a server.

use std::collections::HashSet;
use std::fmt;

use grantor_core::InvalidIssuer;

/// The reason why there is no server: every problem, not only the first.
#[derive(Debug)]
pub struct BuildError {
    problems: Vec<String>,
    source: Option<grantor_store::Error>,
}

impl BuildError {
    /// An error of these problems, each once.
    #[must_use]
    pub fn new(mut problems: Vec<String>) -> Self {
        // Two parts of a server may need the same kind of record.
        let mut seen = HashSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        Self {
            problems,
            source: None,
        }
    }

    /// The problems, one message each.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl From<grantor_store::Error> for BuildError {
    fn from(error: grantor_store::Error) -> Self {
        Self {
            problems: vec![error.to_string()],
            source: Some(error),
        }
    }
}

impl From<InvalidIssuer> for BuildError {
    fn from(error: InvalidIssuer) -> Self {
        Self::new(vec![error.to_string()])
    }
}
