//! Token introspection (RFC 7662), with answers that may have to be signed (RFC 9701).

use bytes::Bytes;
use grantor_core::{
    Introspection, IntrospectionRequest, InvalidSignedIntrospection, SignedIntrospection,
};
use grantor_jose::{Algorithm, KeySet};
use http::{HeaderValue, Response, header};

use super::AuthorizationServer;
use super::endpoint::Endpoint;
use crate::error::Error;
use crate::observe::hooks::RequestKind;

impl AuthorizationServer {
    /// Asks the server what it knows of a token.
    pub(crate) async fn introspect(
        &self,
        request: &IntrospectionRequest,
    ) -> Result<Introspection, Error> {
        let signed = &self.registration.id_tokens.signed_introspection;
        let write = |url: &_, client: &_, quirks: &_| {
            let mut written = request.to_request_with(url, client, quirks);
            if signed.is_some() {
                let accepted = HeaderValue::from_static(SignedIntrospection::MEDIA_TYPE);
                written.headers_mut().insert(header::ACCEPT, accepted);
            }
            written
        };
        let call = self.call(RequestKind::Introspection, Endpoint::Introspection, write);
        let answer = call.await?.send_for_success().await?;
        if let Some(signature) = signed {
            return self.read_signed(&answer, signature.algorithm).await;
        }
        Introspection::from_response(&answer).map_err(|error| {
            Error::refused(format!(
                "the answer of the introspection endpoint can't be read: {error}"
            ))
        })
    }

    /// Reads an answer that is signed, as it must be (RFC 9701 section 5).
    async fn read_signed(
        &self,
        answer: &Response<Bytes>,
        algorithm: Option<Algorithm>,
    ) -> Result<Introspection, Error> {
        let registration = &self.registration;
        let issuer = registration.server.issuer.as_ref().ok_or_else(|| {
            Error::configuration(
                "a signed introspection is that of an issuer: give the server's \"issuer\"",
            )
        })?;
        let rules = SignedIntrospection::new(issuer.as_str(), &*registration.client_id);
        let mut rules = match algorithm {
            Some(algorithm) => rules.with_algorithms([algorithm]),
            None => rules,
        };
        if let Some(decryption) = &registration.id_tokens.decryption {
            rules = rules.with_decryption(decryption.clone());
        }
        let now = self.connection.environment.now();
        let check = |keys: &KeySet| rules.read(answer, keys, now);
        self.with_keys(
            algorithm,
            check,
            InvalidSignedIntrospection::may_have_newer_key,
        )
        .await
    }
}
