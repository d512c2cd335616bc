//! Tokens that are at hand when the program starts.

use grantor_core::Environment;

use super::TokensBuilder;
use crate::error::Error;
use crate::renew::{Acquired, Origin};
use crate::token::credential::{Credential, TokenType, UnfitForHeader};
use crate::token::dpop_key::DpopKey;
use crate::token::lifetime::{Lifetime, MAX_LIFETIME};

impl TokensBuilder {
    /// The access token that was handed in, which is used until it ends.
    pub(super) fn seed(
        &self,
        environment: &Environment,
        dpop_key: Option<&DpopKey>,
    ) -> Result<Option<Acquired>, Error> {
        // That requests are signed, and need no token, is a problem of its own.
        let Some(tokens) = self
            .seed_tokens
            .as_ref()
            .filter(|_| self.signing().is_none())
        else {
            return Ok(None);
        };
        let left = tokens.expires_at.map(|end| end.since(environment.now()));
        let lifetime = left.or(self.policy.default_lifetime);
        let lifetime = Lifetime {
            sent_at: environment.clock.elapsed(),
            lifetime: lifetime.map(|lifetime| lifetime.min(MAX_LIFETIME)),
            refresh_in: None,
        };
        let token_type = TokenType::parse(&tokens.token_type)
            .filter(|token_type| self.scheme.carries(*token_type));
        let Some(token_type) = token_type else {
            return Err(Error::configuration(format!(
                "the token that was handed in is of {}, and no request can carry it",
                self.scheme.other_type(&tokens.token_type)
            )));
        };
        if token_type == TokenType::Dpop && !self.has_dpop_key() {
            return Err(Error::configuration(
                "the token that was handed in is bound to a key: give that by \"Dpop::with_key\"",
            ));
        }
        let credential = Credential::new(token_type, &tokens.access_token);
        let credential = credential.map_err(|UnfitForHeader| {
            Error::configuration(
                "the token that was handed in has a character that no header can carry",
            )
        })?;
        Ok(Some(Acquired {
            credential: credential
                .with_key(dpop_key.cloned())
                .with_scope(tokens.scope.clone()),
            lifetime,
            from: Origin::Adopted,
        }))
    }
}
