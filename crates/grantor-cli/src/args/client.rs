//! `client`: the clients of the server and their settings.

use std::time::Duration;

use clap::Subcommand;

use super::parse_span;

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Register a client; a generated secret is printed once
    Add(ClientAdd),
    /// Change a client; its secrets and its tokens stay
    ///
    /// An option that is given replaces the whole setting, and an empty text removes it: --name "".
    /// Options that are not given change nothing.
    Set(ClientSet),
    /// Show a client with all its settings
    Show {
        /// The client's identifier
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// List the clients
    List,
    /// Remove a client, and with it all its tokens
    Remove {
        /// The client's identifier
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// Give a client a new secret; the old one is refused from then on, or after --keep-old
    RotateSecret {
        /// The client's identifier
        #[arg(allow_hyphen_values = true)]
        id: String,
        /// Read the new secret from standard input instead of generating one
        #[arg(long)]
        secret_stdin: bool,
        /// How long the old secret stays valid beside the new one, as 24h or 30m
        #[arg(long, value_name = "TIME", value_parser = parse_span, default_value = "0s")]
        keep_old: Duration,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClientAdd {
    /// The client's identifier
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) settings: ClientSettings,
    /// It can keep no secret: an application on a device or in a browser
    #[arg(long, conflicts_with = "auth_method")]
    pub(crate) public: bool,
    /// Read its secret from standard input instead of generating one
    #[arg(long)]
    pub(crate) secret_stdin: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClientSet {
    /// The client's identifier
    #[arg(allow_hyphen_values = true)]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) settings: ClientSettings,
}

/// The settings of a client.
#[derive(Debug, clap::Args)]
pub(crate) struct ClientSettings {
    /// A grant type it may use, as on the wire, or device_code: authorization_code, client_credentials,
    /// refresh_token; with the profile legacy20 password and implicit too
    #[arg(long = "grant", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) grants: Vec<String>,
    /// Scope values it may ask for
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// The scope of a request of its that names none, within its scope values; "" as the server has it
    #[arg(long, value_name = "SCOPE")]
    pub(crate) default_scope: Option<String>,
    /// Where its users come back to
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub(crate) redirect_uris: Vec<String>,
    /// A private scheme without a period that its redirect URIs may have, such as vscode
    #[arg(long = "redirect-scheme", value_name = "SCHEME")]
    pub(crate) redirect_schemes: Vec<String>,
    /// It is the resource server with this identifier: it may introspect tokens meant for it
    #[arg(long, value_name = "URL")]
    pub(crate) resource_server: Option<String>,
    /// A resource it may ask tokens for; any that the server knows, if none is given
    #[arg(long = "allow-resource", value_name = "URL")]
    pub(crate) allowed_resources: Vec<String>,
    /// The one way in which it authenticates: none, client_secret (Basic or body), client_secret_basic,
    /// client_secret_post, client_secret_jwt, private_key_jwt
    ///
    /// For client_secret_jwt the server keeps the secret itself, sealed, and not its hash. A change to
    /// or from it, and from private_key_jwt, drops the secrets: rotate-secret gives a new one.
    #[arg(long, value_name = "METHOD")]
    pub(crate) auth_method: Option<String>,
    /// A file with its public keys, as a JWK Set: it authenticates by private_key_jwt
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks: Option<String>,
    /// The URL of its public keys for private_key_jwt, which the server fetches
    #[arg(long, value_name = "URL")]
    pub(crate) jwks_uri: Option<String>,
    /// Let its assertions name the token endpoint as their audience, in place of the issuer
    ///
    /// Then assertions that it makes for a hostile server may be good at this one.
    #[arg(long, value_name = "BOOL")]
    pub(crate) danger_assertion_audience_token_endpoint: Option<bool>,
    /// The name of the client on pages
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Require its authorization requests to be pushed (RFC 9126)
    #[arg(long, value_name = "BOOL")]
    pub(crate) require_pushed_requests: Option<bool>,
    /// Require its access tokens to be bound to its key by DPoP (RFC 9449)
    #[arg(long, value_name = "BOOL")]
    pub(crate) dpop_bound_access_tokens: Option<bool>,
    /// Require a nonce of the server in its DPoP proofs
    #[arg(long, value_name = "BOOL")]
    pub(crate) require_dpop_nonces: Option<bool>,
    /// Make its access tokens opaque where those of the server are JWTs, so that they end with their grant
    #[arg(long, value_name = "BOOL")]
    pub(crate) opaque_access_tokens: Option<bool>,
    /// When its refresh tokens are replaced: "always", or "" as the server has it
    #[arg(long, value_name = "WHEN")]
    pub(crate) rotation: Option<String>,
    /// The longest its access tokens live, as 2m, if that is shorter than the server's setting; at most 30d
    #[arg(long, value_name = "TIME")]
    pub(crate) access_lifetime: Option<String>,
    /// The longest its refresh tokens live, as 12h, if that is shorter than the server's setting
    #[arg(long, value_name = "TIME")]
    pub(crate) refresh_lifetime: Option<String>,
    /// When its users have to sign in again, as 90d, if that is earlier than the server's setting
    #[arg(long, value_name = "TIME")]
    pub(crate) grant_lifetime: Option<String>,
}
