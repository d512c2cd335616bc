//! Our own side: the binary, its clients and its user, and the server.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Redirect;
use super::server::{
    Clients, LOGIN_NAME, LOGIN_PASSWORD, PUBLIC_ID, RESOURCE, SERVICE_ID, Server, WEB_ID,
};
use crate::process::{Failure, run};
use crate::workspace::{cargo, target_directory};

/// Our programs that the scripts run.
pub(super) struct Programs {
    /// The command.
    pub(super) grantor: PathBuf,
    /// An example of the client's.
    pub(super) sign_in: PathBuf,
    /// Another one, which signs requests by OAuth 1.0a.
    pub(super) oauth1: PathBuf,
    /// An MCP client.
    pub(super) mcp_client: PathBuf,
}

impl Programs {
    /// Compiles them as the tests are compiled, so that after these nothing is left to do, and
    /// takes copies that no other clone with the same target directory replaces.
    pub(super) fn build(folder: &Path) -> Result<Self, Failure> {
        run(cargo()
            .args(["build", "--workspace", "--all-features"])
            .args([
                "--bin",
                "grantor",
                "--example",
                "sign_in",
                "--example",
                "oauth1",
                "--example",
                "mcp_client",
            ]))?;
        let built = target_directory().join("debug");
        let copy = |from: PathBuf, name: &str| {
            let to = folder.join(name);
            fs::copy(&from, &to).map_err(|error| {
                Failure::new(format!("cannot copy {}: {error}", from.display()))
            })?;
            Ok(to)
        };
        Ok(Self {
            grantor: copy(built.join("grantor"), "grantor")?,
            sign_in: copy(built.join("examples").join("sign_in"), "sign_in")?,
            oauth1: copy(built.join("examples").join("oauth1"), "oauth1")?,
            mcp_client: copy(built.join("examples").join("mcp_client"), "mcp_client")?,
        })
    }
}

/// Registers the clients and the user that the scripts expect, and starts the server.
pub(super) fn serve(binary: &Path, folder: &Path, redirect: &Redirect) -> Result<Server, Failure> {
    let data = folder.join("data");
    let redirect_uri = redirect.uri();
    let service = [
        "--grant",
        "client_credentials",
        "--resource-server",
        RESOURCE,
    ];
    let interactive = [
        "--grant",
        "authorization_code",
        "--grant",
        "refresh_token",
        "--redirect-uri",
        &redirect_uri,
    ];
    let clients = Clients {
        service_secret: secret(&client_add(binary, &data, SERVICE_ID, &service)?)?,
        web_secret: secret(&client_add(binary, &data, WEB_ID, &interactive)?)?,
        redirect_uri: redirect_uri.clone(),
    };
    let public: Vec<&str> = interactive.into_iter().chain(["--public"]).collect();
    client_add(binary, &data, PUBLIC_ID, &public)?;
    let mut user = Command::new(binary);
    user.args(["user", "add", LOGIN_NAME, "--data"]).arg(&data);
    answer(&mut user, LOGIN_PASSWORD)?;
    Server::start("grantor", folder, clients, |port| {
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--issuer", &format!("http://127.0.0.1:{port}"), "--data"])
            .arg(&data);
        command
    })
}

/// Registers the public client and the user, and starts the server with the profile of the Model Context
/// Protocol. The documents of clients are on this machine.
pub(super) fn serve_mcp(
    binary: &Path,
    folder: &Path,
    redirect: &Redirect,
) -> Result<Server, Failure> {
    let data = folder.join("mcp-data");
    let redirect_uri = redirect.uri();
    let public = [
        "--public",
        "--grant",
        "authorization_code,refresh_token",
        "--redirect-uri",
        &redirect_uri,
    ];
    client_add(binary, &data, PUBLIC_ID, &public)?;
    let mut user = Command::new(binary);
    user.args(["user", "add", LOGIN_NAME, "--data"]).arg(&data);
    answer(&mut user, LOGIN_PASSWORD)?;
    let settings = folder.join("mcp.toml");
    let text = "scopes = \"read\"\nregistration = \"open\"\ndanger_fetch_from_any_address = true\n";
    fs::write(&settings, text)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", settings.display())))?;
    let clients = Clients {
        service_secret: String::new(),
        web_secret: String::new(),
        redirect_uri: redirect_uri.clone(),
    };
    Server::start("grantor-mcp", folder, clients, |port| {
        let mut command = Command::new(binary);
        command
            .args(["serve", "--profile", "mcp", "--resource", RESOURCE])
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .args(["--issuer", &format!("http://127.0.0.1:{port}"), "--data"])
            .arg(&data)
            .arg("--config")
            .arg(&settings);
        command
    })
}

fn client_add(binary: &Path, data: &Path, id: &str, more: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new(binary);
    command
        .args(["client", "add", id, "--scope", "read", "--json"])
        .args(more)
        .arg("--data")
        .arg(data);
    answer(&mut command, "")
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
fn secret(answer: &str) -> Result<String, Failure> {
    let member = answer.split("\"client_secret\"").nth(1);
    let text = member.and_then(|rest| rest.split('"').nth(1));
    text.map(str::to_owned)
        .ok_or_else(|| Failure::new("grantor client add --json printed no client_secret"))
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
        assert!(secret(r#"{"client_id":"app"}"#).is_err());
    }
}
