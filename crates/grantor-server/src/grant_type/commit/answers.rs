//! The access token that a decision leads to, its events and its answer.

use std::time::Duration;

use grantor_core::{Secret, TokenResponse};

use super::Commit;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::Grant;
use crate::identifier::Identifier;
use crate::token::{Minting, TokenContents};

impl Commit<'_> {
    /// Makes an access token of a grant, and meanwhile puts the grant on the list of its subject.
    pub(super) async fn mint_and_list(
        &mut self,
        id: Identifier,
        grant: &mut Grant,
        contents: &mut TokenContents,
    ) -> Result<Secret, Error> {
        let (services, ahead) = (self.services, self.refresh_token_lifetime);
        let listing = services.grants.list_by_subject(id, grant, ahead);
        let (minted, listed_until) = tokio::join!(self.mint(Some(id), contents), listing);
        grant.listed_until = listed_until;
        minted
    }

    /// Writes or signs an access token, unless an earlier try has made the same.
    pub(super) async fn mint(
        &mut self,
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
        self.services.tokens.mint(&mut minting).await
    }

    fn lifetime_of(&self, contents: &TokenContents) -> Duration {
        contents
            .lifetime
            .map_or(self.lifetime, |own| own.min(self.lifetime))
    }

    pub(super) fn tell(&self, kind: EventKind, grant: Option<Identifier>) {
        self.services.events.tell(&Event {
            endpoint: Some("token"),
            client_id: Some(&self.client.id),
            grant,
            ..Event::new(kind)
        });
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
        for kind in [EventKind::AccessTokenIssued].iter().chain(events) {
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
            expires_in: Some(self.lifetime_of(contents)),
            refresh_token,
            scope: (!scope.is_empty()).then_some(scope),
            extra: std::mem::take(&mut contents.response_members),
            ..TokenResponse::bearer(access_token)
        };
        if self.dpop_jkt.is_some() {
            response.token_type = "DPoP".to_owned();
        }
        response
    }
}
