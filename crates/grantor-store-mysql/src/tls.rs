//! TLS by rustls for the driver.

use mysql_async::SslOpts;
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// TLS by which certificates must be of an authority in `authorities` (PEM), or of one that the
/// platform trusts, and have the name of the host.
pub(crate) fn verified(authorities: Option<&[u8]>) -> Result<SslOpts, String> {
    // The driver takes the provider of the process. A program that has features for two of them and
    // has chosen none would panic there.
    if CryptoProvider::get_default().is_none() {
        let _ = default_provider().install_default();
    }
    let certificates = match authorities {
        Some(pem) => CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    // The driver refuses all for one that can't be used.
    let mut roots = RootCertStore::empty();
    let usable = certificates
        .into_iter()
        .filter(|certificate| roots.add(certificate.clone()).is_ok());
    let usable: Vec<_> = usable
        .map(|certificate| certificate.to_vec().into())
        .collect();
    match (usable.is_empty(), authorities) {
        (true, Some(_)) => Err("there is no certificate in it".to_owned()),
        (true, None) => Err("the platform has no authorities: name some by ssl-ca".to_owned()),
        (false, _) => Ok(SslOpts::default()
            .with_root_certs(usable)
            .with_disable_built_in_roots(true)),
    }
}
