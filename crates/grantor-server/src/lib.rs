//! An OAuth authorization server that embeds in your application, as a `tower` service.
//!
//! RFC 6749, 6750, 7009, 7636, 7662, 8414, 8707, 9068, 9207. It names no web framework and no
//! database: requests are of the `http` crate, records go through `grantor-store`. Who the user is
//! and what they see is the application's, by the trait [`Site`]; accounts and pages of its own are
//! in [`built_in_site`].

mod authorization;
mod builder;
pub mod built_in_site;
mod cached;
mod client;
mod config;
mod counters;
mod endpoint;
mod error;
mod grant;
mod grant_type;
mod http;
mod key;
mod revocation;
mod server;
mod site;
mod token;

pub use builder::{BuildError, ServerBuilder};
pub use client::{Client, Clients, NewClient, StoredClients};
pub use config::{AccessTokens, Config, Profile, Rotation};
pub use counters::{Counters, CountersSnapshot};
pub use error::Error;
pub use grant_type::{
    AuthorizationCode, ClientCredentials, Grant, Issue, RefreshToken, TokenContext,
};
pub use revocation::Anchor;
pub use server::Server;
pub use site::{Answer, Decision, Interaction, Login, Need, Page, Site, SiteError};
