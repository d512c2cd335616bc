//! The source of what is known of a client.

use serde::{Deserialize, Serialize};

/// The source of what is known of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RegisteredBy {
    /// The operator of the server, or the application's own table.
    #[default]
    Operator,
    /// The client itself, at the registration endpoint (RFC 7591). Nobody has verified its name.
    Itself,
    /// The document at the URL that is its identifier. The host of that URL is all that is known of
    /// it.
    Document,
}
