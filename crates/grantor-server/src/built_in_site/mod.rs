//! The built-in site: accounts with argon2id, sessions, and pages that work without JavaScript.

mod accounts;
mod argon;
mod attempts;
mod built_in;
mod fair_queue;
mod known_browsers;
mod pages;
mod passwords;
mod session;
mod user_name;

pub use accounts::{Account, Accounts};
pub use built_in::BuiltInSite;
pub use passwords::{PasswordError, Passwords};
