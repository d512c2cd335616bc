//! Introspection over the network (RFC 7662 section 2).

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{
    BoxFuture, ClientAuthentication, Introspect, IntrospectError, Introspection,
    IntrospectionRequest, TokenTypeHint,
};
use grantor_http::Transport;
use http::{HeaderValue, Response, StatusCode, header};
use url::Url;

use super::SignedAnswers;

/// An introspection endpoint, and how this resource authenticates there.
pub(crate) struct IntrospectionEndpoint {
    pub(crate) url: Url,
    pub(crate) client: ClientAuthentication,
    pub(crate) transport: Arc<dyn Transport>,
    /// Its answers are signed; none if they are plain JSON.
    pub(crate) signed: Option<SignedAnswers>,
}

impl Introspect for IntrospectionEndpoint {
    fn introspect<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Introspection, IntrospectError>> {
        Box::pin(async move {
            let mut query = IntrospectionRequest::new(token);
            query.token_type_hint = Some(TokenTypeHint::AccessToken);
            let mut request = query.to_request(&self.url, &self.client);
            if self.signed.is_some() {
                let accept = HeaderValue::from_static(SignedAnswers::MEDIA_TYPE);
                request.headers_mut().insert(header::ACCEPT, accept);
            }
            let answer = self.transport.send(request).await.map_err(|error| {
                IntrospectError::new("the introspection endpoint can't be reached")
                    .with_source(error)
            })?;
            match answer.status() {
                StatusCode::OK => self.read(&answer).await,
                // RFC 7662 section 2.3: the credentials of this resource were not accepted.
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(IntrospectError::new(
                    "the introspection endpoint refused this resource's client credentials",
                )),
                status => Err(IntrospectError::new(format!(
                    "the introspection endpoint answered with status {}",
                    status.as_u16()
                ))),
            }
        })
    }
}

impl IntrospectionEndpoint {
    async fn read(&self, answer: &Response<Bytes>) -> Result<Introspection, IntrospectError> {
        if let Some(signed) = &self.signed {
            return signed.read(answer).await;
        }
        Introspection::from_response(answer).map_err(|error| {
            IntrospectError::new(format!(
                "the answer of the introspection endpoint can't be read: {error}"
            ))
        })
    }
}

impl fmt::Debug for IntrospectionEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionEndpoint")
            .field("host", &self.url.host_str())
            .field("path", &self.url.path())
            .field("client_id", &self.client.client_id())
            .finish_non_exhaustive()
    }
}
