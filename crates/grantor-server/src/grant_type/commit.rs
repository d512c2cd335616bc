//! The writes that follow the decision of a grant type.

use std::time::Duration;

use grantor_core::{Params, Secret, Timestamp, TokenResponse};
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
use crate::token::{Minting, TokenContents, UniqueTokens};

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

    /// Goes by the policy for a grant's own grant type. No token outlives the time for which it lasts.
    fn go_by(&mut self, grant: &Grant) {
        self.policy = self.services.policy_of(grant.grant_type(), self.client);
        let end = self.policy.grant_lifetime.end(grant.created_at);
        let longest = self.policy.access_token_lifetime;
        self.lifetime = end.map_or(longest, |end| longest.min(end.since(self.now)));
    }

    /// Returns whether the answer has a refresh token: one that the request did not have, or by the policy.
    fn is_sent(&self, token: &Secret) -> bool {
        self.policy.repeats_refresh_token
            || self.params.get("refresh_token") != Some(token.expose())
    }

    async fn once(&mut self, grant_type: &str, mut once: Once) -> Result<TokenResponse, Error> {
        let text = self.mint(grant_type, None, &mut once.contents).await?;
        let used = self.deadline.repeat(&self.services.used_assertions);
        if !used.use_once(&once.name, once.remember_until).await? {
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

    /// Makes an access token of a grant, and meanwhile puts the grant on the list of its subject.
    async fn mint_and_list(
        &mut self,
        id: Identifier,
        grant: &mut Grant,
        contents: &mut TokenContents,
    ) -> Result<Secret, Error> {
        let (services, ahead) = (self.services, self.policy.refresh_token_lifetime);
        let listing = services.grants.list_by_subject(id, grant, ahead);
        let minting = self.mint(grant.grant_type(), Some(id), contents);
        let (minted, listed_until) = tokio::join!(minting, listing);
        grant.listed_until = listed_until;
        minted
    }

    /// Writes or signs an access token, unless an earlier try has made the same.
    async fn mint(
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
