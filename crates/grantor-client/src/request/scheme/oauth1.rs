//! Requests that are signed by OAuth 1.0a (RFC 5849 section 3.1): each on its own, so that one that is
//! sent again or redirected is signed anew.

use grantor_core::Environment;
use grantor_core::oauth1::{self, Placement, Signature, Signing, Unsignable};
use http::Method;
use http::header::AUTHORIZATION;

use crate::config::placement::BearerMethod;
use crate::error::Error;
use crate::request::attempt::Attempt;
use crate::request::http_request::{HttpRequest, RequestBody, set_form};
use crate::tokens::Tokens;

impl Tokens {
    /// Signs a request. An `Authorization` header of the caller's own wins. The answer says nothing of
    /// a token that could be renewed, so it is the caller's.
    pub(in crate::request) async fn prepare_signed(
        &self,
        signing: &Signing,
        request: &mut impl HttpRequest,
    ) -> Result<Attempt, Error> {
        self.slot.run_request_hooks(request).await;
        if request.headers().contains_key(AUTHORIZATION) {
            return Ok(Attempt::untouched());
        }
        self.origins
            .find(request.uri(), request.localhost_names())?;
        let signature = signature(signing, self.services().environment(), request)?;
        put(signature, request);
        Ok(Attempt::signed(place(signing.placement)))
    }
}

fn signature(
    signing: &Signing,
    environment: &Environment,
    request: &impl HttpRequest,
) -> Result<Signature, Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let body = match request.body() {
        // The body of the signature would take the place of one that can't be replaced.
        RequestBody::Replaceable(body) if !reads || signing.placement != Placement::Body => {
            oauth1::RequestBody::Bytes(body)
        }
        _ if signing.placement == Placement::Body => return Err(no_form()),
        RequestBody::Replaceable(body) | RequestBody::Readable(body) => {
            oauth1::RequestBody::Bytes(body)
        }
        RequestBody::Streamed => oauth1::RequestBody::Streamed,
    };
    let parts = oauth1::RequestParts {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        body,
    };
    let signature = signing.signature(&parts, &nonce(environment), environment.now());
    signature.map_err(|problem| unsignable(&problem))
}

fn put(signature: Signature, request: &mut impl HttpRequest) {
    match signature {
        Signature::Query(uri) => request.set_uri(uri),
        Signature::Form(form) => set_form(request, form),
        Signature::Header(header) => {
            request.headers_mut().insert(AUTHORIZATION, header);
        }
        _ => {}
    }
}

/// A nonce: 24 letters and digits, since there are servers that take no other characters, or not more
/// than 30 of them.
pub(crate) fn nonce(environment: &Environment) -> String {
    let random: [u8; 12] = environment.random_bytes();
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The place of a signature, as that of a bearer token: the doors treat both in the same way.
fn place(placement: Placement) -> BearerMethod {
    match placement {
        Placement::Query => BearerMethod::Query,
        Placement::Body => BearerMethod::Body,
        _ => BearerMethod::Header,
    }
}

/// The reason why a request of OAuth 1.0a is not sent.
pub(crate) fn unsignable(problem: &Unsignable) -> Error {
    match problem {
        Unsignable::StreamedForm => Error::configuration(
            "the request has a form, whose parameters are signed (RFC 5849 section 3.4.1.3.1), and \
             which can't be read here: send one that is in memory; a layer reads it with \
             \"replay_cloned\" or \"replay_buffered\", and a request by hand is prepared by \
             \"prepare_with_body\"",
        ),
        Unsignable::BodyIsNoForm => no_form(),
        Unsignable::KeyFailed => Error::transient(format!("the request is not signed: {problem}")),
        _ => Error::configuration(format!("the request can't be signed: {problem}")),
    }
}

fn no_form() -> Error {
    Error::configuration(
        "the signature is to go into a form, and this request has none that it can be added to: \
         send a form through a session, or place the signature in the header",
    )
}
