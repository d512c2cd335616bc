//! Foreign programs against ours, over loopback: one line per peer and feature.

mod environment;
mod grantor;
pub(crate) mod mongod;
mod ours;
mod peers;
mod programs;
mod server;

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{self, Failure};
use grantor::Programs;
pub(crate) use peers::BenchPeers;
use peers::Peers;
use programs::{BROWSER, MCP_SERVER, PROGRAMS, Peer, Side};
use server::{Place, Served};

/// A script that has not ended by then hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs one foreign program, or all.
pub(crate) fn programs(named: Option<&str>) -> Result<(), Failure> {
    let chosen: Vec<&Peer> = PROGRAMS
        .iter()
        .filter(|peer| named.is_none_or(|name| peer.is_called(name)))
        .collect();
    if chosen.is_empty() {
        let mut names = PROGRAMS.map(|peer| peer.name).to_vec();
        names.dedup();
        let names = names.join(", ");
        return Err(Failure::new(format!(
            "no such program; there are: {names}, and {MCP_SERVER} for those of MCP"
        )));
    }
    run(&chosen)
}

/// Drives the pages with a real browser.
pub(crate) fn browser() -> Result<(), Failure> {
    crate::install::programs(&[crate::install::CHROMIUM])?;
    run(&BROWSER.iter().collect::<Vec<_>>())
}

fn run(chosen: &[&Peer]) -> Result<(), Failure> {
    let peers = Peers::install()?;
    let folder = Folder::create()?;
    let programs = Programs::build(&folder.0)?;
    let mut failed = Vec::new();
    for side in Side::ALL {
        let mut on_this_side = chosen.iter().filter(|peer| peer.side == side).peekable();
        if on_this_side.peek().is_none() {
            continue;
        }
        // Nothing listens there unless a script does.
        let redirect_uri = format!("{}/callback", Place::find()?.url());
        let mut served = match side {
            Side::Ours => ours::serve(&programs, &folder.0, &redirect_uri)?,
            Side::OursForMcp => ours::serve_mcp(&programs, &folder.0, &redirect_uri)?,
            Side::OidcProvider => peers.oidc_provider(&folder.0, &redirect_uri)?,
            Side::OidcProviderOverTls => peers.oidc_provider_over_tls(&folder.0, &redirect_uri)?,
            Side::Authlib => peers.python_server("authlib_server.py", &folder.0, &redirect_uri)?,
            Side::DjangoOAuthToolkit => {
                peers.python_server("django_oauth_toolkit.py", &folder.0, &redirect_uri)?
            }
            Side::OpenIdProvider => peers.openid_provider(&folder.0, &redirect_uri)?,
        };
        for peer in on_this_side {
            if peer.script == "oauth2_crate.py" {
                let program = grantor::oauth2_crate()?;
                served
                    .environment
                    .set("OAUTH2_CRATE", program.to_string_lossy());
            }
            if !script(peer, &peers, &served, &programs, &folder.0)? {
                failed.push(peer.name);
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("failed: {}", failed.join(", "))))
}

/// Runs one script to its end or its limit, and says whether all of it went well.
fn script(
    peer: &Peer,
    peers: &Peers,
    served: &Served,
    programs: &Programs,
    folder: &Path,
) -> Result<bool, Failure> {
    let cannot = |what: &str, error: std::io::Error| {
        Failure::new(format!("cannot {what} {}: {error}", peer.script))
    };
    let output = folder.join(format!("{}.out", peer.script));
    let errors = folder.join(format!("{}.err", peer.script));
    let file = |path: &Path| File::create(path).map_err(|error| cannot("record", error));
    let mut child = peers
        .command(peer.language)
        .arg(peers::directory().join("clients").join(peer.script))
        .envs(served.environment.variables())
        .env("GRANTOR", &programs.grantor)
        .env("SIGN_IN", &programs.sign_in)
        .env("OAUTH1", &programs.oauth1)
        .env("MTLS", &programs.mtls)
        .env("MCP_CLIENT", &programs.mcp_client)
        .env("RELYING_PARTY", &programs.relying_party)
        .env("CHROMIUM", CHROMIUM)
        // Nothing of the person who runs this: no stored tokens, no settings.
        .env("HOME", folder)
        .envs(
            [
                "XDG_CACHE_HOME",
                "XDG_CONFIG_HOME",
                "XDG_DATA_HOME",
                "XDG_STATE_HOME",
            ]
            .map(|name| (name, folder.join("home"))),
        )
        .stdin(Stdio::null())
        .stdout(file(&output)?)
        .stderr(file(&errors)?)
        .process_group(0)
        .spawn()
        .map_err(|error| cannot("start", error))?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child
            .try_wait()
            .map_err(|error| cannot("wait for", error))?
        {
            break Some(status);
        }
        if started.elapsed() > LIMIT {
            // The whole group: a script may have started a browser.
            let group = format!("-{}", child.id());
            process::run(Command::new("kill").args(["-KILL", "--", &group]))?;
            child.wait().map_err(|error| cannot("wait for", error))?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let report = read(&output);
    for line in report.lines() {
        match line.split_once(' ') {
            Some((verdict @ ("ok" | "FAILED"), feature)) => {
                println!("{verdict:<7} {:<22} {feature}", peer.name);
            }
            _ => println!("        {:<22} {line}", peer.name),
        }
    }
    let reported = report.lines().any(|line| line.starts_with("ok "));
    let all_well = reported && status.is_some_and(|status| status.success());
    if !all_well {
        let verdict = match status {
            Some(status) => status.to_string(),
            None => format!("stopped after {} s", LIMIT.as_secs()),
        };
        println!("FAILED  {:<22} {verdict}", peer.name);
        println!("{}\nthe server said:\n{}", read(&errors), served.log());
    }
    Ok(all_well)
}

/// Where Debian puts it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// A folder of this run, gone after it.
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self, Failure> {
        let name = format!("grantor-interop-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("home"))
            .map_err(|error| Failure::new(format!("cannot create {}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed is left for the system to clean.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The command with the settings that every part of a run shares.
fn quiet(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
