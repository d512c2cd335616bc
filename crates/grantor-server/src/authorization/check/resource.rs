//! The check of `resource`.

use grantor_core::BoxFuture;
use grantor_jose::check::holds;

use crate::authorization::context::AuthorizationContext;
use crate::authorization::flow::Flow;
use crate::error::Error;
use crate::grant_type::{missing_target, unknown_target};
use crate::resource::normalize;

/// Every resource is known, and the client may name it (RFC 8707 section 2). There is one, if the policy
/// requires it.
pub(in crate::authorization) fn run<'a>(
    context: &'a mut AuthorizationContext<'_>,
) -> BoxFuture<'a, Result<Flow, Error>> {
    Box::pin(async move {
        if context.request.resource.is_empty() && context.policy.require_resource {
            return Err(missing_target());
        }
        let mut resources: Vec<String> = Vec::new();
        for named in &context.request.resource {
            let resource = normalize(named).into_owned();
            if resources.contains(&resource) {
                continue;
            }
            let known = context.services.is_valid_target(&resource).await?;
            let may_name = known && context.client()?.allows_resource(&resource);
            if !holds("resource.requested", may_name) {
                return Err(unknown_target("resource", &resource));
            }
            resources.push(resource);
        }
        // A client that may name only some of them has to, unless it is clear which it means.
        let client = context.client()?;
        context.services.effective_resources(client, &resources)?;
        context.resources = resources;
        Ok(Flow::Continue)
    })
}
