//! Which authorization server is asked, as the commands of clients take it.

use grantor_client::Server;
use url::Url;

use crate::args::{Common, ServerOptions};
use crate::config::Config;
use crate::error::CliError;

/// A server, and what messages call it: its issuer, or the origin of the endpoint that was given.
pub(super) struct Named {
    pub(super) server: Server,
    pub(super) name: String,
}

impl Named {
    /// The server that the options name. The endpoint goes before what its metadata say; of a server
    /// without metadata it is all there is.
    pub(super) fn with_endpoint(
        common: &Common,
        options: &ServerOptions,
        endpoint: Option<&String>,
        put: impl FnOnce(&mut Server, String),
    ) -> Result<Self, CliError> {
        let issuer = configured(common, options.issuer.as_ref())?;
        let (mut server, name) = match (issuer, endpoint) {
            (Some(issuer), _) => (Server::issuer(&issuer), issuer),
            (None, _) if options.metadata_url.is_some() => {
                return Err(CliError::usage(
                    "--metadata-url needs --issuer: the metadata must name that issuer",
                ));
            }
            (None, Some(url)) => (Server::default(), origin(url)),
            (None, None) => return Err(missing()),
        };
        server.metadata_url.clone_from(&options.metadata_url);
        if let Some(url) = endpoint {
            put(&mut server, url.clone());
        }
        Ok(Self { server, name })
    }
}

/// The issuer that an option names, or else the configuration file.
pub(super) fn issuer(common: &Common, named: Option<&String>) -> Result<String, CliError> {
    configured(common, named)?.ok_or_else(missing)
}

fn configured(common: &Common, named: Option<&String>) -> Result<Option<String>, CliError> {
    let config = Config::for_common(common)?;
    let configured = config.issuer.map(|issuer| issuer.to_string());
    Ok(named.cloned().or(configured))
}

fn missing() -> CliError {
    CliError::usage(
        "there is no authorization server: give --issuer, set GRANTOR_ISSUER, or set \"issuer\" in \
         the configuration file",
    )
}

fn origin(url: &str) -> String {
    let url = Url::parse(url).map(|url| url.origin().ascii_serialization());
    url.unwrap_or_else(|_| "the server".to_owned())
}
