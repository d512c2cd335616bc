//! All records of a store, in the order of their keys.

use std::collections::VecDeque;

use grantor_core::Timestamp;

use crate::error::Error;
use crate::key::Key;
use crate::store::{DEFAULT_MAX_CLOCK_SKEW, Entry, Listing, Store};

/// How many records are read at once: with the largest values 25 MiB.
const PAGE: usize = 100;

pub(super) struct Walk<'a> {
    listing: &'a dyn Listing,
    prefix: Key,
    read: VecDeque<(Key, Entry)>,
    after: Option<Key>,
    is_at_end: bool,
}

impl<'a> Walk<'a> {
    /// # Errors
    /// The store can't list its records.
    pub(super) fn through(store: &'a dyn Store) -> Result<Self, Error> {
        let everything = Key::from_bytes(&[]);
        let walk = everything.and_then(|everything| Self::below(everything, store));
        walk.ok_or_else(|| {
            let name = store.capabilities().name;
            Error::configuration(format!(
                "{name} can't list its records, so they can't be copied, compared or sealed anew"
            ))
        })
    }

    /// Through the records whose keys begin with `prefix`. None if the store can't list.
    pub(super) fn below(prefix: Key, store: &'a dyn Store) -> Option<Self> {
        Some(Self {
            listing: store.listing()?,
            prefix,
            read: VecDeque::new(),
            after: None,
            is_at_end: false,
        })
    }

    /// The next record, or none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<(Key, Entry)>, Error> {
        self.fill().await?;
        Ok(self.read.pop_front())
    }

    /// The next records, at most a page; none at the end.
    pub(super) async fn next_page(&mut self) -> Result<Vec<(Key, Entry)>, Error> {
        self.fill().await?;
        Ok(self.read.drain(..).collect())
    }

    async fn fill(&mut self) -> Result<(), Error> {
        if !self.read.is_empty() || self.is_at_end {
            return Ok(());
        }
        let after = self.after.as_ref();
        let page = self.listing.list(&self.prefix, after, PAGE).await?;
        self.is_at_end = page.len() < PAGE;
        self.after = page.last().map(|(key, _)| *key).or(self.after);
        self.read = page.into();
        Ok(())
    }
}

/// Returns whether a record has been dead for so long that no machine finds it alive by its own clock.
pub(super) fn is_dead(entry: &Entry, now: Timestamp) -> bool {
    let long_ago = |at: Timestamp| at < now && now.since(at) >= DEFAULT_MAX_CLOCK_SKEW;
    entry.expires_at.is_some_and(long_ago)
}
