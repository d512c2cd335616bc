//! Deleting what is dead, where Redis does not do it by itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use grantor_core::Timestamp;
use grantor_store::{Error, Maintenance, Moment};
use grantor_store_connection::{Effect, maintain};
use redis::{Pipeline, cmd};

use crate::layout::{HEAD, NEWEST, RECORDS, expires_by_itself, expiry};
use crate::link::Target;
use crate::node::Node;
use crate::promise;
use crate::request::Request;
use crate::store::Inner;

/// How many names one step looks at.
const NAMES_A_STEP: usize = 1000;
/// How many steps one call takes at most for each server; the next call goes on from there.
const MAX_STEPS: usize = 256;

impl Inner {
    pub(crate) async fn keep_up(&self, moment: Moment) -> Result<Maintenance, Error> {
        let delete = async |dead_since| {
            let mut deleted = 0;
            for node in self.link.primaries().await? {
                deleted += self.sweep(&node, dead_since).await?;
            }
            Ok(deleted)
        };
        let save = async |newest: Timestamp| {
            let mut request = cmd("SET");
            request.arg(NEWEST).arg(newest.as_millis());
            let target = Target::Key(NEWEST.as_bytes());
            let request = Request::Command(&request);
            self.link.send(target, request, Effect::Repeatable).await
        };
        let skew = self.options.max_clock_skew;
        let maintenance = maintain(&self.clock, moment, skew, delete, save).await?;
        // An error would hide the notices, which come once. The next call looks again.
        if maintenance.notices.is_empty() {
            self.check_promises().await?;
        }
        Ok(maintenance)
    }

    async fn check_promises(&self) -> Result<(), Error> {
        for node in self.link.primaries().await? {
            let information = promise::information(&self.link, &node).await?;
            promise::check(&self.link, &node, &information, &self.capabilities).await?;
        }
        Ok(())
    }

    async fn sweep(&self, node: &Arc<Node>, dead_since: Timestamp) -> Result<usize, Error> {
        let mut deleted = 0;
        let pattern = [RECORDS, b"*"].concat();
        for _ in 0..MAX_STEPS {
            let cursor = node.cursor.load(Ordering::Relaxed);
            let mut request = cmd("SCAN");
            request
                .arg(cursor)
                .arg("MATCH")
                .arg(&pattern[..])
                .arg("COUNT")
                .arg(NAMES_A_STEP);
            let request = Request::Command(&request);
            let scanned = self.link.send(Target::Node(node), request, Effect::Reads);
            let (next, names): (u64, Vec<Vec<u8>>) = scanned.await?;
            deleted += self.delete_dead(node, names, dead_since).await?;
            node.cursor.store(next, Ordering::Relaxed);
            if next == 0 {
                break;
            }
        }
        Ok(deleted)
    }

    /// Deletes those records that were dead at `dead_since`. How many.
    async fn delete_dead(
        &self,
        node: &Arc<Node>,
        mut names: Vec<Vec<u8>>,
        dead_since: Timestamp,
    ) -> Result<usize, Error> {
        let is_ours = |name: &Vec<u8>| self.names.key(name).is_some_and(|k| !expires_by_itself(&k));
        names.retain(is_ours);
        if names.is_empty() {
            return Ok(0);
        }
        let mut request = Pipeline::with_capacity(names.len());
        for name in &names {
            request.cmd("GETRANGE").arg(&name[..]).arg(0).arg(HEAD - 1);
        }
        let request = Request::Several(&request);
        let heads = self.link.send(Target::Node(node), request, Effect::Reads);
        let heads: Vec<Vec<u8>> = heads.await?;
        let mut deleted = 0;
        for (name, head) in names.iter().zip(&heads) {
            let dead = expiry(head).flatten().is_some_and(|at| at <= dead_since);
            if dead {
                let mut script = self.scripts.delete.key(&name[..]);
                script.arg(&head[..]);
                let request = Request::Script(&script);
                let sent = self
                    .link
                    .send(Target::Key(name), request, Effect::Repeatable);
                deleted += sent.await.map(|count: usize| count)?;
            }
        }
        Ok(deleted)
    }
}
