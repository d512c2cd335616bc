//! The routes by path.

use grantor_core::Issuer;

use super::EndpointRow;
use super::endpoints::{Endpoint, Offer, Place};
use super::table::ENDPOINTS;

/// The endpoints by their paths.
pub(crate) struct Routes {
    routes: Vec<(String, &'static Endpoint)>,
}

impl Routes {
    pub(crate) fn new(issuer: &Issuer, offer: &Offer<'_>) -> Self {
        let mut routes = Vec::new();
        for endpoint in ENDPOINTS.iter().filter(|row| (row.exists)(offer)) {
            match endpoint.place {
                Place::Below(path) => {
                    let path = issuer.join(path(&offer.config.paths));
                    routes.push((path.path().to_owned(), endpoint));
                }
                Place::OfSite => routes.extend(
                    offer
                        .site_paths
                        .iter()
                        .map(|path| (issuer.join(path).path().to_owned(), endpoint)),
                ),
                Place::WellKnown => {
                    let urls = issuer.metadata_urls();
                    routes.extend(urls.iter().map(|url| (url.path().to_owned(), endpoint)));
                }
            }
        }
        Self { routes }
    }

    pub(crate) fn find(&self, path: &str) -> Option<&'static Endpoint> {
        let exact = |path: &str| {
            let mut routes = self.routes.iter();
            routes.find(|(own, _)| own == path).map(|(_, row)| *row)
        };
        exact(path).or_else(|| {
            let shorter = path.strip_suffix('/')?;
            exact(shorter).filter(|row| may_end_with_slash(row))
        })
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = EndpointRow> {
        let rows = self.routes.iter();
        rows.map(|(path, endpoint)| EndpointRow::new(path, endpoint))
    }

    /// Every path that is found.
    pub(crate) fn paths(&self) -> impl Iterator<Item = String> {
        self.routes.iter().flat_map(|(path, row)| {
            let with_slash = may_end_with_slash(row).then(|| format!("{path}/"));
            std::iter::once(path.clone()).chain(with_slash)
        })
    }
}

/// Some clients keep the slash at the end of an issuer without a path.
fn may_end_with_slash(row: &Endpoint) -> bool {
    matches!(row.place, Place::WellKnown)
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.paths()).finish()
    }
}
