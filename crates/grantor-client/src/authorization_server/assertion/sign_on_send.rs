//! How an assertion gets into a request: the request carries what is to be signed, and the channel
//! signs it just before it is sent. So whoever repeats a request repeats no assertion.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{Environment, Params};
use grantor_jose::SignError;
use http::Request;

use super::claims::AssertionTemplate;

/// The purpose of an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssertionUse {
    /// RFC 7523 section 2.1.
    Grant,
    /// RFC 7523 section 2.2.
    Client,
}

/// An assertion that is still to be signed into a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignOnSend(Vec<(AssertionUse, Arc<AssertionTemplate>)>);

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl SignOnSend {
    /// Has a request signed when it is sent.
    pub(crate) fn put(
        request: &mut Request<Bytes>,
        what_for: AssertionUse,
        statement: &Arc<AssertionTemplate>,
    ) {
        let unsigned: &mut Self = request.extensions_mut().get_or_insert_default();
        unsigned.0.push((what_for, Arc::clone(statement)));
    }

    /// Signs what is to be signed.
    pub(crate) async fn sign(
        request: &mut Request<Bytes>,
        environment: &Environment,
    ) -> Result<(), SignError> {
        let Some(Self(statements)) = request.extensions_mut().remove() else {
            return Ok(());
        };
        let mut params = Params::new();
        for (what_for, statement) in statements {
            let assertion = statement.sign(environment).await?.expose().to_owned();
            match what_for {
                AssertionUse::Grant => params.push("assertion", assertion),
                AssertionUse::Client => {
                    params.push("client_assertion_type", JWT_BEARER);
                    params.push("client_assertion", assertion);
                }
            }
        }
        params.append_to(request);
        Ok(())
    }
}
