//! The writes that follow the decision of a grant type.

use std::time::Duration;

use grantor_core::{Params, Secret, Timestamp, TokenResponse};
use grantor_store::Conflict;

use super::{Change, GrantType, Granted, NewGrant, OnConflict, Once, TokenCall, Wait};
use crate::client::Client;
use crate::device_authorization::{Pace, Poll};
use crate::dpop::CheckedProof;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::{Deadline, Grant, GrantedUnder};
use crate::http::Call;
use crate::identifier::Identifier;
use crate::services::Services;
use crate::token::{Minting, TokenContents};

/// How often a grant type decides a request when others write at the same time.
const TRIES: u64 = 8;

/// Lets a grant type decide, and does what it decided.
pub(crate) async fn run(
    services: &Services,
    grant_type: &dyn GrantType,
    client: &Client,
    params: &Params<'_>,
    proof: Option<&CheckedProof>,
    request: &Call<'_>,
) -> Result<TokenResponse, Error> {
    let now = request.now;
    let policy = services.policy.with(client);
    let mut commit = Commit {
        deadline: services.grants.deadline(),
        services,
        client,
        now,
        dpop_jkt: proof.map(CheckedProof::thumbprint),
        lifetime: policy.access_token_lifetime,
        refresh_token_lifetime: policy.refresh_token_lifetime,
        minted: None,
    };
    let mut call = TokenCall::of(services, client, params, request);
    if let Some(thumbprint) = commit.dpop_jkt {
        call = call.with_dpop_jkt(thumbprint);
    }
    let mut unused = proof;
    for attempt in 1..=TRIES {
        let decided = grant_type.decide(&call).await;
        if attempt > 1 && matches!(decided, Err(Error::Refused(_))) {
            commit.tell(EventKind::UsedAtOnce, None);
        }
        let decided = decided?;
        // After every other check, and once however often the grant type decides.
        if let Some(proof) = unused.take_if(|_| decided.issues()) {
            Box::pin(services.dpop.redeem(proof)).await?;
        }
        match decided {
            Granted::Issue(contents) => return commit.issue(contents).await,
            Granted::Once(once) => return Box::pin(commit.once(*once)).await,
            // Boxed, or every request would pay for the room of the largest.
            Granted::Open(new, contents) => {
                return Box::pin(commit.open(&call, new, contents)).await;
            }
            Granted::Under(under) => {
                let refresh = services.grants.refresh_token(under.id, &under.grant)?;
                let token = commit.mint(Some(under.id), under.contents).await?;
                return Ok(commit.answer(token, Some(under.id), &under.events, refresh));
            }
            Granted::Change(change) => {
                if let Some(response) = Box::pin(commit.change(*change)).await? {
                    return Ok(response);
                }
            }
            Granted::Wait(wait) => return Err(wait.into()),
            Granted::Poll(poll) => return Err(Box::pin(commit.pace(&poll)).await?.into()),
            Granted::End(end) => {
                services.end_grant(end.id, end.reason).await?;
                return Err(end.error);
            }
        }
        call.next_attempt();
        let [jitter] = services.environment.random_bytes::<1>();
        let pause = Duration::from_micros(u64::from(jitter) * 8 * attempt);
        services.environment.clock.retry_pause(pause).await;
    }
    Err(Error::Contention)
}

struct Commit<'a> {
    services: &'a Services,
    client: &'a Client,
    now: Timestamp,
    /// The thumbprint of the key that the access token is bound to.
    dpop_jkt: Option<&'a str>,
    deadline: Deadline,
    /// The longest that the client's access tokens are valid.
    lifetime: Duration,
    /// How long the client's refresh tokens are valid.
    refresh_token_lifetime: Duration,
    /// The access token of a try that lost, for the next one.
    minted: Option<Minted>,
}

/// An access token that is written or signed.
struct Minted {
    contents: TokenContents,
    grant: Option<Identifier>,
    text: Secret,
}

