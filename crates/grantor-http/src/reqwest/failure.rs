//! The failures of a request, from the errors that reqwest reports.

use std::error::Error;
use std::io;

use rustls::AlertDescription;

use super::resolver::{NotPublic, Unresolved};
use crate::TransportError;
use crate::proxy::UnusableProxy;

/// The failure, without the URL, whose query may hold secrets.
pub(super) fn from_reqwest(error: reqwest::Error) -> TransportError {
    let error = error.without_url();
    let failure = if error.is_builder() {
        let message = format!("no request can be made of it: {}", root(&error));
        TransportError::configuration(message)
    } else if let Some(failure) = chain(&error).find_map(known) {
        failure
    } else if error.is_connect() {
        TransportError::unsent(format!("the connection failed: {}", root(&error)))
    } else if error.is_timeout() {
        TransportError::unknown("the server did not answer in time")
    } else {
        TransportError::unknown("the connection broke before the answer was there")
    };
    failure.with_source(error)
}

/// Classifies reqwest's error, without the URL.
impl From<reqwest::Error> for TransportError {
    fn from(error: reqwest::Error) -> Self {
        from_reqwest(error)
    }
}

/// A cause that says what happened. All of them come before anything of the request is sent.
fn known(cause: &(dyn Error + 'static)) -> Option<TransportError> {
    if let Some(proxy) = cause.downcast_ref::<UnusableProxy>() {
        return Some(TransportError::configuration(proxy.to_string()));
    }
    if let Some(not_public) = cause.downcast_ref::<NotPublic>() {
        return Some(TransportError::configuration(not_public.to_string()));
    }
    if let Some(unresolved) = cause.downcast_ref::<Unresolved>() {
        return Some(TransportError::unsent(unresolved.to_string()));
    }
    if let Some(tls) = tls_error(cause) {
        return Some(match tls {
            rustls::Error::InvalidCertificate(_) => TransportError::certificate(format!(
                "the server's certificate is not accepted ({tls}): trust its authority, or check \
                 the host's name and the clock"
            )),
            rustls::Error::AlertReceived(alert) if is_about_client_certificate(*alert) => {
                TransportError::certificate(format!(
                    "the server refused the connection for the sake of the client certificate ({tls}): \
                     present one that it takes"
                ))
            }
            _ => return None,
        });
    }
    let io = cause.downcast_ref::<io::Error>()?;
    (io.kind() == io::ErrorKind::ConnectionRefused)
        .then(|| TransportError::unsent("the connection was refused"))
}

/// Returns whether a server ended the handshake because of the client's certificate, or for want of
/// one. It has read nothing of the request then.
fn is_about_client_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::AccessDenied
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::NoCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::UnsupportedCertificate
    )
}

/// An error of rustls, which travels inside of errors of IO. These do not name it as their source.
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = cause;
    while let Some(io) = cause.downcast_ref::<io::Error>() {
        cause = io.get_ref()?;
    }
    cause.downcast_ref()
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

/// The text of the last cause.
fn root(error: &(dyn Error + 'static)) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
