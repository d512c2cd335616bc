//! Listing the records of one kind, page by page.

use crate::error::Error;
use crate::key::Key;
use crate::record::Record;
use crate::records::{Records, Versioned};

/// Some of the records of one kind.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<R> {
    /// The live ones, in the order of their keys. There may be none though others follow.
    pub records: Vec<(Key, Versioned<R>)>,
    /// After which key the next page begins; none at the end.
    pub next: Option<Key>,
}

impl<R: Record> Records<R> {
    /// Records of this kind whose keys come after `after`, from looking at no more than `limit`;
    /// none if the store can't list.
    ///
    /// ```
    /// # use grantor_store::{Error, Record, Records};
    /// async fn count<R: Record>(records: &Records<R>) -> Result<usize, Error> {
    ///     let (mut count, mut after) = (0, None);
    ///     while let Some(page) = records.page(after.as_ref(), 500).await? {
    ///         count += page.records.len();
    ///         after = page.next;
    ///         if after.is_none() {
    ///             break;
    ///         }
    ///     }
    ///     Ok(count)
    /// }
    /// ```
    ///
    /// # Errors
    /// The store failed, or holds what this program can't read.
    pub async fn page(&self, after: Option<&Key>, limit: usize) -> Result<Option<Page<R>>, Error> {
        let prefix = self.namespace().prefix(R::KIND.letters());
        self.page_with(&prefix, after, limit).await
    }

    /// Like [`page`](Self::page), of what belongs to `owner`: see [`key_under`](Self::key_under).
    ///
    /// # Errors
    /// The store failed, or holds what this program can't read.
    pub async fn page_under(
        &self,
        owner: &str,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Option<Page<R>>, Error> {
        let prefix = self.namespace().prefix_under(R::KIND.letters(), owner);
        self.page_with(&prefix, after, limit).await
    }

    async fn page_with(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Option<Page<R>>, Error> {
        let Some(listing) = self.store().listing() else {
            return Ok(None);
        };
        let limit = limit.max(1);
        let entries = listing.list(prefix, after, limit).await?;
        let is_full = entries.len() >= limit;
        let next = entries.last().map(|(key, _)| *key).filter(|_| is_full);
        let mut records = Vec::new();
        for (key, entry) in entries {
            records.extend(self.live(&key, Some(entry))?.map(|live| (key, live)));
        }
        Ok(Some(Page { records, next }))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Code, block_on, records};

    #[test]
    fn a_page_of_dead_records_is_not_the_end() {
        let (fake, codes) = records::<Code>();
        for id in 0..10_u8 {
            // The first eight die at 100.
            let expires = Some(if id < 8 { 100 } else { 1000 });
            let text = id.to_string();
            let key = codes.key(&[id]);
            let created = block_on(codes.create(&key, &Code { text, expires })).unwrap();
            created.unwrap();
        }
        fake.set(100);
        let mut found = Vec::new();
        let mut after = None;
        let mut pages = 0;
        loop {
            let page = block_on(codes.page(after.as_ref(), 4)).unwrap().unwrap();
            pages += 1;
            found.extend(page.records.into_iter().map(|(_, code)| code.record.text));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, ["8", "9"]);
        assert_eq!(pages, 3);
    }

    #[test]
    fn what_an_owner_has_is_listed_and_nothing_else() {
        let (_, codes) = records::<Code>();
        for (owner, member) in [("alice", "app"), ("alice", "other"), ("bob", "app")] {
            let text = format!("{owner} {member}");
            let key = codes.key_under(owner, member);
            let code = Code {
                text,
                expires: None,
            };
            block_on(codes.create(&key, &code)).unwrap().unwrap();
        }
        let page = block_on(codes.page_under("alice", None, 10))
            .unwrap()
            .unwrap();
        let mut texts: Vec<_> = page
            .records
            .into_iter()
            .map(|(_, code)| code.record.text)
            .collect();
        texts.sort_unstable();
        assert_eq!(texts, ["alice app", "alice other"]);
        assert!(page.next.is_none());
    }
}
