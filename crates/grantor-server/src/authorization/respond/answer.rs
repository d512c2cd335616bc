use grantor_core::{BoxFuture, ErrorCode, ErrorResponse, Secret, Timestamp};
use grantor_store::Conflict;

use crate::authorization::context::{AuthorizationContext, UserAnswer};
use crate::authorization::flow::Flow;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::grant::{CodeState, EndReason, Grant, GrantState, GrantedUnder};
use crate::http::{Reply, fault};
use crate::site::Allowed;
use crate::token::{OpaqueKind, OpaqueToken};

/// Issues a code. Creating the grant decides: its identifier is in the sealed request, so that one
/// request has one answer. A user who says no creates it ended.
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move { respond(context).await.map(Flow::Reply) })
}

async fn respond(context: &AuthorizationContext<'_>) -> Result<Reply, Error> {
    let services = context.services;
    let answer = context.answer.as_ref();
    let answer = answer.ok_or_else(|| Error::Internal("the user has not answered".to_owned()))?;
    let id = context.sealed.grant;
    // The secret of the code is computed, so that a form that is sent twice gets one code.
    let secret = services
        .page_keys
        .mac
        .sign(&[b"grantor/code/1", id.as_bytes()]);
    let code = OpaqueToken::new(id, secret);
    let grant = match answer {
        UserAnswer::Denied => ended_grant(context)?,
        UserAnswer::Allowed { allowed, .. } => allowed_grant(context, allowed, code.hash()).await?,
    };
    match services
        .grants
        .create(id, &grant, services.grants.deadline())
        .await?
    {
        Ok(()) => after_first_answer(context, answer).await?,
        Err(Conflict) => {
            let stored = services.grants.find(id).await?;
            let same = stored.is_some_and(|stored| is_same(context, &stored.record, &grant));
            if !same {
                let error = Error::invalid_request("this request has been answered already");
                return Ok(fault::page(services, context.place(), &error));
            }
        }
    }
    Ok(match answer {
        UserAnswer::Denied => redirect(
            context,
            Err(ErrorResponse::new(
                ErrorCode::AccessDenied,
                "the user said no",
            )),
        ),
        UserAnswer::Allowed { .. } => redirect(context, Ok(code.to_text(OpaqueKind::Code))),
    })
}

fn redirect(context: &AuthorizationContext<'_>, outcome: Result<Secret, ErrorResponse>) -> Reply {
    let uri = context.redirect_uri.as_deref().unwrap_or_default();
    let state = context.request.state.as_deref();
    fault::respond(context.services, uri, state, outcome)
}

/// Remembers the consent and tells what happened. If remembering fails, the user is asked again next
/// time.
async fn after_first_answer(
    context: &AuthorizationContext<'_>,
    answer: &UserAnswer,
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
    services.events.tell(&event(EventKind::CodeIssued));
    if *remembered {
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
    hash: String,
) -> Result<Grant, Error> {
    let revocation = &context.services.revocation;
    let (client, login) = (context.client()?, context.login()?);
    let consent = revocation.consents.epoch_for_grant(&login.subject, client);
    let consent = Some(consent.await?);
    let session = match &login.session {
        // OpenID Connect Core section 11: access "even when the End-User is not present".
        _ if allowed.scope.contains("offline_access") => None,
        Some(session) => Some((session.clone(), revocation.epochs.session(session).await?)),
        None => None,
    };
    let expires_at = context.call.now + context.policy.code_lifetime;
    let grant = ended_grant(context)?;
    Ok(Grant {
        scope: allowed.scope.clone(),
        resources: allowed.resources.clone(),
        under: GrantedUnder {
            consent,
            subject: revocation.epochs.subject(&login.subject).await?,
            session,
            ..grant.under
        },
        state: GrantState::Code(CodeState {
            hash,
            redirect_uri: context.request.redirect_uri.clone(),
            challenge: context.challenge.clone(),
            expires_at,
        }),
        expires_at: grant.expires_at.max(expires_at),
        ..grant
    })
}

/// A grant that the user denied, so that it has ended before it began.
fn ended_grant(context: &AuthorizationContext<'_>) -> Result<Grant, Error> {
    let (client, login) = (context.client()?, context.login()?);
    let services = context.services;
    let now = context.call.now;
    Ok(Grant {
        client_id: client.id.clone(),
        subject: login.subject.clone(),
        scope: context.scope.clone(),
        resources: context.resources.clone(),
        under: GrantedUnder {
            client: client.epoch.clone(),
            ..GrantedUnder::default()
        },
        auth_time: login.auth_time,
        created_at: now,
        salt: services.environment.random_bytes(),
        state: GrantState::Ended {
            at: now,
            reason: EndReason::Denied.as_str().to_owned(),
        },
        listed_until: Timestamp::default(),
        // As long as the form can come back, it must meet the answer that was given.
        expires_at: context.sealed.started_at + services.config.interaction_lifetime,
    })
}

/// Whether a form came back a second time with the answer that is stored, and nothing has become of
/// it since.
fn is_same(context: &AuthorizationContext<'_>, stored: &Grant, grant: &Grant) -> bool {
    let same_decision = match (&stored.state, &grant.state) {
        (GrantState::Code(a), GrantState::Code(b)) => {
            a.redirect_uri == b.redirect_uri
                && a.challenge == b.challenge
                && context.call.now < a.expires_at
        }
        _ => stored.ended_by(EndReason::Denied) && grant.ended_by(EndReason::Denied),
    };
    same_decision
        && stored.client_id == grant.client_id
        && stored.under.client == grant.under.client
        && stored.subject == grant.subject
        && stored.scope.same_as(&grant.scope)
        && stored.resources == grant.resources
}
