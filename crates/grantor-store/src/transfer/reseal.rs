//! Sealing records under the newest master key.

use grantor_core::Environment;
use grantor_jose::seal::{Context, SealingKey};

use super::kind_counts::KindCounts;
use super::walk::Walk;
use crate::capabilities::Class;
use crate::error::Error;
use crate::key::{Key, Namespace};
use crate::kinds::{Kind, MASTER_KEY_MARK, SEALED};
use crate::record::sealed_for;
use crate::retry::Retry;
use crate::sealed::{ANY_KIND, SealedStore};
use crate::store::{Entry, Expect, Put, PutOutcome, Store, Version};
use crate::stores::Stores;

/// How the records of sealed kinds are sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resealed {
    /// Under another key than the newest before: those that [`reseal`] has sealed again.
    pub older: KindCounts,
    /// Under the newest key before.
    pub newest: KindCounts,
    /// Under none of the keys.
    pub unreadable: KindCounts,
    /// Kinds in stores that can't list their records. They are sealed again as they are written.
    pub unlisted: Vec<Kind>,
}

impl Resealed {
    /// Returns whether there are [`unlisted`](Self::unlisted) kinds whose records have to last. Then the mark
    /// of the master key stays under the older key, so that no server starts without that key.
    #[must_use]
    pub fn has_unlisted_that_last(&self) -> bool {
        let lasts = |kind: &Kind| kind.class() == Class::Transition;
        self.unlisted.iter().any(lasts)
    }
}

/// Counts the records that [`reseal`] would seal again.
///
/// # Errors
/// The stores have no sealing key, or one failed.
pub async fn count_to_reseal(stores: &Stores) -> Result<Resealed, Error> {
    walk(stores, false).await
}

/// Seals every sealed record of the stores' namespace under the newest key, while servers go on. A record
/// that somebody writes meanwhile is left to them: they seal under the newest key too, or it has to be
/// called again.
///
/// # Errors
/// The stores have no sealing key, or one failed. Calling it again goes on.
pub async fn reseal(stores: &Stores) -> Result<Resealed, Error> {
    walk(stores, true).await
}

/// Seals the values of a store under its newest key, while others use it: those of `kinds` in one
/// namespace. [`reseal`] is for the kinds in [`SEALED`], which this leaves out.
///
/// `kinds` are [`kinds::ALL`](crate::kinds::ALL), and those of the program's own whose records are not
/// [`SEALED`](crate::Record::SEALED): this gives a record another version, and so one that is bound to
/// its version could not be opened any more.
///
/// # Errors
/// The store failed. Calling it again goes on.
pub async fn reseal_store(
    store: &SealedStore,
    namespace: Namespace,
    kinds: &[Kind],
    environment: &Environment,
) -> Result<Resealed, Error> {
    let sweep = Sweep {
        environment,
        store: store.inner(),
        sealing_key: store.key(),
        bound_to: ANY_KIND,
    };
    let mut resealed = Resealed::default();
    for kind in kinds.iter().filter(|kind| !SEALED.contains(kind)) {
        let prefix = namespace.prefix(kind.letters());
        sweep.walk(*kind, prefix, &mut resealed, true).await?;
    }
    Ok(resealed)
}

async fn walk(stores: &Stores, writes: bool) -> Result<Resealed, Error> {
    let missing = || Error::configuration("there is no master key to seal under");
    let sealing_key = stores.sealing_key().ok_or_else(missing)?;
    let mut resealed = Resealed::default();
    for kind in SEALED {
        if kind == MASTER_KEY_MARK && resealed.has_unlisted_that_last() {
            break;
        }
        let letters = kind.letters();
        let sweep = Sweep {
            environment: stores.environment(),
            store: &**stores.store_of(kind),
            sealing_key,
            bound_to: &letters,
        };
        let prefix = stores.namespace().prefix(letters);
        sweep.walk(kind, prefix, &mut resealed, writes).await?;
    }
    Ok(resealed)
}

/// Records that are sealed in the same way.
struct Sweep<'a> {
    environment: &'a Environment,
    store: &'a dyn Store,
    sealing_key: &'a SealingKey,
    bound_to: &'a [u8],
}

/// Which key a record is sealed under.
enum State {
    Newest,
    Older,
    Unreadable,
}

impl Sweep<'_> {
    /// Counts the records below `prefix`, and seals those that need it if it `writes`.
    async fn walk(
        &self,
        kind: Kind,
        prefix: Key,
        resealed: &mut Resealed,
        writes: bool,
    ) -> Result<(), Error> {
        let Some(mut walk) = Walk::below(prefix, self.store) else {
            resealed.unlisted.push(kind);
            return Ok(());
        };
        while let Some((key, entry)) = walk.next().await? {
            match self.state_of(&key, &entry) {
                State::Newest => resealed.newest.add(&key),
                State::Unreadable => resealed.unreadable.add(&key),
                State::Older => {
                    if writes {
                        self.seal_again(key, entry).await?;
                    }
                    resealed.older.add(&key);
                }
            }
        }
        Ok(())
    }

    fn context<'c>(&'c self, key: &'c Key, version: &'c Version) -> Context<'c> {
        sealed_for(self.bound_to, key, version)
    }

    fn state_of(&self, key: &Key, entry: &Entry) -> State {
        let context = self.context(key, &entry.version);
        if self.sealing_key.has_sealed(&context, &entry.value) {
            return State::Newest;
        }
        match self.sealing_key.open(&context, &entry.value) {
            Ok(_) => State::Older,
            Err(_) => State::Unreadable,
        }
    }

    /// Seals a record again, until it is sealed under the newest key or gone.
    async fn seal_again(&self, key: Key, mut entry: Entry) -> Result<(), Error> {
        let mut retry = Retry::new(self.environment);
        loop {
            let before = self.context(&key, &entry.version);
            let Ok(plain) = self.sealing_key.open(&before, &entry.value) else {
                return Ok(());
            };
            let version = Version(self.environment.random_bytes());
            let sealed = self.sealing_key.seal(&self.context(&key, &version), &plain);
            let put = Put {
                key,
                value: sealed.map_err(|_| Error::too_large(plain.len()))?.into(),
                version,
                expires_at: entry.expires_at,
                expect: Expect::Version(entry.version),
            };
            if self.store.put(&put).await? == PutOutcome::Stored {
                return Ok(());
            }
            retry.after_conflict("a sealed record").await?;
            let Some(now) = self.store.get(&key).await? else {
                return Ok(());
            };
            if matches!(self.state_of(&key, &now), State::Newest) {
                return Ok(());
            }
            entry = now;
        }
    }
}

#[cfg(test)]
mod tests;
