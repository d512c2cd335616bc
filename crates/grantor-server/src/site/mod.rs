//! The built-in site: accounts with argon2id, sessions, and pages that work without JavaScript.

mod accounts;
mod argon;
mod built_in;
mod pages;
mod passwords;
mod session;
mod user_name;

pub use accounts::{Account, Accounts};
pub use built_in::BuiltInSite;
pub(crate) use pages::error_page;
pub use passwords::{PasswordError, Passwords};
