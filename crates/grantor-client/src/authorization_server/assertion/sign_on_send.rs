//! How an assertion gets into a request: the request carries what is to be signed or fetched, and the
//! channel does so just before it is sent. So a request that is repeated has a new assertion each time.

use std::sync::Arc;

use bytes::Bytes;
use grantor_core::{Params, Secret};
use http::{Request, Uri};

use super::claims::AssertionTemplate;
use super::given::{GivenAssertion, JWT_BEARER};
use crate::authorization_server::connection::Connection;
use crate::error::Error;

/// The purpose of an assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AssertionUse {
    /// RFC 7523 section 2.1.
    Grant,
    /// RFC 7523 section 2.2.
    Client,
}

/// An assertion for a request that is still to be sent.
#[derive(Debug, Clone)]
pub(crate) enum Statement {
    /// It is signed here.
    Signed(Arc<AssertionTemplate>),
    /// Another party made it.
    Given(Arc<GivenAssertion>),
}

/// The assertions that are still to be put into a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignOnSend(Vec<(AssertionUse, Statement)>);

impl Statement {
    /// Returns whether a request with it may be repeated freely: each time it is another one, or one that
    /// its issuer gives for many requests.
    pub(crate) fn is_new_every_time(&self) -> bool {
        match self {
            Self::Signed(template) => template.is_new_every_time(),
            Self::Given(_) => true,
        }
    }

    async fn text(&self, connection: &Connection, endpoint: &Uri) -> Result<Secret, Error> {
        match self {
            Self::Signed(template) => Ok(template.sign(&connection.environment, endpoint).await?),
            Self::Given(given) => given.fetch(connection).await,
        }
    }

    fn client_assertion_type(&self) -> &'static str {
        match self {
            Self::Signed(_) => JWT_BEARER,
            Self::Given(given) => given.client_assertion_type(),
        }
    }
}

impl SignOnSend {
    /// Has a request carry an assertion when it is sent.
    pub(crate) fn put(request: &mut Request<Bytes>, what_for: AssertionUse, statement: &Statement) {
        let unsigned: &mut Self = request.extensions_mut().get_or_insert_default();
        unsigned.0.push((what_for, statement.clone()));
    }

    /// Signs what is to be signed, and fetches the rest.
    pub(crate) async fn sign(
        request: &mut Request<Bytes>,
        connection: &Connection,
    ) -> Result<(), Error> {
        let Some(Self(statements)) = request.extensions_mut().remove() else {
            return Ok(());
        };
        let mut params = Params::new();
        for (what_for, statement) in statements {
            let assertion = statement
                .text(connection, request.uri())
                .await?
                .expose()
                .to_owned();
            match what_for {
                AssertionUse::Grant => params.push("assertion", assertion),
                AssertionUse::Client => {
                    params.push("client_assertion_type", statement.client_assertion_type());
                    params.push("client_assertion", assertion);
                }
            }
        }
        params.append_to(request);
        Ok(())
    }
}
