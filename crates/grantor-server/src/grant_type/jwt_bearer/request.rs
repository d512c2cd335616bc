//! The request that a policy on assertions judges.

use grantor_core::{Scope, Timestamp};
use serde_json::{Map, Value};

use super::Asserted;
use crate::client::Client;

/// A client presents an assertion. Its issuer is trusted, and everything about it was verified; whom it
/// means here is the policy's to say.
#[derive(Debug)]
#[non_exhaustive]
pub struct AssertionRequest<'a> {
    /// The client, which authenticated, or is public.
    pub client: &'a Client,
    /// The issuer of the assertion.
    pub issuer: &'a str,
    /// The subject, as the issuer names it. Another issuer may name somebody else so.
    pub sub: &'a str,
    /// The further claims, such as `email` and `auth_time`.
    pub claims: &'a Map<String, Value>,
    /// The scope that the client asks for, or all that it may have: within the client's own, and within
    /// that of an identity assertion.
    pub scope: Scope,
    /// The resources that the client asks for, or those of the identity assertion, or the default one.
    pub audience: &'a [String],
    /// Wall time of the request.
    pub now: Timestamp,
}

impl AssertionRequest<'_> {
    /// All that is asked for, for this user of the server.
    #[must_use]
    pub fn requested(&self, subject: impl Into<String>) -> Asserted {
        Asserted::new(subject, self.scope.clone(), self.audience.to_vec())
    }
}
