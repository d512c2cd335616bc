//! Which authorization server.

use super::ConnectionOptions;

/// The server, by its issuer and where its metadata are.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The server")]
pub(crate) struct ServerOptions {
    /// The authorization server [default: that of the configuration file]
    #[arg(
        long,
        env = "GRANTOR_ISSUER",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) issuer: Option<String>,
    /// Where its metadata are, if not at a well-known location; they must name the issuer
    #[arg(long, value_name = "URL")]
    pub(crate) metadata_url: Option<String>,
    #[command(flatten)]
    pub(crate) connection: ConnectionOptions,
}
