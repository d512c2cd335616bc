//! The ways to a token at the token endpoint, one file each.
//!
//! A grant type decides, and only reads. The server then does the rest, in this order: it writes or
//! signs the tokens of the answer, makes the one put that decides, reports the event, and answers.
//! A token that was written before a put that failed or lost is an orphan: nobody has its text, and
//! it expires. So a store or a signer that fails burns no code and no refresh token.

mod audience;
mod authorization_code;
mod call;
mod call_grants;
mod client_credentials;
pub(crate) mod commit;
mod device_code;
mod granted;
mod implicit;
mod jwt_bearer;
mod list;
mod password;
mod refresh_token;
mod requested;
mod token_exchange;

use std::fmt::Debug;

use grantor_core::BoxFuture;
use url::Url;

pub use authorization_code::AuthorizationCode;
pub use call::TokenCall;
pub use client_credentials::ClientCredentials;
pub use device_code::DeviceCode;
pub use granted::{Change, End, Granted, NewGrant, OnConflict, Once, Under, Wait};
pub use implicit::Implicit;
pub use jwt_bearer::{
    Asserted, AssertionDecision, AssertionKind, AssertionPolicy, AssertionRequest, IssuerKeys,
    JwtBearer, TrustedIssuer,
};
pub(crate) use list::GrantTypes;
pub use password::Password;
pub use refresh_token::RefreshToken;
pub(crate) use requested::{missing_target, scope_of_request, unknown_target};
pub use token_exchange::{
    Exchange, ExchangeDecision, ExchangePolicy, ExchangeRequest, TokenExchange,
};

use crate::error::Error;

/// A way to a token: its name, the parameters it takes, and what it gives for them.
///
/// The server authenticates the client, checks that it may use the grant type, and removes every
/// parameter that the grant type did not declare. The grant type decides what to issue; the server
/// writes, signs and answers.
pub trait GrantType: Debug + Send + Sync + 'static {
    /// `grant_type` on the wire.
    fn name(&self) -> &str;

    /// The parameters it reads, besides `scope`, `resource` and `audience`.
    fn parameters(&self) -> &[&str];

    /// Returns whether users give it, on pages of the site. A server with such a grant type has the
    /// authorization endpoint, and needs a site.
    fn shows_pages(&self) -> bool {
        false
    }

    /// Whether it needs a site though it shows no pages, as the one for passwords does.
    fn needs_site(&self) -> bool {
        self.shows_pages()
    }

    /// The URLs that it fetches keys from. A server with such a grant type needs
    /// [`ServerBuilder::transport_with`](crate::ServerBuilder::transport_with), and fetches no other URLs
    /// than it would for clients: https, from public addresses.
    fn fetched_urls(&self) -> Vec<&Url> {
        Vec::new()
    }

    /// Decides what the request is granted. It reads and never writes: it is called again when the put that
    /// decides lost to another request, and then [`TokenCall::attempt`] is not zero.
    ///
    /// # Errors
    /// The refusal that the client gets, or that the store failed.
    fn decide<'a>(&'a self, call: &'a TokenCall<'a>) -> BoxFuture<'a, Result<Granted, Error>>;
}
