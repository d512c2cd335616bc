//! The connections of client commands: the authorities that they trust besides the platform's.

use grantor_client::TokensBuilder;
use grantor_http::{CaCertificates, ReqwestTransport, TransportOptions};

use crate::args::ConnectionOptions;
use crate::error::{CliError, with_sources};
use crate::files;

/// Has tokens and sessions trust the authorities that the options name.
pub(super) fn trusting(
    builder: TokensBuilder,
    options: &ConnectionOptions,
) -> Result<TokensBuilder, CliError> {
    Ok(match read(options)? {
        Some((pem, _)) => builder.ca_certificates(pem),
        None => builder,
    })
}

/// A transport that trusts the authorities that the options name.
pub(super) fn transport(options: &ConnectionOptions) -> Result<ReqwestTransport, CliError> {
    let certificates = read(options)?.map(|(_, certificates)| certificates);
    let options = TransportOptions::from(certificates.unwrap_or_default());
    let transport = ReqwestTransport::with_options(&options);
    transport.map_err(|error| CliError::configuration(with_sources(&error)))
}

/// The file, and the certificates in it.
fn read(options: &ConnectionOptions) -> Result<Option<(Vec<u8>, CaCertificates)>, CliError> {
    let Some(path) = &options.ca_file else {
        return Ok(None);
    };
    let failed = |error: &dyn std::error::Error| {
        let (path, why) = (path.display(), with_sources(error));
        CliError::configuration(format!("--ca-file {path}: {why}")).hint(
            "name a file with certificates in PEM, which begin with -----BEGIN CERTIFICATE-----",
        )
    };
    let pem = files::read(path).map_err(|error| failed(&error))?;
    let certificates = CaCertificates::from_pem(&pem).map_err(|error| failed(&error))?;
    Ok(Some((pem, certificates)))
}
