//! Signing users in and out: `login`, `logout`.

use std::path::PathBuf;
use std::time::Duration;

use super::{ClientOptions, ConnectionOptions, DpopOptions, ServerOptions, parse_span};
use crate::error::Exit;

#[derive(Debug, clap::Args)]
#[command(after_help = Exit::help(&Exit::ALL[..7]))]
pub(crate) struct Login {
    /// List the logins that are kept, and sign nobody in
    #[arg(long, conflicts_with_all = [
        "device", "no_browser", "label", "scope", "resources", "audiences", "parameters",
        "issuer", "client_id",
    ])]
    pub(crate) list: bool,
    /// Print a code to type in on another device, in place of a browser here (RFC 8628); done anyway
    /// where there is no browser and the server knows devices
    #[arg(long, conflicts_with_all = ["no_browser", "redirect_uri", "parameters"])]
    pub(crate) device: bool,
    /// Print the URL for a browser on this machine, and open none
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Where the browser comes back to, as the client registered it: a loopback address. Without a
    /// port it is a free one
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1/callback")]
    pub(crate) redirect_uri: String,
    /// How long the user has
    #[arg(long, value_name = "TIME", value_parser = parse_span, default_value = "5m")]
    pub(crate) timeout: Duration,
    /// The name of the login [default: the host of the server]
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Option<String>,
    /// Scope values to ask for; with openid, who signed in is shown
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Where the tokens are to be used (RFC 8707)
    #[arg(long = "resource", value_name = "URL")]
    pub(crate) resources: Vec<String>,
    /// Where the tokens are to be used, as some servers name it
    #[arg(long = "audience", value_name = "NAME")]
    pub(crate) audiences: Vec<String>,
    /// A further parameter of the authorization request, as prompt=login
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Keep the key that the logins are sealed under in the keyring of the desktop (Secret Service), in
    /// place of a file; later commands find it there. Needs the feature keyring of this command
    #[arg(long, help_heading = "The store", conflicts_with = "store_key")]
    pub(crate) keyring: bool,
    #[command(flatten)]
    pub(crate) dpop: DpopOptions,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) store: LoginStore,
}

#[derive(Debug, clap::Args)]
#[command(after_help = Exit::help(&Exit::ALL[..7]))]
pub(crate) struct Logout {
    /// The login [default: the only one]
    #[arg(long, value_name = "LABEL")]
    pub(crate) login: Option<String>,
    /// Remove the login here, and ask the server for nothing: its tokens stay good until they end
    #[arg(long)]
    pub(crate) local: bool,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) store: LoginStore,
}

/// The place where logins are kept.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The store")]
pub(crate) struct LoginStore {
    /// Keep logins in this file (SQLite), sealed [default: grantor/logins.db in XDG_DATA_HOME, or in
    /// ~/.local/share]
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// The folder of the key that the file is sealed under, master.key [default: the file's]
    #[arg(long, value_name = "DIR", requires = "store")]
    pub(crate) store_key: Option<PathBuf>,
}
