//! The rules of the authorization table, one file each.

pub(super) mod client;
pub(super) mod parameters;
pub(super) mod pkce;
pub(super) mod prompt;
pub(super) mod redirect_uri;
pub(super) mod resource;
pub(super) mod response_type;
pub(super) mod scope;
pub(super) mod unsupported;
