//! `grantor-jose` against other implementations: what one signs or encrypts, the other has to
//! understand.

use std::process::Command;

use crate::process::{Failure, run, succeeds};
use crate::workspace::{cargo, root};

/// Runs the comparisons; those with OpenSSL only where it can be linked.
pub(crate) fn run_all() -> Result<(), Failure> {
    let mut command = cargo();
    command
        .args(["test", "--manifest-path"])
        .arg(root().join("differential").join("Cargo.toml"));
    if has_openssl() {
        command.args(["--features", "openssl"]);
    } else {
        println!("left out: JWE, ES512 and ES256K against josekit, which needs libssl-dev");
    }
    run(&mut command)
}

/// Returns whether OpenSSL can be linked.
pub(crate) fn has_openssl() -> bool {
    succeeds(Command::new("pkg-config").args(["--exists", "openssl"]))
}
