//! Commands that look at servers and tokens, and at the command itself.

use std::path::PathBuf;

use clap::ValueEnum;
use clap_complete::Shell;
use grantor_core::TokenTypeHint;

use super::{ClientOptions, ConnectionOptions, ServerOptions};
use crate::error::Exit;

#[derive(Debug, clap::Args)]
#[command(after_help = Exit::help(&Exit::ALL[..6]))]
pub(crate) struct Discover {
    /// The authorization server [default: that of the configuration file]
    #[arg(env = "GRANTOR_ISSUER", hide_env_values = true)]
    pub(crate) issuer: Option<String>,
    /// Where the metadata are, if not at a well-known location
    #[arg(long, visible_alias = "at", value_name = "URL")]
    pub(crate) metadata_url: Option<String>,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

/// A token from elsewhere than an argument.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenInput {
    /// Read the token from a file [default: GRANTOR_TOKEN, or else standard input]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = Exit::help(&[&Exit::ALL[..7], &[Exit::Inactive]].concat()),
    mut_arg("client_id", |id| id.required(true))
)]
pub(crate) struct Introspect {
    #[command(flatten)]
    pub(crate) input: TokenInput,
    /// The kind of the token
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) hint: Option<Hint>,
    /// Where tokens are looked up [default: as the server's metadata say]
    #[arg(long, value_name = "URL")]
    pub(crate) introspection_endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = Exit::help(&Exit::ALL[..7]),
    mut_arg("client_id", |id| id.required(true))
)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(crate) input: TokenInput,
    /// The kind of the token
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) hint: Option<Hint>,
    /// Where tokens are revoked [default: as the server's metadata say]
    #[arg(long, value_name = "URL")]
    pub(crate) revocation_endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
}

/// A kind of token, by its name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Hint {
    #[value(name = "access_token")]
    AccessToken,
    #[value(name = "refresh_token")]
    RefreshToken,
}

impl From<Hint> for TokenTypeHint {
    fn from(hint: Hint) -> Self {
        match hint {
            Hint::AccessToken => Self::AccessToken,
            Hint::RefreshToken => Self::RefreshToken,
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = Exit::help(&[
    &Exit::ALL[..6],
    &[Exit::BadSignature, Exit::Expired, Exit::Malformed],
].concat()))]
pub(crate) struct Decode {
    #[command(flatten)]
    pub(crate) input: TokenInput,
    /// Verify the signature with these keys: a JWK Set, a JWK or a public key in PEM
    #[arg(long, value_name = "FILE|URL", conflicts_with = "issuer")]
    pub(crate) jwks: Option<String>,
    /// Verify the signature with the keys that this server publishes, and that it issued the token
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// Where that server's metadata are, if not at a well-known location
    #[arg(long, value_name = "URL", requires = "issuer")]
    pub(crate) metadata_url: Option<String>,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The command of the page, as in: grantor man client add [default: grantor itself]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) folder: Option<PathBuf>,
}
