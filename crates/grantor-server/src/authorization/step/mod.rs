//! The steps that ask the site.

pub(super) mod consent;
pub(super) mod login;

use super::context::AuthorizationContext;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::site::{Interaction, SiteError};

/// The user learns only that the site failed.
fn site_failed(error: &SiteError) -> Error {
    Error::Internal(error.to_string())
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
