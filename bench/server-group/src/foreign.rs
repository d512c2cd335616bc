//! Servers in other languages, where `cargo xtask bench server` has installed them.

use std::path::PathBuf;
use std::process::Command;

/// A server that is no crate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Foreign {
    OidcProvider,
    OidcProviderEs256,
    PythonOauth2,
    Authlib,
}

impl Foreign {
    /// With the version, what serves it, and how it keeps the client's secret.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OidcProvider => "oidc_provider_9.13.3_plain_secret",
            Self::OidcProviderEs256 => "oidc_provider_9.13.3_es256_plain_secret",
            Self::PythonOauth2 => "python_oauth2_1.1.1_waitress_3.0.2_plain_secret",
            Self::Authlib => "authlib_1.9.9_gunicorn_27.0.1_plain_secret",
        }
    }

    pub(crate) fn is_there(self) -> bool {
        self.interpreter().is_some()
    }

    fn interpreter(self) -> Option<PathBuf> {
        let variable = match self {
            Self::OidcProvider | Self::OidcProviderEs256 => "BENCH_NODE",
            Self::PythonOauth2 | Self::Authlib => "BENCH_PYTHON",
        };
        std::env::var_os(variable).map(PathBuf::from)
    }

    pub(crate) fn command(self, port: u16) -> Command {
        let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../interop/servers");
        // Who gets here has asked whether it is there.
        let mut command = Command::new(self.interpreter().unwrap_or_default());
        command.current_dir(scripts);
        match self {
            Self::OidcProvider => command.args(["bench-oidc-provider.mjs", "opaque"]),
            Self::OidcProviderEs256 => command.args(["bench-oidc-provider.mjs", "jwt"]),
            Self::PythonOauth2 => command.args(["-m", "waitress", "--threads", "1", "--listen"]),
            // One thread, and connections that stay open, as everybody else has.
            Self::Authlib => command.args([
                "-m",
                "gunicorn",
                "--worker-class",
                "gthread",
                "--threads",
                "1",
                "--no-control-socket",
                "--keep-alive",
                "60",
                "--bind",
            ]),
        };
        match self {
            Self::OidcProvider | Self::OidcProviderEs256 => command.arg(port.to_string()),
            Self::PythonOauth2 => {
                command.args([&format!("127.0.0.1:{port}"), "bench_python_oauth2:app"])
            }
            Self::Authlib => command.args([&format!("127.0.0.1:{port}"), "bench_authlib:app"]),
        };
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}
