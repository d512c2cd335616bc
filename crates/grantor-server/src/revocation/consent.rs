//! The remembered consent of a user.

use std::collections::BTreeMap;

use grantor_core::{Scope, Timestamp};
use grantor_jose::check::{holds, is_off};
use grantor_store::{Kind, Record, kinds};
use serde::{Deserialize, Serialize};

/// The remembered consent of a subject to a client: scope values, each for the resources it was
/// allowed at. Reading at one resource and writing at another is no consent to write at the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent(BTreeMap<String, Scope>);

impl Consent {
    /// Returns whether it covers this scope at each of these resources. Without a resource in the
    /// request, the resource is that of the server's default audience, or the empty text.
    #[must_use]
    pub fn covers(&self, scope: &Scope, resources: &[String]) -> bool {
        resources.iter().all(|resource| {
            let Some(allowed) = self.0.get(resource) else {
                return is_off("consent.resource");
            };
            holds("consent.scope", scope.is_subset(allowed))
        })
    }

    /// The scope that was allowed at a resource.
    #[must_use]
    pub fn scope_at(&self, resource: &str) -> Option<&Scope> {
        self.0.get(resource)
    }

    pub(crate) fn add(&mut self, scope: &Scope, resources: &[String]) {
        for resource in resources {
            let allowed = self.0.entry(resource.clone()).or_default();
            *allowed = allowed.union(scope);
        }
    }
}

/// The consent of a subject to a client, as it is stored. Its epoch is in every grant made under it,
/// so that one write revokes them all.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConsentRecord {
    pub(crate) client_id: String,
    /// The client's epoch: another client with the same identifier starts from nothing.
    pub(crate) client_epoch: String,
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) allowed: Consent,
    pub(crate) epoch: String,
    pub(crate) given_at: Timestamp,
}

impl Record for ConsentRecord {
    const KIND: Kind = kinds::CONSENTS;
    const NAME: &'static str = "a consent";

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn pairs_do_not_mix() {
        let (a, b) = (["a".to_owned()], ["b".to_owned()]);
        let mut consent = Consent::default();
        consent.add(&scope("read"), &a);
        consent.add(&scope("write"), &b);
        assert!(consent.covers(&scope("read"), &a));
        assert!(consent.covers(&scope("write"), &b));
        assert!(!consent.covers(&scope("write"), &a));
        assert!(!consent.covers(&scope("read"), &b));
        assert!(!consent.covers(&scope("read"), &["a".to_owned(), "b".to_owned()]));
        consent.add(&scope("write"), &a);
        assert!(consent.covers(&scope("read write"), &a));
    }

    #[test]
    fn an_empty_scope_needs_its_resource_too() {
        let mut consent = Consent::default();
        assert!(!consent.covers(&Scope::default(), &["a".to_owned()]));
        consent.add(&Scope::default(), &["a".to_owned()]);
        assert!(consent.covers(&Scope::default(), &["a".to_owned()]));
        assert!(!consent.covers(&Scope::default(), &["b".to_owned()]));
    }

    #[test]
    fn its_stored_formats_are_pinned() {
        grantor_store::contract::assert_own_formats::<ConsentRecord>();
    }
}
