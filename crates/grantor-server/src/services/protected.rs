//! The resources that are protected in this process.

use std::sync::{PoisonError, RwLock};

use crate::resource;

/// Resources that are protected in this process, in the order in which they were registered.
#[derive(Debug, Default)]
pub(crate) struct Protected(RwLock<Vec<String>>);

impl Protected {
    pub(crate) fn add(&self, resource: &str) {
        let mut resources = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !resources.iter().any(|own| resource::is_same(own, resource)) {
            resources.push(resource::normalize(resource).into_owned());
        }
    }

    pub(super) fn first(&self) -> Option<String> {
        let resources = self.0.read().unwrap_or_else(PoisonError::into_inner);
        resources.first().cloned()
    }

    pub(super) fn contains(&self, resource: &str) -> bool {
        let resources = self.0.read().unwrap_or_else(PoisonError::into_inner);
        resources.iter().any(|own| resource::is_same(own, resource))
    }
}
