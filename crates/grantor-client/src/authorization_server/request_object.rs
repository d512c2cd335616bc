//! Requests that are signed, and encrypted where that is wanted (RFC 9101).

use grantor_core::{AuthorizationRequest, Issuer, Secret, ServerMetadata, visible};
use grantor_jose::jwe::{self, ContentEncryption, EncryptionKey, KeyManagement};
use grantor_jose::jwt::Typ;
use serde_json::{Map, Value};

use super::AuthorizationServer;
use super::assertion::Assertion;
use crate::error::Error;

/// Says when requests are signed, and with which key.
#[derive(Debug, Clone, Default)]
pub(crate) enum RequestSigning {
    /// Where the server requires it, with the key that the client authenticates with.
    #[default]
    WhereRequired,
    /// Always, with that key.
    ClientKey,
    /// Always, with a key of its own.
    Key(Box<Assertion>),
}

/// How requests are signed and encrypted.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestProtection {
    pub(crate) signing: RequestSigning,
    /// The algorithms, if requests are encrypted to the server.
    pub(crate) encryption: Option<(KeyManagement, ContentEncryption)>,
}

impl AuthorizationServer {
    /// The request in a request object, if the server or the program wants that.
    pub(super) async fn protected(
        &self,
        request: AuthorizationRequest,
        protection: &RequestProtection,
        metadata: Option<&ServerMetadata>,
    ) -> Result<AuthorizationRequest, Error> {
        let required = metadata.is_some_and(|it| it.require_signed_request_object);
        let waits = matches!(protection.signing, RequestSigning::WhereRequired);
        if waits && !required && protection.encryption.is_none() {
            return Ok(request);
        }
        let key = self.request_key(&protection.signing)?;
        check_algorithm(key, metadata, "request_object_signing_alg_values_supported")?;
        let claims = request.to_claims();
        let signed = self.sign_request(key, Typ::REQUEST_OBJECT, claims).await?;
        let object = match protection.encryption {
            Some(algorithms) => self.encrypted_request(&signed, algorithms).await?,
            None => signed,
        };
        Ok(request.of_request_object(object))
    }

    /// The key of requests.
    pub(super) fn request_key<'a>(
        &'a self,
        signing: &'a RequestSigning,
    ) -> Result<&'a Assertion, Error> {
        if let RequestSigning::Key(key) = signing {
            return Ok(key);
        }
        let own = self.registration.client_assertion.as_ref();
        own.ok_or_else(|| {
            Error::configuration(format!(
                "requests to {} are to be signed, and there is no key: give one by \
                 \"client_assertion\", or by \"sign_requests_with\"",
                self.registration.name()
            ))
        })
    }

    /// Signs a request of the client with these parameters.
    pub(super) async fn sign_request(
        &self,
        key: &Assertion,
        typ: Typ,
        parameters: Map<String, Value>,
    ) -> Result<Secret, Error> {
        let issuer = self.registration.server.issuer.as_ref().map(Issuer::as_str);
        let issuer = issuer.ok_or_else(|| {
            Error::configuration(
                "a signed request is addressed to an issuer (RFC 9101 section 4): give the server's \
                 \"issuer\"",
            )
        })?;
        let client_id = &self.registration.client_id;
        let template = key.request((client_id, issuer), typ, parameters);
        let signed = template.sign(&self.connection.environment, &issuer);
        Ok(signed.await?)
    }

    /// Encrypts a signed request to the server (RFC 9101 section 6.1).
    async fn encrypted_request(
        &self,
        signed: &Secret,
        (algorithm, encryption): (KeyManagement, ContentEncryption),
    ) -> Result<Secret, Error> {
        let keys = self.published_keys().await?;
        let keys = keys.keys().await.map_err(|error| {
            Error::transient(format!("no key of the server to encrypt to: {error}"))
        })?;
        let recipient = keys
            .select_for_encryption(algorithm)
            .and_then(|key| EncryptionKey::new(key, algorithm));
        let header = jwe::Header::new().with_content_type("JWT");
        recipient
            .and_then(|to| jwe::encrypt(&to, encryption, &header, signed.expose().as_bytes()))
            .map(Secret::new)
            .map_err(|error| {
                Error::configuration(format!(
                    "a request can't be encrypted to {} by {algorithm} and {encryption}: {error}",
                    self.registration.name()
                ))
            })
    }
}

/// Checks that the server takes signatures of this key, as far as it says.
pub(super) fn check_algorithm(
    key: &Assertion,
    metadata: Option<&ServerMetadata>,
    member: &str,
) -> Result<(), Error> {
    let Some(Value::Array(taken)) = metadata.and_then(|it| it.extra.get(member)) else {
        return Ok(());
    };
    let taken: Vec<_> = taken.iter().filter_map(Value::as_str).collect();
    let algorithm = key.algorithm().as_str();
    if taken.contains(&algorithm) {
        return Ok(());
    }
    Err(Error::configuration(format!(
        "the server takes requests that are signed by {} (\"{member}\"), and the key is for {algorithm}",
        visible(&taken.join(", "), 400),
    )))
}
