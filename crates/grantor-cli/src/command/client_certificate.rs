//! The certificate that a client presents (RFC 8705).

use std::path::Path;

use grantor_client::TokensBuilder;
use grantor_http::ClientCertificate;
use zeroize::Zeroizing;

use crate::args::ClientOptions;
use crate::error::{CliError, with_sources};
use crate::files;

/// Has connections present the certificate that the options name: those to the server, and those to APIs.
///
/// # Errors
/// A file can't be read, or the key is not that of the certificate. The message has nothing of the key.
pub(super) fn presenting(
    builder: TokensBuilder,
    options: &ClientOptions,
) -> Result<TokensBuilder, CliError> {
    let (Some(certificate), Some(key)) =
        (&options.client_certificate, &options.client_certificate_key)
    else {
        return Ok(builder);
    };
    let chain = read("--client-certificate", certificate)?;
    let key = Zeroizing::new(read("--client-certificate-key", key)?);
    ClientCertificate::from_pem(&chain, &key).map_err(|error| {
        let (path, why) = (certificate.display(), with_sources(&error));
        CliError::configuration(format!("--client-certificate {path}: {why}")).hint(
            "name a file with the certificate in PEM, and with --client-certificate-key one with its \
             private key",
        )
    })?;
    Ok(builder.client_certificate(chain, key))
}

fn read(option: &str, path: &Path) -> Result<Vec<u8>, CliError> {
    files::read(path)
        .map_err(|error| CliError::configuration(format!("{option} {}: {error}", path.display())))
}
