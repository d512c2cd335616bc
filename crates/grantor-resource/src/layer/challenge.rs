//! The challenges of an answer (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1).

use grantor_core::{AuthenticateChallenge, ErrorCode, ErrorResponse, Scope};
use url::Url;

use super::authentication::Authentication;
use super::credentials::Scheme;
use super::rules::{Admission, Rules};
use crate::Dpop;

/// The parameters of challenges: those of the layer that refuses, with what the layers around it
/// require too, since a new token has to pass them all.
pub(super) struct Challenges {
    pub(super) realm: Option<String>,
    pub(super) scope: Scope,
    pub(super) authentication: Authentication,
    pub(super) resource_metadata: Option<Url>,
    pub(super) dpop: Option<Dpop>,
}

impl Challenges {
    /// Of tokens that no layer admitted.
    pub(super) fn unprotected() -> Self {
        Self {
            realm: None,
            scope: Scope::default(),
            authentication: Authentication::default(),
            resource_metadata: None,
            dpop: None,
        }
    }

    pub(super) fn of(rules: &Rules) -> Self {
        Self {
            realm: Some(rules.realm.clone()),
            scope: rules.scope.clone(),
            authentication: rules.authentication.clone(),
            resource_metadata: rules.resource_metadata.clone(),
            dpop: rules.dpop.clone(),
        }
    }

    /// With those of the layers around.
    pub(super) fn within(mut self, outer: Option<&Admission>) -> Self {
        let mut next = outer;
        while let Some(Admission { rules, outer, .. }) = next {
            self.realm.get_or_insert_with(|| rules.realm.clone());
            self.scope = self.scope.union(&rules.scope);
            self.authentication = self.authentication.within(&rules.authentication);
            self.resource_metadata = self
                .resource_metadata
                .or_else(|| rules.resource_metadata.clone());
            self.dpop = self.dpop.or_else(|| rules.dpop.clone());
            next = outer.as_deref();
        }
        self
    }

    /// One challenge for each scheme that is taken; first the one that delivers the error.
    ///
    /// Without a `scheme` all of them deliver it (RFC 9449 section 7.2).
    pub(super) fn list(
        &self,
        scheme: Option<Scheme>,
        error: Option<&ErrorResponse>,
    ) -> Vec<AuthenticateChallenge> {
        let takes_bearer = !self.dpop.as_ref().is_some_and(Dpop::is_required);
        let mut schemes = Vec::new();
        schemes.extend(takes_bearer.then_some(Scheme::Bearer));
        schemes.extend(self.dpop.as_ref().map(|_| Scheme::Dpop));
        // An error is delivered by a scheme that is taken.
        let scheme = scheme.filter(|scheme| schemes.contains(scheme));
        schemes.sort_by_key(|one| scheme.is_some_and(|scheme| scheme != *one));
        let challenges = schemes.into_iter().map(|one| {
            let delivers = scheme.is_none_or(|scheme| scheme == one);
            self.challenge(one, error.filter(|_| delivers))
        });
        challenges.collect()
    }

    fn challenge(&self, scheme: Scheme, error: Option<&ErrorResponse>) -> AuthenticateChallenge {
        let mut params: Vec<(&str, String)> = Vec::new();
        params.extend(self.realm.clone().map(|realm| ("realm", realm)));
        if let Some(error) = error {
            params.push(("error", error.error.as_str().to_owned()));
            // RFC 6750 section 3 allows neither quotation marks nor backslashes here.
            let description = error.description.as_ref();
            let description = description.map(|text| text.replace(['"', '\\'], "'"));
            params.extend(description.map(|text| ("error_description", text)));
        }
        if !self.scope.is_empty() {
            params.push(("scope", self.scope.as_str().to_owned()));
        }
        let code = error.map(|error| &error.error);
        if code == Some(&ErrorCode::InsufficientUserAuthentication) {
            let required = &self.authentication;
            if !required.acr_values.is_empty() {
                params.push(("acr_values", required.acr_values.join(" ")));
            }
            let max_age = required.max_age.map(|max_age| max_age.as_secs());
            params.extend(max_age.map(|seconds| ("max_age", seconds.to_string())));
        }
        let metadata = self.resource_metadata.as_ref();
        params.extend(metadata.map(|url| ("resource_metadata", url.as_str().to_owned())));
        if let Some(dpop) = self.dpop.as_ref().filter(|_| scheme == Scheme::Dpop) {
            params.push(("algs", dpop.signing_alg_values_supported().join(" ")));
        }
        let challenge = AuthenticateChallenge::new(scheme.as_str());
        params
            .into_iter()
            .fold(challenge, |challenge, (name, value)| {
                challenge.with(name, value)
            })
    }
}
