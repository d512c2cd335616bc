//! The list of a server's grant types.

use std::sync::Arc;

use url::Url;

use super::{GrantType, Implicit, Password};

/// The grant types of a server.
#[derive(Debug)]
pub(crate) struct GrantTypes(Vec<Arc<dyn GrantType>>);

impl GrantTypes {
    pub(crate) fn new(grant_types: Vec<Arc<dyn GrantType>>) -> Self {
        Self(grant_types)
    }

    pub(crate) fn find(&self, name: &str) -> Option<&dyn GrantType> {
        let mut all = self.0.iter();
        all.find(|own| own.name() == name).map(|own| &**own)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|own| own.name().to_owned()).collect()
    }

    /// Those whose pages need a site.
    pub(crate) fn with_pages(&self) -> impl Iterator<Item = &str> {
        let with_pages = self.0.iter().filter(|own| own.shows_pages());
        with_pages.map(|own| own.name())
    }

    /// Those that are asked of a site in any way.
    pub(crate) fn with_site(&self) -> impl Iterator<Item = &str> {
        let with_site = self.0.iter().filter(|own| own.needs_site());
        with_site.map(|own| own.name())
    }

    /// Those that OAuth 2.1 has no more.
    pub(crate) fn legacy(&self) -> impl Iterator<Item = &str> {
        let legacy = |name: &&str| matches!(*name, Password::NAME | Implicit::NAME);
        self.0.iter().map(|own| own.name()).filter(legacy)
    }

    /// The URLs that are fetched for grant types, with the names of these.
    pub(crate) fn fetched_urls(&self) -> impl Iterator<Item = (&str, &Url)> {
        let all = self.0.iter();
        all.flat_map(|own| own.fetched_urls().into_iter().map(|url| (own.name(), url)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that were added twice.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = &str> {
        let names = self.0.iter().enumerate();
        names.filter_map(|(i, own)| {
            let earlier = self.0.iter().take(i).any(|e| e.name() == own.name());
            earlier.then(|| own.name())
        })
    }
}
