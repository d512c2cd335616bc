//! The token of aliri's `TokenWatcher`.

use std::hint::black_box;

use aliri_tokens::TokenWatcher;
use aliri_tokens::backoff::ErrorBackoffConfig;
use aliri_tokens::jitter::NullJitter;
use aliri_tokens::sources::ConstTokenSource;
use harness::Result;
use tokio::runtime::Runtime;

use super::{Call, bearer};
use tokens_group::identity_provider::TOKEN_LENGTH;

/// A borrow of the token that is watched, by `TokenWatcher::token`, and the header of it. There is
/// no look at its end: that is left to the one who renews.
pub(super) fn set_up(runtime: Runtime) -> Result<Call> {
    let source = ConstTokenSource::new("t".repeat(TOKEN_LENGTH));
    let backoff = ErrorBackoffConfig::default();
    let watcher = TokenWatcher::spawn_from_token_source(source, NullJitter, backoff);
    let watcher = runtime.block_on(watcher)?;
    Ok(Box::new(move || {
        let _runtime = &runtime;
        let header = bearer(black_box(&watcher).token().access_token().as_str());
        assert!(black_box(header).is_ok());
    }))
}
