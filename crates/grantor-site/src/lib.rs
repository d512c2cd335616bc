//! A login for `grantor-server`: accounts with argon2id passwords, sessions, and pages for login and
//! consent that work without JavaScript.
//!
//! [`AccountSite`] implements [`Site`](grantor_server::Site) on the public API of `grantor-server`
//! alone, so a site of your own can do all that this one does.
//!
//! ```
//! use grantor_core::Issuer;
//! use grantor_server::Server;
//! use grantor_site::{AccountSite, Accounts, Passwords};
//! use grantor_store::Stores;
//!
//! # async fn run(issuer: Issuer, stores: Stores) -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder(issuer, stores.clone())
//!     .site_with(AccountSite::for_server)
//!     .build()
//!     .await?;
//! let accounts = Accounts::open(&stores, Passwords::default())?;
//! accounts.add("ada", &"correct horse battery".into()).await?;
//! # Ok(())
//! # }
//! ```

mod account_record;
mod accounts;
mod argon;
mod attempts;
mod error;
mod known_browsers;
mod pages;
mod passwords;
mod queue;
mod sessions;
mod site;
#[cfg(test)]
mod stored_formats;
mod user_name;

pub use accounts::{Account, Accounts};
pub use error::Error;
pub use passwords::{PasswordError, Passwords};
pub use site::AccountSite;
