//! Where tokens come from: `token`, `request`.

use std::path::PathBuf;

use clap::ValueEnum;
use grantor_core::TokenEndpointAuthMethod;

use super::{GrantOptions, ServerOptions};
use crate::error::Exit;

/// The client.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The client")]
pub(crate) struct ClientOptions {
    /// The client; its secret comes from GRANTOR_CLIENT_SECRET, --secret-file or --secret-stdin
    #[arg(
        long,
        env = "GRANTOR_CLIENT_ID",
        hide_env_values = true,
        value_name = "ID"
    )]
    pub(crate) client_id: Option<String>,
    /// Read the client's secret from a file
    #[arg(long, value_name = "FILE", conflicts_with = "secret_stdin")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Read the client's secret from standard input
    #[arg(long)]
    pub(crate) secret_stdin: bool,
    /// The client's private key, in PEM or as a JWK, in place of a secret (private_key_jwt)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["secret_file", "secret_stdin"])]
    pub(crate) client_key: Option<PathBuf>,
    /// The name of that key at the server (kid) [default: that of the JWK]
    #[arg(long, value_name = "KID", requires = "client_key")]
    pub(crate) client_key_id: Option<String>,
    /// The client's certificate in PEM, which its connections present (mutual TLS, RFC 8705): it
    /// authenticates by it, and the tokens are bound to it
    #[arg(long, value_name = "FILE", requires = "client_certificate_key")]
    pub(crate) client_certificate: Option<PathBuf>,
    /// The private key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    pub(crate) client_certificate_key: Option<PathBuf>,
    /// How the client authenticates [default: the best of what the server takes]
    #[arg(long, value_enum, value_name = "METHOD")]
    pub(crate) auth_method: Option<Method>,
}

/// A way to authenticate, by its name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    /// The secret in the Authorization header
    #[value(name = "client_secret_basic", alias = "basic")]
    Basic,
    /// The secret in the body
    #[value(name = "client_secret_post", alias = "post")]
    Post,
    /// A JWT, signed with the secret (HS256)
    #[value(name = "client_secret_jwt", alias = "jwt")]
    Jwt,
    /// A JWT, signed with the key of --client-key
    #[value(name = "private_key_jwt")]
    PrivateKeyJwt,
    /// The certificate of --client-certificate, which an authority has signed
    #[value(name = "tls_client_auth")]
    Tls,
    /// The certificate of --client-certificate, which the server knows itself
    #[value(name = "self_signed_tls_client_auth")]
    SelfSignedTls,
    /// No secret: a public client
    #[value(name = "none")]
    None,
}

impl From<Method> for TokenEndpointAuthMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Basic => Self::ClientSecretBasic,
            Method::Post => Self::ClientSecretPost,
            Method::Jwt => Self::ClientSecretJwt,
            Method::PrivateKeyJwt => Self::PrivateKeyJwt,
            Method::Tls => Self::TlsClientAuth,
            Method::SelfSignedTls => Self::SelfSignedTlsClientAuth,
            Method::None => Self::None,
        }
    }
}

/// The token, and the place where it is kept.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The token")]
pub(crate) struct TokenOptions {
    /// Scope values to ask for
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,
    /// Where the token is to be used (RFC 8707)
    #[arg(long = "resource", value_name = "URL")]
    pub(crate) resources: Vec<String>,
    /// Where the token is to be used, as some servers name it
    #[arg(long = "audience", value_name = "NAME")]
    pub(crate) audiences: Vec<String>,
    /// A further parameter of the token request; NAME@FILE takes the value from a file, NAME@- from
    /// standard input
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Where tokens are had [default: as the server's metadata say]
    #[arg(long, value_name = "URL")]
    pub(crate) token_endpoint: Option<String>,
    /// Keep the token in this file (SQLite), sealed, so that repeated calls share it
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// The folder of the key that the file is sealed under, master.key [default: the file's]
    #[arg(long, value_name = "DIR", requires = "store")]
    pub(crate) store_key: Option<PathBuf>,
    /// Fetch a new token though the one there may be good
    #[arg(long)]
    pub(crate) renew: bool,
    /// Use this login, which `grantor login` has kept [default: without --client-id, the only one]
    #[arg(
        long,
        value_name = "LABEL",
        conflicts_with_all = ["username", "refresh_token_file", "subject_token_file", "token_endpoint"]
    )]
    pub(crate) login: Option<String>,
    #[command(flatten)]
    pub(crate) dpop: DpopOptions,
}

/// Tokens that are bound to a key (RFC 9449).
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "The token")]
pub(crate) struct DpopOptions {
    /// Bind the token to a new key (DPoP), which is kept in the store
    #[arg(long)]
    pub(crate) dpop: bool,
    /// Bind the token to the private key in this file, in PEM or as a JWK
    #[arg(long, value_name = "FILE", conflicts_with = "dpop")]
    pub(crate) dpop_key: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = Exit::help(&Exit::ALL[..7]))]
pub(crate) struct Token {
    /// Forget the token that is in the store instead, and print nothing
    #[arg(
        long,
        requires = "store",
        conflicts_with_all = ["renew", "show"]
    )]
    pub(crate) forget: bool,
    /// The value to print
    #[arg(long, value_enum, default_value = "token", value_name = "WHAT")]
    pub(crate) show: Show,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) grant: GrantOptions,
    #[command(flatten)]
    pub(crate) token: TokenOptions,
}

/// The output of `token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// The access token
    Token,
    /// The header that carries it
    Header,
    /// The token and what the server said of it
    Json,
    /// When the token ends, or "unknown"
    Expiry,
}

#[derive(Debug, clap::Args)]
#[command(after_help = Exit::help(&Exit::ALL[..9]))]
pub(crate) struct Request {
    /// The method [default: GET, or POST with a body]
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// A header, as `Name: value`; @FILE reads headers from a file, one a line
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// The body; @FILE reads a file, @- standard input
    #[arg(short = 'd', long = "body", value_name = "DATA")]
    pub(crate) body: Option<String>,
    /// Like --body, and says that it is JSON and that JSON is wanted
    #[arg(long, value_name = "DATA", conflicts_with = "body")]
    pub(crate) json_body: Option<String>,
    /// Print the status and the headers of the answer before its body
    #[arg(short = 'i', long)]
    pub(crate) include: bool,
    /// Write the answer to a file instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write nothing of an answer whose status is an error
    #[arg(short = 'f', long)]
    pub(crate) fail: bool,
    /// A further origin that gets the token when the URL redirects to it [default: only that of the URL]
    #[arg(long = "origin", value_name = "URL")]
    pub(crate) origins: Vec<String>,
    /// Where the request goes: https, or a loopback address
    pub(crate) url: String,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
    #[command(flatten)]
    pub(crate) client: ClientOptions,
    #[command(flatten)]
    pub(crate) grant: GrantOptions,
    #[command(flatten)]
    pub(crate) token: TokenOptions,
}
