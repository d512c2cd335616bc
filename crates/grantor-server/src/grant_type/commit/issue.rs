//! The access token of a decision, and the answer with it.

use std::time::Duration;

use grantor_core::{Secret, TokenResponse};

use super::Commit;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::Grant;
use crate::identifier::Identifier;
use crate::token::{Minting, TokenContents, UniqueTokens};

impl<'a> Commit<'a> {
    /// Goes by the policy for a grant's own grant type. No token outlives the time for which it lasts.
    pub(super) fn go_by(&mut self, grant: &Grant) {
        self.policy = self.services.policy_of(grant.grant_type(), self.client);
        let end = self.policy.grant_lifetime.end(grant.created_at);
        let longest = self.policy.access_token_lifetime;
        self.lifetime = end.map_or(longest, |end| longest.min(end.since(self.now)));
    }

    /// Returns whether the answer has a refresh token: one that the request did not have, or by the policy.
    pub(super) fn is_sent(&self, token: &Secret) -> bool {
        self.policy.repeats_refresh_token
            || self.params.get("refresh_token") != Some(token.expose())
    }

    /// Makes an access token of a grant, and meanwhile puts the grant on the list of its subject, and
    /// looks whether what it depends on is still valid.
    pub(super) async fn mint_and_list(
        &mut self,
        id: Identifier,
        grant: &mut Grant,
        contents: &mut TokenContents,
        unless_current: Option<Error>,
    ) -> Result<Secret, Error> {
        let (services, ahead) = (self.services, self.policy.refresh_token_lifetime);
        let current = self.check_current(grant, unless_current);
        let listing = services.grants.list_by_subject(id, grant, ahead);
        let minting = self.mint(grant.grant_type(), Some(id), contents);
        let (minted, listed_until, current) = tokio::join!(minting, listing, current);
        current?;
        grant.listed_until = listed_until;
        minted
    }

    /// Makes an access token of a grant that stays as it is, and meanwhile looks whether what it depends
    /// on is still valid. A token that is made all the same is an orphan.
    pub(super) async fn mint_under(
        &mut self,
        id: Identifier,
        grant: &Grant,
        contents: &mut TokenContents,
        unless_current: Option<Error>,
    ) -> Result<Secret, Error> {
        let current = self.check_current(grant, unless_current);
        let minting = self.mint(grant.grant_type(), Some(id), contents);
        let (minted, current) = tokio::join!(minting, current);
        current?;
        minted
    }

    /// Refuses unless a grant lasts and what it depends on is valid; asks nobody without a refusal.
    fn check_current<'g>(
        &self,
        grant: &'g Grant,
        refusal: Option<Error>,
    ) -> impl Future<Output = Result<(), Error>> + use<'a, 'g> {
        let (services, now) = (self.services, self.now);
        let end = self.policy.grant_lifetime.end(grant.created_at);
        async move {
            let Some(refusal) = refusal else {
                return Ok(());
            };
            let lasts = end.is_none_or(|end| end > now);
            match lasts && services.grants.is_current(grant).await? {
                true => Ok(()),
                false => Err(refusal),
            }
        }
    }

    /// Writes or signs an access token, unless an earlier try has made the same.
    pub(super) async fn mint(
        &mut self,
        grant_type: &str,
        grant: Option<Identifier>,
        contents: &mut TokenContents,
    ) -> Result<Secret, Error> {
        let earlier = self.minted.take();
        if let Some(earlier) = earlier.filter(|e| e.grant == grant && e.contents == *contents) {
            return Ok(earlier.text);
        }
        let mut minting = Minting {
            client: self.client,
            lifetime: self.lifetime_of(contents),
            contents,
            grant,
            dpop_jkt: self.dpop_jkt,
            now: self.now,
        };
        let tokens = &self.services.tokens;
        // One that is exchanged depends on the token that it was given for.
        if !self.policy.unique_access_tokens || minting.contents.parent.is_some() {
            return tokens.mint(&mut minting).await;
        }
        let unique = UniqueTokens {
            grant_type,
            hand_out: self.params.get("refresh_token").is_none(),
        };
        let issued = Box::pin(tokens.mint_unique(&mut minting, unique)).await?;
        self.repeated = issued.repeated.then_some(issued.lifetime);
        Ok(issued.text)
    }

    fn lifetime_of(&self, contents: &TokenContents) -> Duration {
        contents
            .lifetime
            .map_or(self.lifetime, |own| own.min(self.lifetime))
    }

    /// Tells what happened, and makes the response.
    pub(super) fn answer(
        &self,
        contents: &mut TokenContents,
        access_token: Secret,
        grant: Option<Identifier>,
        events: &[EventKind],
        refresh_token: Option<Secret>,
    ) -> TokenResponse {
        let issued = match self.repeated {
            None => EventKind::AccessTokenIssued,
            Some(_) => EventKind::AccessTokenRepeated,
        };
        for kind in [issued].iter().chain(events) {
            self.services.events.tell(&Event {
                endpoint: Some("token"),
                client_id: Some(&self.client.id),
                subject: contents.subject.as_deref(),
                grant,
                ..Event::new(*kind)
            });
        }
        let scope = std::mem::take(&mut contents.scope);
        let mut response = TokenResponse {
            expires_in: Some(self.repeated.unwrap_or_else(|| self.lifetime_of(contents))),
            refresh_token,
            scope: (!scope.is_empty()).then_some(scope),
            extra: std::mem::take(&mut contents.response_members),
            ..TokenResponse::bearer(access_token)
        };
        let separator = self.services.config.scope_separator;
        if separator != ' '
            && let Some(scope) = response.scope.take()
        {
            let scope = scope.as_str().replace(' ', &separator.to_string());
            response.extra.insert("scope".to_owned(), scope.into());
        }
        if self.dpop_jkt.is_some() {
            response.token_type = "DPoP".to_owned();
        }
        response
    }
}
