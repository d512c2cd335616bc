//! The writes that follow the decision of a grant type.

mod issue;

use std::time::Duration;

use grantor_core::{Params, Secret, Timestamp, TokenResponse};
use grantor_jose::check::holds;
use grantor_store::{Conflict, Record as _, Retry};

use super::{Change, GrantType, Granted, NewGrant, OnConflict, Once, TokenCall, Under, Wait};
use crate::client::Client;
use crate::device_authorization::{Pace, Poll};
use crate::dpop::CheckedProof;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::{Deadline, Grant, GrantedUnder};
use crate::http::Call;
use crate::identifier::Identifier;
use crate::policy::Policy;
use crate::services::Services;
use crate::token::TokenContents;

/// Lets a grant type decide, and does what it decided. It decides again if others wrote the grant
/// meanwhile, as often and with such pauses as every change of a record.
pub(crate) async fn run(
    services: &Services,
    grant_type: &dyn GrantType,
    client: &Client,
    params: &Params<'_>,
    proof: Option<&CheckedProof>,
    request: &Call<'_>,
) -> Result<TokenResponse, Error> {
    let now = request.now;
    let mut call = TokenCall::of(services, client, grant_type.name(), params, request);
    let mut commit = Commit {
        deadline: services.grants.deadline(),
        services,
        client,
        params,
        now,
        dpop_jkt: proof.map(CheckedProof::thumbprint),
        policy: *call.policy(),
        lifetime: call.policy().access_token_lifetime,
        repeated: None,
        minted: None,
    };
    if let Some(thumbprint) = commit.dpop_jkt {
        call = call.with_dpop_jkt(thumbprint);
    }
    let (mut unused, mut retry) = (proof, None);
    loop {
        // Not by `?`, which would keep room for a second copy.
        let mut granted = match grant_type.decide(&call).await {
            Ok(granted) => granted,
            Err(error) => return Err(error),
        };
        // After every other check, and once however often the grant type decides.
        if let Some(proof) = unused.take_if(|_| granted.issues()) {
            Box::pin(services.dpop.redeem(proof)).await?;
        }
        match granted {
            // Borrowed, since most requests come here and the future of each pays for every copy.
            Granted::Issue(ref mut contents) => {
                let text = commit.mint(grant_type.name(), None, contents).await?;
                return Ok(commit.answer(contents, text, None, &[], None));
            }
            Granted::Once(once) => {
                return Box::pin(commit.once(grant_type.name(), *once)).await;
            }
            // Boxed, or every request would pay for the room of the largest.
            Granted::Open(new, contents) => {
                return Box::pin(commit.open(&call, new, contents)).await;
            }
            Granted::Under(under) => {
                return Box::pin(commit.under(*under)).await;
            }
            Granted::Change(change) => {
                if let Some(response) = Box::pin(commit.change(*change)).await? {
                    return Ok(response);
                }
            }
            Granted::Wait(wait) => return Err(wait.into()),
            Granted::Poll(poll) => return Err(Box::pin(commit.pace(&poll)).await?.into()),
            // A token that was good when this request first read its grant is nobody else's, whatever
            // was written since.
            Granted::End(end) if call.attempt() > 0 && end.reason.is_replay() => {
                commit.tell(EventKind::UsedAtOnce, Some(end.id));
                return Err(end.error);
            }
            Granted::End(end) => {
                Box::pin(services.end_grant(end.id, end.reason)).await?;
                return Err(end.error);
            }
        }
        call.next_attempt();
        let retry = retry.get_or_insert_with(|| Box::new(Retry::new(&services.environment)));
        retry.after_conflict(Grant::NAME).await?;
    }
}

struct Commit<'a> {
    services: &'a Services,
    client: &'a Client,
    params: &'a Params<'a>,
    now: Timestamp,
    /// The thumbprint of the key that the access token is bound to.
    dpop_jkt: Option<&'a str>,
    deadline: Deadline,
    /// The client's, for this grant type, or for that of the grant.
    policy: Policy,
    /// The longest that the access token is valid.
    lifetime: Duration,
    /// How long the access token is still valid, if it was handed out before.
    repeated: Option<Duration>,
    /// The access token of a try that lost, for the next one.
    minted: Option<Box<Minted>>,
}

/// An access token that is written or signed.
struct Minted {
    contents: TokenContents,
    grant: Option<Identifier>,
    text: Secret,
}

impl Commit<'_> {
    async fn under(&mut self, mut under: Under) -> Result<TokenResponse, Error> {
        self.go_by(&under.grant);
        let refresh = self.services.grants.refresh_token(under.id, &under.grant)?;
        let refresh = refresh.filter(|token| self.is_sent(token));
        let grant_type = under.grant.grant_type();
        let text = self
            .mint(grant_type, Some(under.id), &mut under.contents)
            .await?;
        Ok(self.answer(
            &mut under.contents,
            text,
            Some(under.id),
            &under.events,
            refresh,
        ))
    }

    async fn once(&mut self, grant_type: &str, mut once: Once) -> Result<TokenResponse, Error> {
        let text = self.mint(grant_type, None, &mut once.contents).await?;
        let used = self.deadline.repeat(&self.services.used_assertions);
        let is_new = used.use_once(&once.name, once.remember_until).await?;
        if !holds("assertion.single_use", is_new) {
            self.tell(EventKind::AssertionRepeated, None);
            return Err(once.used);
        }
        Ok(self.answer(&mut once.contents, text, None, &[], None))
    }

    async fn open(
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
            claims: new.claims,
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
        let text = self.mint_and_list(id, &mut grant, &mut contents).await?;
        match grants.create(id, &grant, self.deadline).await? {
            Ok(()) => Ok(self.answer(&mut contents, text, Some(id), &[], refresh)),
            Err(Conflict) => Err(Error::Internal("an identifier was drawn twice".to_owned())),
        }
    }

    async fn pace(&self, poll: &Poll) -> Result<Wait, Error> {
        Ok(match self.services.devices.pace(poll).await? {
            Pace::Kept => Wait::AuthorizationPending,
            Pace::TooFast => Wait::SlowDown,
        })
    }

    /// Returns none if the grant type has to decide again.
    async fn change(&mut self, mut change: Change) -> Result<Option<TokenResponse>, Error> {
        let grants = &self.services.grants;
        self.go_by(&change.next);
        let refresh = grants.refresh_token(change.id, &change.next)?;
        let refresh = refresh.filter(|token| self.is_sent(token));
        let text = self
            .mint_and_list(change.id, &mut change.next, &mut change.contents)
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

    fn tell(&self, kind: EventKind, grant: Option<Identifier>) {
        self.services.events.tell(&Event {
            endpoint: Some("token"),
            client_id: Some(&self.client.id),
            grant,
            ..Event::new(kind)
        });
    }
}
