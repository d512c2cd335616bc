//! The state that the endpoints share.

use bytes::Bytes;

use crate::grant_type::GrantTypes;
use crate::services::Services;

/// The state that the endpoints share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) services: Services,
    pub(crate) grant_types: GrantTypes,
    pub(crate) documents: Documents,
    pub(crate) site_pages: Vec<SitePage>,
}

/// The published documents, made once.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) metadata: Bytes,
}

/// Where a page of the site's own lies.
#[derive(Debug)]
pub(crate) struct SitePage {
    /// Below the issuer, as the site says it.
    pub(crate) path: String,
    /// On the host.
    pub(crate) address: String,
}

impl State {
    /// The page of the site at an address.
    pub(crate) fn site_path(&self, address: &str) -> Option<&str> {
        let mut pages = self.site_pages.iter();
        let page = pages.find(|page| page.address == address);
        page.map(|page| page.path.as_str())
    }
}
