//! Tasks.

use grantor_core::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Starts a task of any work. The code of a task is compiled for each type of work, so this has but
/// one.
pub(crate) fn spawn(runtime: &Handle, work: BoxFuture<'static, ()>) -> JoinHandle<()> {
    runtime.spawn(work)
}
