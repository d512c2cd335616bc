//! OpenID Connect for a relying party, as values: ID tokens and their rules, the answer of the UserInfo
//! endpoint, the messages of logout, and logins that a third party starts.

mod accompanying;
mod end_session;
mod front_channel_logout;
mod id_token;
mod id_token_rules;
mod initiate_login;
mod invalid_id_token;
mod issuer_rule;
mod logout_token;
mod renewed;
pub(crate) mod tokens;
mod user_info;

pub use accompanying::{Accompanying, IssuedBy};
pub use end_session::EndSessionRequest;
pub use front_channel_logout::{FrontChannelLogout, InvalidFrontChannelLogout};
pub use id_token::IdToken;
pub use id_token_rules::IdTokenRules;
pub use initiate_login::{InitiateLogin, InvalidInitiateLogin};
pub use invalid_id_token::InvalidIdToken;
pub use issuer_rule::{InvalidIssuerTemplate, IssuerRule};
pub use logout_token::LogoutToken;
pub use renewed::check_renewed_id_token;
pub use tokens::TokenDecryption;
pub(crate) use tokens::{Plain, nested, plain};
pub use user_info::{InvalidUserInfo, UserInfo};
