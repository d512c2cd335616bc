//! The ways to a token at the token endpoint, one file each.

mod authorization_code;
mod client_credentials;
mod refresh_token;

use std::fmt::Debug;

use grantor_core::{BoxFuture, ErrorCode, Params, Scope, Secret, Timestamp};
use serde_json::{Map, Value};

use crate::server::Inner;
use crate::token::Identifier;
use crate::{Client, Error};

pub use authorization_code::AuthorizationCode;
pub use client_credentials::ClientCredentials;
pub use refresh_token::RefreshToken;

/// A way to a token: its name, the parameters it takes, and what it gives for them.
///
/// The server authenticates the client, checks that it may use the grant, and strips every parameter
/// that the grant did not declare. The grant says *what* to issue; the server mints, signs and
/// answers.
pub trait Grant: Debug + Send + Sync + 'static {
    /// `grant_type` on the wire.
    fn grant_type(&self) -> &str;

    /// The parameters it reads, besides `scope`, `resource` and `audience`.
    fn parameters(&self) -> &[&str];

    /// What to issue. Everything is validated before anything is used up.
    ///
    /// # Errors
    /// What the client is told, or that the store failed.
    fn handle<'a>(&'a self, context: &'a TokenContext<'a>) -> BoxFuture<'a, Result<Issue, Error>>;
}

/// A request for a token by an authenticated client.
#[derive(Debug)]
pub struct TokenContext<'a> {
    pub(crate) inner: &'a Inner,
    /// Who asks.
    pub client: &'a Client,
    /// What the grant declared, and `scope`, `resource` and `audience`.
    pub params: &'a Params<'a>,
    /// Wall time of the request.
    pub now: Timestamp,
}

/// What is to be issued.
#[derive(Debug)]
pub struct Issue {
    /// For whom the client acts; itself, if absent.
    pub subject: Option<String>,
    /// What the token reaches.
    pub scope: Scope,
    /// Where it is good.
    pub audience: Vec<String>,
    /// A refresh token that goes with it.
    pub refresh_token: Option<Secret>,
    /// Further members of the answer.
    pub extra: Map<String, Value>,
    /// The grant it hangs on.
    pub(crate) grant: Option<Identifier>,
}

impl Issue {
    /// A token that hangs on the client alone.
    #[must_use]
    pub fn new(scope: Scope, audience: Vec<String>) -> Self {
        Self {
            subject: None,
            scope,
            audience,
            refresh_token: None,
            extra: Map::new(),
            grant: None,
        }
    }
}

impl TokenContext<'_> {
    /// The scope that is asked for, which must lie within `most`; all of `most`, if none is.
    ///
    /// # Errors
    /// `invalid_scope`.
    pub fn scope(&self, most: &Scope) -> Result<Scope, Error> {
        let Some(text) = self.params.get("scope") else {
            return Ok(most.clone());
        };
        let asked = Scope::parse_at_most(text, self.inner.config.max_scope_values)
            .map_err(|error| Error::refused(ErrorCode::InvalidScope, error.to_string()))?;
        if !asked.is_empty() && asked.is_subset(most) {
            return Ok(asked);
        }
        let description = "\"scope\" is empty, or has a value that was not granted or is unknown";
        Err(Error::refused(ErrorCode::InvalidScope, description))
    }

    /// The audience that a client asks for itself, by `resource` or `audience`: whatever the server
    /// knows; its default, if none is asked for (RFC 8707).
    ///
    /// # Errors
    /// `invalid_target`, or the table of clients can't be read.
    pub async fn audience(&self) -> Result<Vec<String>, Error> {
        let asked = self.asked_audience();
        if asked.is_empty() {
            return Ok(self.default_audience());
        }
        for resource in &asked {
            if !self.inner.is_known_resource(resource).await? {
                return Err(unknown_target());
            }
        }
        Ok(asked)
    }

    /// The audience that is asked for within what a user granted: all of that, if none is asked for;
    /// the server's default, if the user was shown none (RFC 8707 section 2.2).
    ///
    /// # Errors
    /// `invalid_target`.
    pub fn audience_within(&self, granted: &[String]) -> Result<Vec<String>, Error> {
        let granted = if granted.is_empty() {
            self.default_audience()
        } else {
            granted.to_vec()
        };
        let asked = self.asked_audience();
        if asked.is_empty() {
            return Ok(granted);
        }
        if asked.iter().all(|resource| granted.contains(resource)) {
            return Ok(asked);
        }
        Err(unknown_target())
    }

    fn asked_audience(&self) -> Vec<String> {
        let mut asked: Vec<String> = Vec::new();
        let resources = self.params.all("resource");
        for resource in resources.chain(self.params.all("audience")) {
            if !asked.iter().any(|one| one == resource) {
                asked.push(resource.to_owned());
            }
        }
        asked
    }

    fn default_audience(&self) -> Vec<String> {
        self.inner.config.default_audience.iter().cloned().collect()
    }
}

fn unknown_target() -> Error {
    let description = "\"resource\" is unknown or was not granted";
    Error::refused(ErrorCode::InvalidTarget, description)
}
