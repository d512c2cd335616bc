//! Deleting what is dead, where Redis does not do it by itself.

use std::sync::atomic::{AtomicU64, Ordering};

use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment};
use redis::{Pipeline, cmd};

use crate::error::Effect;
use crate::layout::{HEAD, NEWEST, RECORDS, expires_by_itself, expiry, key};
use crate::link::Request;
use crate::store::Inner;

/// How many names one step looks at.
const NAMES_A_STEP: usize = 1000;
/// How many steps one call takes at most; the next call goes on from there.
const MAX_STEPS: usize = 256;

/// Where the next call goes on.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    cursor: AtomicU64,
}

impl Inner {
    pub(crate) async fn keep_up(&self, moment: Moment) -> Result<Maintenance, Error> {
        self.clock.observe(moment);
        let mut maintenance = Maintenance::default();
        if let Some(now) = self.clock.trusted() {
            let dead_since = now - self.options.max_clock_skew;
            maintenance.deleted = self.sweep(dead_since).await?;
        }
        if let Some(newest) = self.clock.to_save() {
            let mut request = cmd("SET");
            request.arg(NEWEST).arg(newest.as_millis());
            let link = &self.link;
            let saved = link.send(Request::Command(&request), Effect::Repeatable);
            let saved: Result<(), _> = saved.await;
            if let Err(error) = saved {
                self.clock.not_saved();
                return Err(error);
            }
        }
        maintenance.notices = self.clock.take_notices();
        Ok(maintenance)
    }

    async fn sweep(&self, dead_since: Timestamp) -> Result<usize, Error> {
        let mut deleted = 0;
        let pattern = [RECORDS, b"*"].concat();
        for _ in 0..MAX_STEPS {
            let cursor = self.sweep.cursor.load(Ordering::Relaxed);
            let mut request = cmd("SCAN");
            request
                .arg(cursor)
                .arg("MATCH")
                .arg(&pattern[..])
                .arg("COUNT")
                .arg(NAMES_A_STEP);
            let scanned = self.link.send(Request::Command(&request), Effect::Reads);
            let (next, names): (u64, Vec<Vec<u8>>) = scanned.await?;
            deleted += self.delete_dead(names, dead_since).await?;
            self.sweep.cursor.store(next, Ordering::Relaxed);
            if next == 0 {
                break;
            }
        }
        Ok(deleted)
    }

    /// Deletes those records that were dead at `dead_since`. How many.
    async fn delete_dead(
        &self,
        mut names: Vec<Vec<u8>>,
        dead_since: Timestamp,
    ) -> Result<usize, Error> {
        names.retain(|name| key(name).is_some_and(|key| !expires_by_itself(&key)));
        if names.is_empty() {
            return Ok(0);
        }
        let mut request = Pipeline::with_capacity(names.len());
        for name in &names {
            request.cmd("GETRANGE").arg(&name[..]).arg(0).arg(HEAD - 1);
        }
        let heads = self.link.send(Request::Several(&request), Effect::Reads);
        let heads: Vec<Vec<u8>> = heads.await?;
        let mut deleted = 0;
        for (name, head) in names.iter().zip(&heads) {
            let dead = expiry(head).flatten().is_some_and(|at| at <= dead_since);
            if dead {
                let mut request = self.scripts.delete.key(&name[..]);
                request.arg(&head[..]);
                let sent = self
                    .link
                    .send(Request::Script(&request), Effect::Repeatable);
                deleted += sent.await.map(|count: usize| count)?;
            }
        }
        Ok(deleted)
    }
}
