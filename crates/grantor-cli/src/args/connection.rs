//! How a client connects.

use std::path::PathBuf;

/// The authorities that connections trust.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The connection")]
pub(crate) struct ConnectionOptions {
    /// Trust the authorities in this file too: certificates in PEM, as of a company's own
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}
