//! Our own programs: how they are built, and the clients and users that the binary registers.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::environment::{LOGIN_NAME, LOGIN_PASSWORD};
use crate::process::{Failure, run};
use crate::workspace::{cargo, root, target_directory};

/// Our programs that the scripts run.
pub(super) struct Programs {
    /// The command.
    pub(super) grantor: PathBuf,
    /// An example of the client's.
    pub(super) sign_in: PathBuf,
    /// Another one, which signs requests by OAuth 1.0a.
    pub(super) oauth1: PathBuf,
    /// Another one, which presents a certificate.
    pub(super) mtls: PathBuf,
    /// An example of a server, with the grants that a policy in code decides.
    pub(super) exchange: PathBuf,
    /// An example of an API: an MCP server.
    pub(super) mcp_resource: PathBuf,
    /// An MCP client.
    pub(super) mcp_client: PathBuf,
    /// An example of the client's with every way of OpenID Connect.
    pub(super) relying_party: PathBuf,
}

impl Programs {
    /// Compiles them as the tests are compiled, so that after these nothing is left to do, and
    /// takes copies that no other clone with the same target directory replaces.
    pub(super) fn build(folder: &Path) -> Result<Self, Failure> {
        run(cargo()
            .args(["build", "--workspace", "--all-features", "--bin", "grantor"])
            .args(EXAMPLES.iter().flat_map(|name| ["--example", *name])))?;
        let built = target_directory().join("debug");
        let copy = |from: PathBuf, name: &str| {
            let to = folder.join(name);
            fs::copy(&from, &to).map_err(|error| {
                Failure::new(format!("cannot copy {}: {error}", from.display()))
            })?;
            Ok(to)
        };
        let example = |name: &str| copy(built.join("examples").join(name), name);
        let [
            sign_in,
            oauth1,
            mtls,
            exchange,
            mcp_resource,
            mcp_client,
            relying_party,
        ] = EXAMPLES.map(example);
        Ok(Self {
            grantor: copy(built.join("grantor"), "grantor")?,
            sign_in: sign_in?,
            oauth1: oauth1?,
            mtls: mtls?,
            exchange: exchange?,
            mcp_resource: mcp_resource?,
            mcp_client: mcp_client?,
            relying_party: relying_party?,
        })
    }
}

/// The examples of the workspace that the scripts run or talk to.
const EXAMPLES: [&str; 7] = [
    "sign_in",
    "oauth1",
    "mtls",
    "exchange",
    "mcp_resource",
    "mcp_client",
    "relying_party",
];

/// Compiles the client that is written with the crate `oauth2`, in a workspace of its own.
pub(super) fn oauth2_crate() -> Result<PathBuf, Failure> {
    let manifest = root()
        .join("interop")
        .join("oauth2-crate")
        .join("Cargo.toml");
    run(cargo()
        .args(["build", "--locked", "--manifest-path"])
        .arg(manifest))?;
    Ok(target_directory().join("debug").join("oauth2-crate"))
}

/// A data folder, and the binary that fills it.
pub(super) struct Data<'a> {
    pub(super) binary: &'a Path,
    pub(super) folder: PathBuf,
}

impl Data<'_> {
    /// Registers a client, and returns its secret; an empty text, if it has none.
    pub(super) fn client(&self, id: &str, settings: &[&str]) -> Result<String, Failure> {
        let mut command = self.command(&["client", "add", id, "--json"]);
        let answer = answer(command.args(settings), "")?;
        Ok(secret(&answer).unwrap_or_default())
    }

    /// Adds the user of the scripts.
    pub(super) fn user(&self) -> Result<(), Failure> {
        let mut command = self.command(&["user", "add", LOGIN_NAME]);
        answer(&mut command, LOGIN_PASSWORD)?;
        Ok(())
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command.args(words).arg("--data").arg(&self.folder);
        command
    }
}

/// Returns the output of the command, given that on its standard input.
fn answer(command: &mut Command, input: &str) -> Result<String, Failure> {
    let cannot = |error| Failure::new(format!("cannot run grantor: {error}"));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that has no question does not read the answer.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(cannot)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("grantor: {}: {said}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The secret in the answer of `client add --json`. It is of letters that JSON does not escape.
fn secret(answer: &str) -> Option<String> {
    let (_, rest) = answer.split_once("\"client_secret\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_found_however_the_answer_is_spaced() {
        for answer in [
            r#"{"client_id":"web","client_secret":"s3-cr_et"}"#,
            "{\n  \"client_secret\" : \"s3-cr_et\",\n  \"client_id\": \"web\"\n}\n",
        ] {
            assert_eq!(secret(answer).unwrap(), "s3-cr_et");
        }
        assert!(secret(r#"{"client_id":"app"}"#).is_none());
    }
}
