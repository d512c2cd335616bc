//! The long runs of the stores with real servers that fail: what takes too long for the gate.

use crate::gate;
use crate::install;
use crate::process::{Failure, run};
use crate::workspace::cargo;

/// The packages with long runs, and the words that the names of those tests have. The tests are
/// ignored otherwise.
const RUNS: &[(&str, &str)] = &[
    ("grantor-client", "long_"),
    ("grantor-store-mongodb", "long::"),
    ("grantor-store-redis", "long::"),
    (WITH_PATRONI, "cluster::long::"),
];
/// The package whose long runs need Patroni and etcd, too.
const WITH_PATRONI: &str = "grantor-cli";

/// Runs all of them, or those of packages whose names contain `only`, one after the other, with what
/// they print.
pub(crate) fn run_all(only: Option<&str>) -> Result<(), Failure> {
    let wanted = |package: &str| only.is_none_or(|only| package.contains(only));
    let runs: Vec<_> = RUNS.iter().filter(|(package, _)| wanted(package)).collect();
    if runs.is_empty() {
        let names: Vec<_> = RUNS.iter().map(|(package, _)| *package).collect();
        let names = names.join(", ");
        let message =
            format!("no package with long runs has such a name; these have some: {names}");
        return Err(Failure::new(message));
    }
    gate::install_servers()?;
    if runs.iter().any(|(package, _)| *package == WITH_PATRONI) {
        install::programs(&[install::PATRONI, install::ETCD])?;
    }
    for (package, words) in runs {
        run(cargo()
            .args(["test", "--all-features", "--package", package])
            .args(["--tests", words])
            .args(["--", "--ignored", "--nocapture", "--test-threads", "1"]))?;
    }
    Ok(())
}
