//! By which grant a token is had: client credentials, if no option says otherwise.

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The grant [default: client credentials]")]
pub(crate) struct GrantOptions {
    /// A user, by password: from GRANTOR_PASSWORD, --password-file or a prompt (RFC 6749 section
    /// 4.3, which OAuth 2.1 has no more)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["refresh_token_file", "subject_token_file"])]
    pub(crate) username: Option<String>,
    /// Read the user's password from a file
    #[arg(long, value_name = "FILE", requires = "username")]
    pub(crate) password_file: Option<PathBuf>,
    /// A login, by the refresh token in this file; its successors are in the store only
    #[arg(
        long,
        value_name = "FILE",
        requires = "store",
        conflicts_with = "subject_token_file"
    )]
    pub(crate) refresh_token_file: Option<PathBuf>,
    /// Token exchange (RFC 8693): the token in this file for one of the client's own
    #[arg(long, value_name = "FILE", conflicts_with = "store")]
    pub(crate) subject_token_file: Option<PathBuf>,
    /// The kind of the token: access_token, refresh_token, id_token, jwt, saml1, saml2, or a URI
    #[arg(
        long,
        value_name = "TYPE",
        default_value = "access_token",
        requires = "subject_token_file"
    )]
    pub(crate) subject_token_type: String,
    /// The token of who acts for the subject
    #[arg(long, value_name = "FILE", requires = "subject_token_file")]
    pub(crate) actor_token_file: Option<PathBuf>,
    /// The kind of the actor's token
    #[arg(
        long,
        value_name = "TYPE",
        default_value = "access_token",
        requires = "actor_token_file"
    )]
    pub(crate) actor_token_type: String,
    /// The kind of the wanted token
    #[arg(long, value_name = "TYPE", requires = "subject_token_file")]
    pub(crate) requested_token_type: Option<String>,
}
