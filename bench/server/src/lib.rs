//! grantor's server as the groups measure it: one client, kept in memory or in SQLite, served by
//! `grantor_listen` on one thread; or with a user and all default grant types, in memory.

mod grants;
mod kind;
mod ours;
mod serve;
mod sign_in;

pub use grants::{ISSUER, NAMESPACE, REDIRECT_URI, build_with_grants, build_with_grants_on};
pub use kind::Kind;
pub use ours::build;
pub use serve::{serve, serve_beside, serve_grants, serve_grants_on};
pub use sign_in::{AUTHORIZATION, SignIn, client_request, redeem, token_of};
