//! Telling the user's program of a new token before anybody uses it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use grantor_core::BoxFuture;

use crate::token::token_set::TokenSet;

/// How long a callback may take before the token is used all the same, with
/// [`Event::ChangeNotTaken`](crate::Event::ChangeNotTaken).
const TIMEOUT: Duration = Duration::from_secs(10);

/// A new token, and the one that it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenChange {
    /// The token set before; none, if the new one is the first.
    pub old: Option<TokenSet>,
    /// The token set that is used once the callback is done.
    pub new: TokenSet,
}

type Callback = dyn for<'a> Fn(&'a TokenChange) -> BoxFuture<'a, ()> + Send + Sync;

/// The callbacks, in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct ChangeCallbacks(Vec<Arc<Callback>>);

impl ChangeCallbacks {
    pub(crate) fn add(
        &mut self,
        callback: impl for<'a> Fn(&'a TokenChange) -> BoxFuture<'a, ()> + Send + Sync + 'static,
    ) {
        self.0.push(Arc::new(callback));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls them one after the other, and returns whether they ended in time.
    pub(crate) async fn call(&self, change: &TokenChange) -> bool {
        let all = async {
            for callback in &self.0 {
                callback(change).await;
            }
        };
        tokio::time::timeout(TIMEOUT, all).await.is_ok()
    }
}

impl fmt::Debug for ChangeCallbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChangeCallbacks")
            .field(&self.0.len())
            .finish()
    }
}
