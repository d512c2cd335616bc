//! The server and what it holds: `demo`, `serve`, `client`, `user`.

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
    /// Who the server is, as clients know it [default: http:// and the address]
    #[arg(
        long,
        env = "GRANTOR_ISSUER",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) issuer: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Register a client; a generated secret is printed once
    Add(ClientAdd),
    /// List the clients
    List,
    /// Remove a client, and with it all its tokens
    Remove {
        /// The client's identifier
        id: String,
    },
    /// Give a client a new secret; the old one is good no longer
    RotateSecret {
        /// The client's identifier
        id: String,
        /// Read the new secret from standard input instead of generating one
        #[arg(long)]
        secret_stdin: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClientAdd {
    /// The client's identifier
    pub(crate) id: String,
    /// A grant type it may use, as on the wire: authorization_code, client_credentials, refresh_token
    #[arg(long = "grant", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) grants: Vec<String>,
    /// Scope values it may ask for
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Where its users come back to
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub(crate) redirect_uris: Vec<String>,
    /// It is the resource server with this identifier: it may introspect tokens meant for it
    #[arg(long, value_name = "URL")]
    pub(crate) resource: Option<String>,
    /// What pages call it
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// It can keep no secret: an application on a device or in a browser
    #[arg(long)]
    pub(crate) public: bool,
    /// Read its secret from standard input instead of generating one
    #[arg(long)]
    pub(crate) secret_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a user; the password comes from a prompt or standard input
    Add {
        /// What they sign in with
        name: String,
    },
    /// List the users
    List,
    /// Remove a user, and with them all their tokens
    Remove {
        /// What they sign in with
        name: String,
    },
}
