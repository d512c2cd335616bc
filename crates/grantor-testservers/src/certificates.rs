//! A certificate for `localhost` and 127.0.0.1, of an authority that no system trusts.

/// The file with the certificate of the authority, in PEM.
pub const AUTHORITY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../grantor-http/tests/certificates/authority.pem"
);
/// The certificate, in PEM.
pub const CERTIFICATE: &str = include_str!("../../grantor-http/tests/certificates/server.pem");
/// Its key, in PEM.
pub const KEY: &str = include_str!("../../grantor-http/tests/certificates/server.key");
