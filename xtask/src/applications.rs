//! Applications with another choice of HTTP client and TLS than ours, and what they have beside grantor.

use std::process::Command;

use crate::process::{Failure, run, succeeds};
use crate::workspace::{cargo, root};

/// Runs each in a build of its own: in one build they would share their features.
pub(crate) fn run_all() -> Result<(), Failure> {
    let manifest = root().join("fixtures").join("applications");
    let manifest = manifest.join("Cargo.toml");
    for name in [
        "no-tls",
        "default-tls",
        "platform-tls",
        "rustls-ring",
        "ureq-no-tls",
        "no-transport",
    ] {
        if name == "platform-tls" && !has_platform_tls() {
            println!("left out: platform-tls, which needs libssl-dev");
            continue;
        }
        run(cargo()
            .args(["run", "--package", name, "--manifest-path"])
            .arg(&manifest))?;
    }
    Ok(())
}

fn has_platform_tls() -> bool {
    !cfg!(target_os = "linux") || succeeds(Command::new("pkg-config").args(["--exists", "openssl"]))
}
