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
mod fair_queue;
mod known_browsers;
mod pages;
mod passwords;
mod sessions;
mod site;
mod user_name;

pub use account_record::Account;
pub use accounts::Accounts;
pub use error::{Error, PasswordError};
pub use pages::notice_page;
pub use passwords::Passwords;
pub use site::AccountSite;