impl Commit<'_> {
    async fn issue(&mut self, contents: TokenContents) -> Result<TokenResponse, Error> {
        let minted = self.mint(None, contents).await?;
        Ok(self.answer(minted, None, &[], None))
    }

    async fn once(&mut self, once: Once) -> Result<TokenResponse, Error> {
        let minted = self.mint(None, once.contents).await?;
        let used_names = &self.services.used_assertions;
        if !used_names
            .use_once(&once.name, once.remember_until, self.deadline)
            .await?
        {
            self.tell(EventKind::AssertionRepeated, None);
            return Err(once.used);
        }
        Ok(self.answer(minted, None, &[], None))
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
            expires_at: self.now,
        };
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
        let minted = self.mint_and_list(id, &mut grant, contents).await?;
        match grants.create(id, &grant, self.deadline).await? {
            Ok(()) => Ok(self.answer(minted, Some(id), &[], refresh)),
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
        let refresh = grants.refresh_token(change.id, &change.next)?;
        let minted = self
            .mint_and_list(change.id, &mut change.next, change.contents)
            .await?;
        if let Ok(()) = grants
            .change(change.id, &change.next, change.read, self.deadline)
            .await?
        {
            return Ok(Some(self.answer(
                minted,
                Some(change.id),
                &change.events,
                refresh,
            )));
        }
        match change.on_conflict {
            OnConflict::DecideAgain => {
                self.minted = Some(minted);
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

    /// Makes an access token of a grant, and meanwhile puts the grant on the list of its subject.
    async fn mint_and_list(
        &mut self,
        id: Identifier,
        grant: &mut Grant,
        contents: TokenContents,
    ) -> Result<Minted, Error> {
        let (services, ahead) = (self.services, self.refresh_token_lifetime);
        let listing = services.grants.list_by_subject(id, grant, ahead);
        let (minted, listed_until) = tokio::join!(self.mint(Some(id), contents), listing);
        grant.listed_until = listed_until;
        minted
    }

    /// Writes or signs an access token, unless an earlier try has made the same.
    async fn mint(
        &mut self,
        grant: Option<Identifier>,
        mut contents: TokenContents,
    ) -> Result<Minted, Error> {
        let earlier = self.minted.take();
        if let Some(earlier) = earlier.filter(|e| e.grant == grant && e.contents == contents) {
            return Ok(earlier);
        }
        let minting = Minting {
            client: self.client,
            lifetime: self.lifetime_of(&contents),
            contents: &mut contents,
            grant,
            dpop_jkt: self.dpop_jkt,
            now: self.now,
        };
        let text = self.services.tokens.mint(minting).await?;
        Ok(Minted {
            contents,
            grant,
            text,
        })
    }

    fn lifetime_of(&self, contents: &TokenContents) -> Duration {
        contents
            .lifetime
            .map_or(self.lifetime, |own| own.min(self.lifetime))
    }

    fn tell(&self, kind: EventKind, grant: Option<Identifier>) {
        self.services.events.tell(&Event {
            endpoint: Some("token"),
            client_id: Some(&self.client.id),
            grant,
            ..Event::new(kind)
        });
    }

    /// Tells what happened, and makes the response.
    fn answer(
        &self,
        minted: Minted,
        grant: Option<Identifier>,
        events: &[EventKind],
        refresh_token: Option<Secret>,
    ) -> TokenResponse {
        let lifetime = self.lifetime_of(&minted.contents);
        let TokenContents {
            subject,
            scope,
            response_members,
            ..
        } = minted.contents;
        for kind in [EventKind::AccessTokenIssued].iter().chain(events) {
            self.services.events.tell(&Event {
                endpoint: Some("token"),
                client_id: Some(&self.client.id),
                subject: subject.as_deref(),
                grant,
                ..Event::new(*kind)
            });
        }
        let mut response = TokenResponse {
            expires_in: Some(lifetime),
            refresh_token,
            scope: (!scope.is_empty()).then_some(scope),
            extra: response_members,
            ..TokenResponse::bearer(minted.text)
        };
        if self.dpop_jkt.is_some() {
            response.token_type = "DPoP".to_owned();
        }
        response
    }
}
