//! The audience of a request for a token.

use grantor_jose::check::holds;

use super::TokenCall;
use super::requested::{missing_target, unknown_target};
use crate::error::Error;
use crate::resource;

impl TokenCall<'_> {
    /// The audience that a client requests for itself, by `resource` or `audience`; the server's
    /// default, if it requests none (RFC 8707).
    ///
    /// # Errors
    /// `invalid_target`, or the table of clients can't be read.
    pub async fn audience(&self) -> Result<Vec<String>, Error> {
        let requested = self.requested_audience();
        if requested.is_empty() {
            return self.default_audience();
        }
        self.check_targets(requested).await
    }

    /// The requested audience within what somebody else asserted: all of that, if none is requested.
    pub(crate) async fn audience_of(&self, asserted: &[String]) -> Result<Vec<String>, Error> {
        let mut requested = self.requested_audience();
        let is_asserted =
            |resource: &str| asserted.iter().any(|own| resource::is_same(own, resource));
        if let Some((parameter, resource)) = requested.iter().find(|(_, r)| !is_asserted(r)) {
            return Err(unknown_target(parameter, resource));
        }
        if requested.is_empty() {
            let asserted = asserted.iter().map(|own| ("resource", own.clone()));
            requested = asserted.collect();
        }
        self.check_targets(requested).await
    }

    /// Every resource is known, and the client may name it.
    async fn check_targets(
        &self,
        requested: Vec<(&'static str, String)>,
    ) -> Result<Vec<String>, Error> {
        let mut audience = Vec::with_capacity(requested.len());
        for (parameter, resource) in requested {
            let known = self.is_valid_target(&resource).await?;
            let may_name = known && self.client.allows_resource(&resource);
            if !holds("resource.token", may_name) {
                return Err(unknown_target(parameter, &resource));
            }
            audience.push(resource);
        }
        Ok(audience)
    }

    /// The requested audience within what a user granted, as far as the client may still name it: all
    /// of that, if none is requested; the server's default, if the user's decision was about no
    /// resource (RFC 8707 section 2.2).
    ///
    /// # Errors
    /// `invalid_target`; `invalid_grant`, if nothing is left of it.
    pub fn narrow_audience(&self, granted: &[String]) -> Result<Vec<String>, Error> {
        let granted = if granted.is_empty() {
            self.default_audience()?
        } else {
            let mut left = granted.to_vec();
            left.retain(|resource| self.client.allows_resource(resource));
            if left.is_empty() {
                let description = "the client may no longer have any of what was granted";
                return Err(Error::invalid_grant(description));
            }
            left
        };
        let requested = self.requested_audience();
        if requested.is_empty() {
            return Ok(granted);
        }
        let is_granted = |resource: &str| {
            let mut granted = granted.iter();
            holds(
                "resource.granted",
                granted.any(|own| resource::is_same(own, resource)),
            )
        };
        if let Some((parameter, resource)) = requested.iter().find(|(_, r)| !is_granted(r)) {
            return Err(unknown_target(parameter, resource));
        }
        Ok(requested
            .into_iter()
            .map(|(_, resource)| resource)
            .collect())
    }

    /// The resources that `resource` and `audience` name, each once, and the parameter that named it.
    fn requested_audience(&self) -> Vec<(&'static str, String)> {
        let mut requested: Vec<(&str, String)> = Vec::new();
        for parameter in ["resource", "audience"] {
            for named in self.params.all(parameter) {
                let resource = resource::normalize(named);
                if !requested.iter().any(|(_, own)| *own == resource) {
                    requested.push((parameter, resource.into_owned()));
                }
            }
        }
        requested
    }

    fn default_audience(&self) -> Result<Vec<String>, Error> {
        if self.policy().require_resource {
            return Err(missing_target());
        }
        let default = match self.services {
            Some(services) => services.default_audience(self.client)?,
            None => self.resources.first().cloned(),
        };
        Ok(default.into_iter().collect())
    }

    async fn is_valid_target(&self, resource: &str) -> Result<bool, Error> {
        match self.services {
            Some(services) => services.is_valid_target(resource).await,
            None => Ok(self
                .resources
                .iter()
                .any(|own| resource::is_same(own, resource))),
        }
    }
}
