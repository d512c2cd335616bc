//! The request that a policy on token exchange judges.

use grantor_core::{Scope, Timestamp};

use super::Exchange;
use crate::client::Client;
use crate::token::PresentedToken;

/// A client wants to exchange a token. Everything about it was verified; whether it may is the policy's
/// to say.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExchangeRequest<'a> {
    /// The client, which authenticated, or is public.
    pub client: &'a Client,
    /// The token of the one for whom the new one is.
    pub subject: &'a PresentedToken,
    /// The token of the one who acts; none if the client acts for itself, or as the subject.
    pub actor: Option<&'a PresentedToken>,
    /// The scope that the client asks for; none if it names none. It lies within the client's.
    pub scope: Option<&'a Scope>,
    /// The resources that the client asks for, or the default one. The client may name them.
    pub audience: &'a [String],
    /// The type of token that the client asks for.
    pub requested_token_type: Option<&'a str>,
    /// Wall time of the request.
    pub now: Timestamp,
    /// The most that the client may have by this grant type.
    pub(super) most: &'a Scope,
}

impl ExchangeRequest<'_> {
    /// All that is asked for. Without a requested scope, that of the subject's token as far as the client
    /// may have it.
    #[must_use]
    pub fn requested(&self) -> Exchange {
        let scope = match self.scope {
            Some(scope) => scope.clone(),
            None => self.subject.scope.intersection(self.most),
        };
        Exchange::new(scope, self.audience.to_vec())
    }
}
