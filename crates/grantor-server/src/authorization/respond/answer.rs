//! The user's answer, kept as a grant.

use grantor_core::{ErrorCode, ErrorResponse, Timestamp};
use grantor_jose::check::is_off;
use grantor_store::Conflict;

use crate::authorization::context::{AuthorizationContext, UserAnswer};
use crate::config::later;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::{EndReason, Grant, GrantState, GrantedUnder};
use crate::site::Allowed;

/// Whether the answer of the user is the one that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is, or it is the same once more.
    Yes,
    /// Another one came first.
    No,
}

/// Keeps the answer of the user. Creating the grant decides: its identifier is in the sealed request, so
/// that one request has one answer. A user who says no creates it ended; otherwise it begins in `state`,
/// and `event` is told.
pub(super) async fn keep(
    context: &AuthorizationContext<'_>,
    state: GrantState,
    event: EventKind,
) -> Result<Kept, Error> {
    let services = context.services;
    let answer = context.answer()?;
    let id = context.sealed.grant;
    let grant = match answer {
        UserAnswer::Denied => ended_grant(context)?,
        UserAnswer::Allowed { allowed, .. } => allowed_grant(context, allowed, state).await?,
    };
    if let UserAnswer::Allowed { .. } = answer {
        keep_client(context).await?;
    }
    match services
        .grants
        .create(id, &grant, services.grants.deadline())
        .await?
    {
        Ok(()) => {
            after_first_answer(context, answer, event).await?;
            Ok(Kept::Yes)
        }
        Err(Conflict) => {
            let stored = services.grants.find(id).await?;
            let same = stored.is_some_and(|stored| is_same(context, &stored.record, &grant));
            Ok(if same { Kept::Yes } else { Kept::No })
        }
    }
}

/// A client that registered itself is kept once a user allows it something.
async fn keep_client(context: &AuthorizationContext<'_>) -> Result<(), Error> {
    let client = context.client()?;
    match &context.services.stored_clients {
        Some(stored) if client.unused_until.is_some() => stored.mark_used(&client.id).await,
        _ => Ok(()),
    }
}

/// The user said no.
pub(super) fn denied() -> ErrorResponse {
    ErrorResponse::new(ErrorCode::AccessDenied, "the user said no")
}

/// A request has one answer, and this is another.
pub(super) fn answered_already() -> Error {
    Error::invalid_request("this request has been answered already")
}

/// Remembers the consent and tells what happened. If remembering fails, the user is asked again next
/// time.
async fn after_first_answer(
    context: &AuthorizationContext<'_>,
    answer: &UserAnswer,
    kind: EventKind,
) -> Result<(), Error> {
    let services = context.services;
    let (client, login) = (context.client()?, context.login()?);
    let event = |kind| Event {
        endpoint: Some("authorization"),
        client_id: Some(&client.id),
        subject: Some(&login.subject),
        grant: Some(context.sealed.grant),
        ..Event::new(kind)
    };
    let UserAnswer::Allowed {
        allowed,
        remembered,
    } = answer
    else {
        services.events.tell(&event(EventKind::AuthorizationDenied));
        return Ok(());
    };
    services.events.tell(&event(kind));
    // Whoever types in a code is always asked, so nothing is remembered of it.
    if *remembered || context.device.is_some() {
        return Ok(());
    }
    let resources = services.effective_resources(client, &allowed.resources)?;
    let consents = &services.revocation.consents;
    let remembered = consents.remember(&login.subject, client, &allowed.scope, &resources);
    if let Err(error) = remembered.await {
        services.events.tell(&Event {
            reason: Some(&error.to_string()),
            ..event(EventKind::ConsentNotRemembered)
        });
    }
    Ok(())
}

async fn allowed_grant(
    context: &AuthorizationContext<'_>,
    allowed: &Allowed,
    state: GrantState,
) -> Result<Grant, Error> {
    let revocation = &context.services.revocation;
    let (client, login) = (context.client()?, context.login()?);
    let consent = revocation.consents.epoch_for_grant(&login.subject, client);
    let consent = Some(consent.await?);
    let since = login.since.as_ref().filter(|_| !is_off("grant.since"));
    let session = match &login.session {
        // OpenID Connect Core section 11: access "even when the End-User is not present".
        _ if allowed.scope.contains("offline_access") => None,
        // A device is not the browser: who signs out of one has not signed out of the other.
        _ if context.device.is_some() => None,
        // One that was revoked is not current, and the site may be a second late to notice.
        Some(session) if since.is_some() => Some((session.clone(), String::new())),
        Some(session) => Some((session.clone(), revocation.epochs.session(session).await?)),
        None => None,
    };
    let subject = match since {
        Some(epoch) => epoch.as_str().to_owned(),
        None => revocation.epochs.subject(&login.subject).await?,
    };
    let grant = ended_grant(context)?;
    let usable_until = match &state {
        GrantState::Code(code) => Some(code.expires_at),
        GrantState::Approved { until } => Some(*until),
        // A replay must still be recognized when the token has expired.
        GrantState::Live { .. } => Some(context.call.now + context.policy.access_token_lifetime),
        GrantState::Ended { .. } => grant.expires_at,
    };
    Ok(Grant {
        scope: allowed.scope.clone(),
        resources: allowed.resources.clone(),
        under: GrantedUnder {
            consent,
            subject,
            session,
            ..grant.under
        },
        state,
        expires_at: later(grant.expires_at, usable_until),
        ..grant
    })
}

/// A grant that the user denied, so that it has ended before it began.
fn ended_grant(context: &AuthorizationContext<'_>) -> Result<Grant, Error> {
    let (client, login) = (context.client()?, context.login()?);
    let services = context.services;
    let now = context.call.now;
    // As long as the form can come back, it must meet the answer that was given; and so must a device.
    let expires_at = context.sealed.started_at + services.config.interaction_lifetime;
    let device = context.device.as_ref();
    let expires_at = device.map_or(expires_at, |device| expires_at.max(device.expires_at));
    Ok(Grant {
        client_id: client.id.clone(),
        grant_type: Grant::stored_grant_type(context.grant_type()),
        subject: login.subject.clone(),
        scope: context.scope.clone(),
        resources: context.resources.clone(),
        under: GrantedUnder {
            client: client.epoch.clone(),
            ..GrantedUnder::default()
        },
        auth_time: login.auth_time,
        created_at: now,
        claims: login.access_token_claims.clone(),
        dpop_jkt: None,
        salt: services.environment.random_bytes(),
        state: GrantState::Ended {
            at: now,
            reason: EndReason::Denied.as_str().to_owned(),
        },
        listed_until: Timestamp::default(),
        expires_at: Some(expires_at),
    })
}

/// Whether a form came back a second time with the answer that is stored, and nothing has become of
/// it since.
fn is_same(context: &AuthorizationContext<'_>, stored: &Grant, grant: &Grant) -> bool {
    let same_decision = match (&stored.state, &grant.state) {
        (GrantState::Code(a), GrantState::Code(b)) => {
            a.redirect_uri == b.redirect_uri
                && a.challenge == b.challenge
                && a.dpop_jkt == b.dpop_jkt
                && context.call.now < a.expires_at
        }
        (GrantState::Approved { until }, GrantState::Approved { .. }) => context.call.now < *until,
        _ => stored.ended_by(EndReason::Denied) && grant.ended_by(EndReason::Denied),
    };
    same_decision
        && stored.client_id == grant.client_id
        && stored.under.client == grant.under.client
        && stored.subject == grant.subject
        && stored.scope.same_as(&grant.scope)
        && stored.resources == grant.resources
}
