//! Requests that wait until the test goes on.

use tokio::sync::watch;

use super::FakeServer;

/// Says whether token requests are held back, and how many requests wait for a test to go on.
#[derive(Debug, Default)]
pub(super) struct Held {
    holding: bool,
    waiting: usize,
}

/// Holds requests back.
impl FakeServer {
    /// Holds back token requests until [`release`](Self::release).
    pub fn hold(&self) {
        self.shared.held.send_modify(|held| held.holding = true);
    }

    /// Lets go what was held back, and all that comes.
    pub fn release(&self) {
        self.shared.held.send_modify(|held| held.holding = false);
    }

    /// Comes back once none is held back any more: their senders are gone.
    pub async fn holds_none(&self) {
        let mut held = self.shared.held.subscribe();
        let _ = held.wait_for(|held| held.waiting == 0).await;
    }

    /// Comes back once `n` requests are held back, delayed or never answered.
    pub async fn holds(&self, n: usize) {
        let mut held = self.shared.held.subscribe();
        let _ = held.wait_for(|held| held.waiting >= n).await;
    }

    pub(super) async fn wait_if_held(&self) {
        if !self.shared.held.borrow().holding {
            return;
        }
        let waiting = Waiting::new(&self.shared.held);
        let mut held = self.shared.held.subscribe();
        let _ = held.wait_for(|held| !held.holding).await;
        drop(waiting);
    }

    /// Waits for what a test brings about, and counts as held back meanwhile.
    pub(super) async fn wait_for(&self, event: impl Future<Output = ()>) {
        let waiting = Waiting::new(&self.shared.held);
        event.await;
        drop(waiting);
    }
}

/// One request that is held back; it counts until it is dropped.
struct Waiting<'a>(&'a watch::Sender<Held>);

impl<'a> Waiting<'a> {
    fn new(held: &'a watch::Sender<Held>) -> Self {
        held.send_modify(|held| held.waiting += 1);
        Self(held)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|held| held.waiting -= 1);
    }
}
