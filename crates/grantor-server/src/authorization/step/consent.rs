//! The step that asks the site for the user's decision.

use grantor_core::{BoxFuture, ErrorCode};
use grantor_jose::check::{holds, is_off};

use super::{check_form_was_seen, interaction_parts};
use crate::authorization::context::{AuthorizationContext, UserAnswer};
use crate::authorization::flow::Flow;
use crate::error::{Error, SiteMisuse};
use crate::http::Reply;
use crate::site::{Allowed, Decision, Interaction, InteractionParts, Stage};

/// The site says what the user decided, or shows a page to ask them.
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move {
        match ask_site(context).await? {
            Asked::Answer(answer) => {
                context.answer = Some(answer);
                Ok(Flow::Continue)
            }
            Asked::Reply(reply) => Ok(Flow::Reply(reply)),
        }
    })
}

enum Asked {
    Answer(UserAnswer),
    Reply(Reply),
}

async fn ask_site(context: &AuthorizationContext<'_>) -> Result<Asked, Error> {
    let services = context.services;
    let (client, login) = (context.client()?, context.login()?);
    let binding = what_is_shown(context)?;
    let forms = context.forms(Stage::Consent, &binding)?;
    let submitted = context.submitted(&forms);
    let consents = &services.revocation.consents;
    let remembered = match client.describes_itself() && !is_off("consent.self_described") {
        true => None,
        false => consents.remembered(&login.subject, client).await?,
    };
    let effective = services.effective_resources(client, &context.resources)?;
    let interaction = Interaction::new(InteractionParts {
        remembered: remembered.as_ref(),
        ..interaction_parts(context, &effective, forms, submitted.as_ref())?
    });
    let decision = services.site.consent(&interaction, login).await?;
    check_form_was_seen(context, &interaction)?;
    match decision {
        Decision::Page(page) if context.requirements.interactive => {
            Ok(Asked::Reply(context.browser()?.show(page, services)?))
        }
        Decision::Page(_) => Err(Error::refused(
            ErrorCode::ConsentRequired,
            "the user has to be asked",
        )),
        Decision::Allow(_) | Decision::Deny if !holds("consent.form", submitted.is_some()) => {
            Err(Error::Site(SiteMisuse::DecidedWithoutForm))
        }
        Decision::Deny => Ok(Asked::Answer(UserAnswer::Denied)),
        Decision::Remembered => {
            let is_answered = !context.requirements.ask_consent && interaction.is_remembered();
            if !holds("consent.remembered", is_answered) {
                return Err(Error::Site(SiteMisuse::NotRemembered));
            }
            Ok(Asked::Answer(UserAnswer::Allowed {
                allowed: interaction.requested(),
                remembered: true,
            }))
        }
        Decision::Allow(allowed) => Ok(Asked::Answer(allow(context, allowed)?)),
    }
}

fn allow(context: &AuthorizationContext<'_>, allowed: Allowed) -> Result<UserAnswer, Error> {
    let mut resources = allowed.resources.iter();
    let is_within = allowed.scope.is_subset(&context.scope)
        && resources.all(|resource| context.resources.contains(resource));
    if !holds("consent.within_request", is_within) {
        return Err(Error::Site(SiteMisuse::AllowedTooMuch));
    }
    // A token without any scope would read as one with all that was requested (RFC 6749 section 5.1),
    // and one without a resource as one for the default audience.
    let no_scope = allowed.scope.is_empty() && !context.scope.is_empty();
    let no_resource = allowed.resources.is_empty() && !context.resources.is_empty();
    if no_scope || no_resource {
        return Ok(UserAnswer::Denied);
    }
    Ok(UserAnswer::Allowed {
        allowed,
        remembered: false,
    })
}

/// The binding of a consent form: the user, and everything that they are shown. If any of it
/// differs when the form comes back, the page is shown again.
fn what_is_shown(context: &AuthorizationContext<'_>) -> Result<String, Error> {
    let (client, login) = (context.client()?, context.login()?);
    let mut shown = vec![
        login.subject.as_str(),
        login.session.as_deref().unwrap_or_default(),
        &client.id,
        client.display_name(),
        &client.epoch,
        context.redirect_uri.as_deref().unwrap_or_default(),
        context.user_code().unwrap_or_default(),
        context.scope.as_str(),
    ];
    shown.extend(context.resources.iter().map(String::as_str));
    let parts = shown.iter().map(|part| format!("{}:{part}", part.len()));
    Ok(parts.collect())
}
