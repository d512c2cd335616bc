//! Whether this program can use a server that a resource names.

use grantor_core::{LocalhostNames, ProtectedResourceMetadata, ServerMetadata};

use super::found::FoundServer;
use super::settings::ResourceSettings;

impl ResourceSettings {
    /// Checks that this program can be a client of a server, and get tokens there.
    pub(super) fn check_server(
        &self,
        found: &FoundServer,
        names: LocalhostNames,
    ) -> Result<(), String> {
        let metadata = found.metadata.as_deref();
        if let Some(metadata) = metadata {
            self.check_endpoints(metadata, names)?;
        }
        Ok(self.check_client(found)?)
    }

    /// Checks that no endpoint is on this machine, unless the resource is: requests to services here are
    /// nothing that a resource elsewhere may cause.
    pub(super) fn check_endpoints(
        &self,
        metadata: &ServerMetadata,
        names: LocalhostNames,
    ) -> Result<(), String> {
        let Some(resource) = &self.url else {
            return Ok(());
        };
        let endpoints = metadata.endpoints().into_iter();
        let endpoints = endpoints.filter_map(|(name, endpoint)| Some((name, endpoint?)));
        let aliases = metadata.mtls_endpoint_aliases.values();
        let aliases = aliases.map(|alias| ("mtls_endpoint_aliases", alias));
        for (name, endpoint) in endpoints.chain(aliases) {
            if !ProtectedResourceMetadata::may_refer(resource, endpoint, names) {
                return Err(format!(
                    "\"{name}\" of its metadata is on this machine, and the resource is not"
                ));
            }
        }
        Ok(())
    }

    fn check_client(&self, found: &FoundServer) -> Result<(), &'static str> {
        let metadata = found.metadata.as_deref();
        let lacks = |of: fn(&ServerMetadata) -> bool| metadata.is_some_and(of);
        if lacks(|metadata| metadata.token_endpoint.is_none()) {
            return Err("its metadata has no \"token_endpoint\"");
        }
        if self.user.is_some() && lacks(|metadata| metadata.authorization_endpoint.is_none()) {
            return Err("its metadata has no \"authorization_endpoint\"");
        }
        let by_document = self.document.is_some() && found.takes_documents();
        let by_registration = self.metadata.is_some() && found.registration_endpoint().is_some();
        let is_known = self.client_at(&found.issuer).is_some();
        let needs_none = self.user.is_none() && self.assertion.is_some() && self.clients.is_empty();
        if is_known || by_document || by_registration || needs_none {
            return Ok(());
        }
        Err(match (self.clients.is_empty(), self.metadata.is_some()) {
            (false, _) => {
                "\"client_at\" names a client of another server, whose credentials go nowhere else, \
                 and there is no other way to be a client of this one"
            }
            (true, true) => {
                "it takes neither registrations nor metadata documents of clients: register one there \
                 and name it by \"client_at\""
            }
            (true, false) => {
                "it takes no metadata documents of clients: add \"register_as\" or \"client_at\""
            }
        })
    }
}
