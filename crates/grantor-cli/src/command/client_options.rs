//! Who asks the authorization server, as `token`, `request`, `introspect` and `revoke` take it.

use grantor_client::{Tokens, TokensBuilder};
use grantor_core::Secret;

use super::input;
use crate::args::{ClientOptions, Common, Method};
use crate::config::Config;
use crate::error::CliError;

/// The server that an option names, or else the configuration file.
pub(super) fn issuer(common: &Common, named: Option<&String>) -> Result<String, CliError> {
    let config = Config::for_common(common)?;
    let configured = config.issuer.map(|issuer| issuer.to_string());
    named.cloned().or(configured).ok_or_else(|| {
        CliError::usage(
            "there is no authorization server: give --issuer, set GRANTOR_ISSUER, or set \"issuer\" \
             in the configuration file",
        )
    })
}

/// The client's secret; none for a public client.
pub(super) fn secret(options: &ClientOptions) -> Result<Option<Secret>, CliError> {
    let what = "the client's secret";
    if options.auth_method == Some(Method::None) {
        return Ok(None);
    }
    if options.secret_stdin {
        return input::secret_from_stdin(what).map(Some);
    }
    if let Some(path) = &options.secret_file {
        return input::secret_from_file(path, what).map(Some);
    }
    match input::secret_from_environment("GRANTOR_CLIENT_SECRET")? {
        Some(secret) => Ok(Some(secret)),
        None => Err(CliError::usage(
            "there is no client secret: set GRANTOR_CLIENT_SECRET, or use --secret-file or \
             --secret-stdin; a public client says --auth-method none",
        )),
    }
}

/// The client, without a token of its own: for questions about others' tokens.
pub(super) fn asking(issuer: &str, options: &ClientOptions) -> Result<Tokens, CliError> {
    let mut builder = Tokens::login(issuer, &options.client_id);
    if let Some(secret) = secret(options)? {
        builder = builder.client_secret(secret);
    }
    Ok(authenticating(builder, options).build()?)
}

/// Says how the client authenticates, if the options do.
pub(super) fn authenticating(builder: TokensBuilder, options: &ClientOptions) -> TokensBuilder {
    match options.auth_method {
        Some(method) => builder.auth_method(method.into()),
        None => builder,
    }
}
