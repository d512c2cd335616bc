//! What each decision writes, in its order: what is handed out first, the write that decides last.

use grantor_core::{Timestamp, TokenResponse};
use grantor_jose::check::holds;
use grantor_store::Conflict;

use super::{Commit, Minted};
use crate::device_authorization::{Pace, Poll};
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::{Grant, GrantedUnder};
use crate::grant_type::{Change, NewGrant, OnConflict, Once, TokenCall, Under, Wait};
use crate::identifier::Identifier;
use crate::token::TokenContents;

impl Commit<'_> {
    pub(super) async fn under(&mut self, mut under: Under) -> Result<TokenResponse, Error> {
        self.go_by(&under.grant);
        let refresh = self.services.grants.refresh_token(under.id, &under.grant)?;
        let refresh = refresh.filter(|token| self.is_sent(token));
        let unless_current = under.unless_current.take();
        let text = self
            .mint_under(under.id, &under.grant, &mut under.contents, unless_current)
            .await?;
        Ok(self.answer(
            &mut under.contents,
            text,
            Some(under.id),
            &under.events,
            refresh,
        ))
    }

    pub(super) async fn once(
        &mut self,
        grant_type: &str,
        mut once: Once,
    ) -> Result<TokenResponse, Error> {
        let text = self.mint(grant_type, None, &mut once.contents).await?;
        let used = self.deadline.repeat(&self.services.used_assertions);
        let is_new = used.use_once(&once.name, once.remember_until).await?;
        if !holds("assertion.single_use", is_new) {
            self.tell(EventKind::AssertionRepeated, None);
            return Err(once.used);
        }
        Ok(self.answer(&mut once.contents, text, None, &[], None))
    }

    pub(super) async fn open(
        &mut self,
        call: &TokenCall<'_>,
        new: NewGrant,
        contents: TokenContents,
    ) -> Result<TokenResponse, Error> {
        let services = self.services;
        let id = Identifier::mint(&services.environment);
        let epochs = &services.revocation.epochs;
        let grants = &services.grants;
        let opened = Grant {
            client_id: self.client.id.clone(),
            grant_type: Grant::stored_grant_type(call.grant_type()),
            under: GrantedUnder {
                client: self.client.epoch.clone(),
                consent: None,
                subject: epochs.subject_now(&new.subject).await?,
                session: None,
            },
            subject: new.subject,
            scope: new.scope,
            resources: new.resources,
            auth_time: new.auth_time.unwrap_or(self.now),
            created_at: self.now,
            claims: new.access_token_claims,
            salt: services.environment.random_bytes(),
            dpop_jkt: None,
            state: grants.opened(),
            listed_until: Timestamp::default(),
            expires_at: Some(self.now),
        };
        self.go_by(&opened);
        let mut grant = call.redeemed(&opened)?;
        let refresh = grants.refresh_token(id, &grant)?;
        let mut contents = match contents.subject {
            Some(_) => contents,
            None => contents.for_subject(grant.subject.clone()),
        };
        for (name, value) in &grant.claims {
            if !contents.claims.contains_key(name) {
                contents.claims.insert(name.clone(), value.clone());
            }
        }
        let minted = self.mint_and_list(id, &mut grant, &mut contents, None);
        let text = minted.await?;
        match grants.create(id, &grant, self.deadline).await? {
            Ok(()) => Ok(self.answer(&mut contents, text, Some(id), &[], refresh)),
            Err(Conflict) => Err(Error::Internal("an identifier was drawn twice".to_owned())),
        }
    }

    pub(super) async fn pace(&self, poll: &Poll) -> Result<Wait, Error> {
        Ok(match self.services.devices.pace(poll).await? {
            Pace::Kept => Wait::AuthorizationPending,
            Pace::TooFast => Wait::SlowDown,
        })
    }

    /// Returns none if the grant type has to decide again.
    pub(super) async fn change(
        &mut self,
        mut change: Change,
    ) -> Result<Option<TokenResponse>, Error> {
        let grants = &self.services.grants;
        self.go_by(&change.next);
        let refresh = grants.refresh_token(change.id, &change.next)?;
        let refresh = refresh.filter(|token| self.is_sent(token));
        let unless_current = change.unless_current.take();
        let (next, contents) = (&mut change.next, &mut change.contents);
        let text = self
            .mint_and_list(change.id, next, contents, unless_current)
            .await?;
        if let Ok(()) = grants
            .change(change.id, &change.next, change.read, self.deadline)
            .await?
        {
            return Ok(Some(self.answer(
                &mut change.contents,
                text,
                Some(change.id),
                &change.events,
                refresh,
            )));
        }
        match change.on_conflict {
            OnConflict::DecideAgain => {
                self.minted = Some(Box::new(Minted {
                    contents: change.contents,
                    grant: Some(change.id),
                    text,
                }));
                Ok(None)
            }
            OnConflict::Refuse(error) => {
                self.tell(EventKind::UsedAtOnce, Some(change.id));
                Err(error)
            }
            OnConflict::End(reason, error) => {
                self.services.end_grant(change.id, reason).await?;
                Err(error)
            }
        }
    }

    pub(super) fn tell(&self, kind: EventKind, grant: Option<Identifier>) {
        self.services.events.tell(&Event {
            endpoint: Some("token"),
            client_id: Some(&self.client.id),
            grant,
            ..Event::new(kind)
        });
    }
}
