//! Which records a store can hold.

use std::sync::Arc;

use grantor_core::Environment;
use grantor_jose::seal::SealingKey;
use grantor_store::{Namespace, Placement, Records, Store};

use super::location::StoreSharing;
use super::records::{LoginRecord, RegistrationRecord};

/// Finds out what of the records a store can hold.
pub(super) struct StoreOpener<'a> {
    pub(super) store: Arc<dyn Store>,
    pub(super) namespace: Namespace,
    pub(super) environment: &'a Environment,
    pub(super) sharing: StoreSharing,
    pub(super) problems: &'a mut Vec<String>,
}

impl StoreOpener<'_> {
    /// Spending a refresh token twice ends a login, so its records ask more of a store.
    pub(super) fn logins(&mut self, key: &Arc<SealingKey>) -> Option<Records<LoginRecord>> {
        let placement = match self.sharing {
            StoreSharing::Nobody => self.placement(key).single_process(),
            StoreSharing::OtherProcesses => self.placement(key),
        };
        let noted = Records::open(&placement).map_err(|problem| {
            self.problems.push(format!(
                "{problem}; give a store that decides among processes, as FileStore or \
                 SqliteStore, or promise by \"single_process\" that no other process uses this one"
            ));
        });
        noted.ok()
    }

    /// Registrations are of the program at a server: all resources that name that server share one.
    pub(super) fn registrations(
        &mut self,
        key: &Arc<SealingKey>,
    ) -> Option<Records<RegistrationRecord>> {
        let store = Arc::clone(&self.store);
        let namespace = Namespace::new("registrations of a client");
        let placement = Placement::new(store, namespace, self.environment.clone());
        let placement = placement.seal_under(Arc::clone(key));
        let placement = match self.sharing {
            StoreSharing::Nobody => placement.single_process(),
            StoreSharing::OtherProcesses => placement,
        };
        let opened = Records::open(&placement);
        opened.map_err(|problem| self.problems.push(problem)).ok()
    }

    pub(super) fn sealed<R: grantor_store::Record>(
        &mut self,
        key: &Arc<SealingKey>,
    ) -> Option<Records<R>> {
        let built = Records::open(&self.placement(key));
        built.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// A lease that a store drops costs a token of a client that is fetched twice. It would cost a login.
    pub(super) fn leases(&self, key: &Arc<SealingKey>, have_login: bool) -> Placement {
        match have_login {
            true => self.placement(key),
            false => self.placement(key).danger_evicting_guards(),
        }
    }

    fn placement(&self, key: &Arc<SealingKey>) -> Placement {
        let store = Arc::clone(&self.store);
        Placement::new(store, self.namespace, self.environment.clone()).seal_under(Arc::clone(key))
    }
}
