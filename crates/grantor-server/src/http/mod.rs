//! From bytes to a call and back. Nothing here knows the protocol.

mod browser;
mod call;
pub(crate) mod fault;
mod reply;

pub(crate) use browser::Browser;
pub(crate) use call::{Call, read_form, read_json, without_repeated};
pub(crate) use reply::Reply;
