//! The page after the answer to a device.

use grantor_core::BoxFuture;

use super::answer::{Kept, answered_already, keep};
use crate::authorization::context::{AuthorizationContext, UserAnswer};
use crate::authorization::flow::Flow;
use crate::error::Error;
use crate::event::EventKind;
use crate::grant::GrantState;
use crate::http::Reply;
use crate::site::DeviceAnswer;

/// Keeps the answer of the user of a device, which fetches its tokens when it asks next (RFC 8628
/// section 3.3).
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move {
        let device = context.device.as_ref();
        let device = device.ok_or_else(|| Error::Internal("no device asks".to_owned()))?;
        let state = GrantState::Approved {
            until: device.usable_until,
        };
        if keep(context, state, EventKind::DeviceAllowed).await? == Kept::No {
            return Err(answered_already());
        }
        let answer = match context.answer()? {
            UserAnswer::Allowed { .. } => DeviceAnswer::Allowed,
            UserAnswer::Denied => DeviceAnswer::Denied,
        };
        let page = context.services.site.device_answered(answer);
        Ok(Flow::Reply(Reply::page(page)))
    })
}
