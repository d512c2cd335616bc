//! The server and what it holds: `demo`, `serve`, `user`, `key`, `backup`, `restore`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Keep everything running afterwards, and say how to reach it
    #[arg(long)]
    pub(crate) serve: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Where to listen [default: 127.0.0.1:8787]
    #[arg(
        long,
        env = "GRANTOR_LISTEN",
        hide_env_values = true,
        value_name = "ADDR"
    )]
    pub(crate) listen: Option<String>,
    /// The URL of the server, as clients know it [default: http:// and the address]
    #[arg(
        long,
        env = "GRANTOR_ISSUER",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) issuer: Option<String>,
    /// The rules for all clients: oauth21, mcp for the Model Context Protocol, or legacy20 for applications
    /// that can't be changed at once [default: oauth21]
    #[arg(
        long,
        env = "GRANTOR_PROFILE",
        hide_env_values = true,
        value_name = "NAME"
    )]
    pub(crate) profile: Option<String>,
    /// A resource that tokens may be asked for, such as the URL of an MCP server
    #[arg(long = "resource", value_name = "URL")]
    pub(crate) resources: Vec<String>,
    /// Scope values that the metadata publishes, and that clients without a registration may ask for
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a user; the password comes from a prompt or standard input
    Add {
        /// The name they sign in with
        name: String,
    },
    /// List the users
    List,
    /// Give a user another password, from a prompt or standard input
    ///
    /// Their browsers have to sign in again, and all their tokens are revoked: whoever knows the old
    /// password is out.
    Password {
        /// The name they sign in with
        name: String,
        /// Revoke none of their tokens
        #[arg(long)]
        keep_tokens: bool,
    },
    /// Remove a user, and with them all their tokens
    Remove {
        /// The name they sign in with
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// List the keys, and which of them signs
    List,
    /// Make a new key, which signs in ten minutes; the old one is published until its last token expires
    Rotate(KeyRotate),
    /// Remove a key that somebody else has: its tokens are refused, and if it signs, a new one does at once
    Remove {
        /// The key, as `grantor key list` names it
        #[arg(value_name = "KEY", allow_hyphen_values = true)]
        id: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct KeyRotate {
    /// The algorithm whose key is replaced: ES256, EdDSA, RS256 or PS256 [default: that of the access tokens]
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Option<String>,
    /// Sign with the new key at once; APIs that keep the old keys refuse its tokens for a while
    #[arg(long)]
    pub(crate) now: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The new file
    pub(crate) file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// A file that `grantor backup` wrote
    pub(crate) file: PathBuf,
    /// Keep grants, sessions and access tokens too; what was ended since the backup is undone
    #[arg(long)]
    pub(crate) keep_grants: bool,
}
