//! Tokens that platforms give a program about itself, against fakes of their services.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod aws;
mod azure;
mod cloud;
#[cfg(all(unix, feature = "executable"))]
mod executable;
mod external_account;
mod faults;
mod file;
mod github;
mod google;
mod saml;
