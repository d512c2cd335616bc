//! The steps that ask the site.

pub(super) mod consent;
pub(super) mod login;

use super::context::AuthorizationContext;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::site::{FormKey, Interaction, InteractionParts, Submitted};

/// Makes what the site gets at every step: the request, and the form of this step that the browser sent.
/// `effective` are the resources with the default audience.
fn interaction_parts<'s>(
    context: &'s AuthorizationContext<'_>,
    effective: &'s [String],
    forms: FormKey<'s>,
    submitted: Option<&'s Submitted<'s>>,
) -> Result<InteractionParts<'s>, Error> {
    Ok(InteractionParts {
        client: context.client()?,
        grant_type: context.grant_type(),
        redirect_uri: context.redirect_uri.as_deref().unwrap_or_default(),
        user_code: context.user_code(),
        scope: &context.scope,
        resources: &context.resources,
        effective_resources: effective,
        requirements: &context.requirements,
        remembered: None,
        forms,
        csrf_mismatch: context.has_form() && submitted.is_none(),
        submitted,
        insufficient: false,
        head: context.call.head,
        now: context.call.now,
    })
}

/// A genuine form that the site did not look at would show the same page for ever.
fn check_form_was_seen(
    context: &AuthorizationContext<'_>,
    interaction: &Interaction<'_>,
) -> Result<(), Error> {
    if !interaction.ignored_form() {
        return Ok(());
    }
    context.services.events.tell(&Event {
        endpoint: Some("authorization"),
        client_id: context.place().client_id,
        ..Event::new(EventKind::FormIgnored)
    });
    Err(Error::invalid_request("no step takes this form"))
}
