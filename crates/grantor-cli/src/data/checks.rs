//! What a command looks at before it uses stores that are open.

use std::sync::Arc;

use grantor_store::{Class, Key, Kind, MasterKey, SealedStore, Store};

use super::Opened;
use crate::error::CliError;

/// Refuses a default store that may lose what has to last.
pub(super) fn default_keeps(opened: &Opened) -> Result<(), CliError> {
    let capabilities = opened.default.capabilities();
    let outlives = |(kind, store): &(Kind, Arc<dyn Store>)| {
        kind.class().lasts() && !store.capabilities().ends_with_process()
    };
    if capabilities.ends_with_process() && opened.by_kind.iter().any(outlives) {
        return Err(CliError::configuration(
            "\"memory\" can't be the default store where other kinds have a store that outlives the server: \
             the mark of the master key would be gone with the process",
        ));
    }
    let Some(reason) = Class::Transition.refuses(&capabilities) else {
        return Ok(());
    };
    Err(CliError::configuration(format!(
        "{} can't be the default store: {reason}. Change that there (Redis: maxmemory-policy noeviction), \
         or take another default store, and give kinds that may be lost a store of their own in the \
         section [store], as in access-tokens = \"memcached://HOST\"",
        capabilities.name
    )))
}

/// Refuses records that this program would misread, or believe to be gone.
pub(super) async fn all(opened: &Opened, key: &MasterKey) -> Result<(), CliError> {
    let (store, sealing_key) = (&*opened.default, key.sealing_key());
    if SealedStore::has_sealed(store, opened.namespace, &sealing_key).await? {
        return Err(CliError::configuration(
            "the values of this store were sealed by `SealedStore`: only a program that opens it through \
             `SealedStore` can use it",
        ));
    }
    none_left_behind(opened).await
}

/// Refuses a store for a kind that has to last, if it has no such record and the default store has.
async fn none_left_behind(opened: &Opened) -> Result<(), CliError> {
    let mut left = Vec::new();
    for (kind, store) in &opened.by_kind {
        if kind.class() != Class::Transition || Arc::ptr_eq(store, &opened.default) {
            continue;
        }
        let prefix = opened.namespace.prefix(kind.letters());
        if has_some(&**store, &prefix).await? == Some(false)
            && has_some(&*opened.default, &prefix).await? == Some(true)
        {
            left.push(kind.name());
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    let kinds = left.join(" and ");
    Err(CliError::configuration(format!(
        "{kinds}: the store of their own in the section [store] has none, and the default store has some, \
         which would seem to be gone. Copy them first (\"grantor store copy\"; see \"Moving\" in \
         docs/stores.md)"
    )))
}

/// Returns whether a store has a record whose key begins so; none if it can't list.
async fn has_some(store: &dyn Store, prefix: &Key) -> Result<Option<bool>, CliError> {
    let Some(listing) = store.listing() else {
        return Ok(None);
    };
    let first = listing.list(prefix, None, 1).await?;
    Ok(Some(!first.is_empty()))
}
