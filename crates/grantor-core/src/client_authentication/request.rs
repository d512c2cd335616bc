//! Reads the client authentication of a request, in one place.

use grantor_jose::check::holds;
use http::{HeaderMap, HeaderValue, header};

use super::{ClientAuthentication, assertion, basic};
use crate::error_response::{ErrorCode, ErrorResponse};
use crate::params::Params;
use crate::secret::Secret;

/// The parts of a request that a client can authenticate with.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RequestView<'a> {
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The parameters of the body.
    pub params: &'a Params<'a>,
    /// The certificate that the client proved in the TLS handshake, in DER, if it did.
    pub certificate: Option<&'a [u8]>,
}

impl<'a> RequestView<'a> {
    /// A request over a connection without a client certificate.
    #[must_use]
    pub fn new(headers: &'a HeaderMap, params: &'a Params<'a>) -> Self {
        Self {
            headers,
            params,
            certificate: None,
        }
    }

    /// The same over a connection with one.
    #[must_use]
    pub fn with_certificate(mut self, der: &'a [u8]) -> Self {
        self.certificate = Some(der);
        self
    }

    /// The only `Authorization` header, if there is one.
    fn authorization(&self) -> Result<Option<&'a HeaderValue>, ErrorResponse> {
        let mut all = self.headers.get_all(header::AUTHORIZATION).iter();
        let first = all.next();
        match all.next() {
            None => Ok(first),
            Some(_) => Err(ErrorResponse::new(
                ErrorCode::InvalidRequest,
                "there are two Authorization headers",
            )),
        }
    }

    /// The assertion, with the client that it or `client_id` names.
    fn assertion(&self) -> Result<Option<ClientAuthentication>, ErrorResponse> {
        let refuse = |code, why: &str| Err(ErrorResponse::new(code, why));
        let (text, kind) = (
            self.params.get("client_assertion"),
            self.params.get("client_assertion_type"),
        );
        let text = match (text, kind) {
            (None, None) => return Ok(None),
            (Some(text), Some(assertion::JWT_BEARER)) => text,
            (Some(_), Some(_)) => {
                let why = "\"client_assertion_type\" is not that of a JWT";
                return refuse(ErrorCode::InvalidClient, why);
            }
            _ => {
                let why = "\"client_assertion\" and \"client_assertion_type\" belong together";
                return refuse(ErrorCode::InvalidRequest, why);
            }
        };
        let assertion = Secret::new(text);
        let Some(client_id) = assertion::subject(&assertion) else {
            let why = "\"client_assertion\" is no JWT with a subject";
            return refuse(ErrorCode::InvalidClient, why);
        };
        Ok(Some(ClientAuthentication::Assertion {
            client_id,
            assertion,
        }))
    }
}

impl ClientAuthentication {
    /// Reads what a request presents.
    ///
    /// Nothing of it is proved: the server compares a secret, verifies an assertion, and compares a
    /// certificate with what the client has registered.
    ///
    /// # Errors
    /// `invalid_client` if there is nothing or it is malformed; `invalid_request` if there are two
    /// methods, or two identifiers that differ (RFC 6749 section 2.3, RFC 7521 section 4.2).
    pub fn from_request(request: &RequestView<'_>) -> Result<Self, ErrorResponse> {
        let refuse = |code, why: &str| Err(ErrorResponse::new(code, why));
        let basic = request.authorization()?;
        let assertion = request.assertion()?;
        let in_body = request.params.get("client_secret");
        let methods = [basic.is_some(), assertion.is_some(), in_body.is_some()];
        let ways = methods.into_iter().filter(|is_there| *is_there).count();
        if !holds("client.one_method", ways <= 1) {
            let why = "the client authenticates in two ways at once";
            return refuse(ErrorCode::InvalidRequest, why);
        }
        let named = request.params.get("client_id");
        let presented = match (basic, assertion) {
            (Some(header), _) => from_basic(header)?,
            (None, Some(assertion)) => assertion,
            (None, None) => {
                let Some(client_id) = named.map(str::to_owned) else {
                    let why = "the request carries no client authentication and no \"client_id\"";
                    return refuse(ErrorCode::InvalidClient, why);
                };
                return Ok(match (in_body, request.certificate) {
                    (Some(secret), _) => Self::Post {
                        client_id,
                        client_secret: Secret::new(secret),
                    },
                    (None, Some(certificate)) => Self::Tls {
                        client_id,
                        certificate: certificate.to_vec(),
                    },
                    (None, None) => Self::None { client_id },
                });
            }
        };
        if named.is_some_and(|named| named != presented.client_id()) {
            let why = "\"client_id\" is not the client that authenticates";
            return refuse(ErrorCode::InvalidRequest, why);
        }
        Ok(presented)
    }
}

fn from_basic(header: &HeaderValue) -> Result<ClientAuthentication, ErrorResponse> {
    let (client_id, client_secret) = basic::read(header).ok_or_else(|| {
        ErrorResponse::new(
            ErrorCode::InvalidClient,
            "the Authorization header is not HTTP Basic with a form-encoded identifier and secret",
        )
    })?;
    Ok(ClientAuthentication::Basic {
        client_id,
        client_secret,
    })
}

#[cfg(test)]
mod tests;
