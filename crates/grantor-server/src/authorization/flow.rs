//! The result of a step.

use crate::http::Reply;

/// How it goes on after a step.
#[derive(Debug)]
pub(crate) enum Flow {
    /// With the next one.
    Continue,
    /// Not at all: this is the answer.
    Reply(Reply),
}

/// The recipient of a failure where there is a browser. Elsewhere it is the client, in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The user, by a page: nobody knows yet who the client is, or where.
    ToUser,
    /// The client, by a redirect.
    ToClient,
}
