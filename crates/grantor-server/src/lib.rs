//! An OAuth authorization server that embeds in your application, as a `tower` service.
//!
//! RFC 6749, 6750, 7009, 7636, 7662, 8414, 8707, 9068, 9207. It names no web framework and no
//! database: requests are of the `http` crate, records go through `grantor-store`. Who the user is
//! and what they see is the application's, by the trait [`Site`]; accounts and pages of its own are
//! in [`site`].

mod anchor;
mod authorize;
mod build;
mod cached;
mod clients;
mod config;
mod counters;
mod error;
mod grant;
mod grants;
mod keys;
mod metadata;
mod record;
mod secret_hash;
mod server;
pub mod site;
mod token;

pub use anchor::Anchor;
pub use authorize::{Answer, Decision, Interaction, Login, Need, Page, Site, SiteError};
pub use build::{BuildError, ServerBuilder};
pub use clients::{Client, Clients, NewClient, StoredClients};
pub use config::{AccessTokens, Config, Profile, Rotation};
pub use counters::{Counters, CountersSnapshot};
pub use error::Error;
pub use grant::{Grant, Issue, TokenContext};
pub use grants::{AuthorizationCode, ClientCredentials, RefreshToken};
pub use server::Server;
