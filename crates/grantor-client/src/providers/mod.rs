//! Well-known providers, as data: where their endpoints are, and what they do otherwise than the
//! specifications say.
//!
//! No row was tried against the service itself: [`Provider::sources`] says where it is from. A
//! feature that is missing in a row is not known, which does not mean that the provider lacks it. A
//! provider with an [`issuer`](Provider::issuer) publishes metadata, which is newer than any row.
//!
//! ```
//! use grantor_client::providers;
//!
//! assert_eq!(providers::GITHUB.token_endpoint, "https://github.com/login/oauth/access_token");
//! let tenant = providers::microsoft("contoso.example")?;
//! assert!(tenant.token_endpoint.contains("/contoso.example/"));
//! # Ok::<(), providers::InvalidTenant>(())
//! ```

mod a_to_l;
mod m_to_z;
mod pkce;
mod provider;
mod quirks;
mod tenant;
#[cfg(test)]
mod tests;

pub use a_to_l::*;
pub use m_to_z::*;
pub use pkce::Pkce;
pub use provider::{Provider, Source};
pub use tenant::{
    InvalidTenant, asgardeo, azure_b2c, cognito, hipchat_server, microsoft, plentymarkets, shopify,
};

/// Every provider that needs no tenant, in order of name.
pub fn all() -> impl Iterator<Item = &'static Provider> {
    A_TO_L.iter().chain(M_TO_Z)
}

/// Makes a constant of every row, and the list of all.
macro_rules! rows {
    ($list:ident: $($(#[$doc:meta])* $name:ident = $row:expr;)*) => {
        $($(#[$doc])* pub const $name: Provider = $row;)*
        pub(super) const $list: &[Provider] = &[$($name),*];
    };
}
use rows;
