//! Authorization responses as a JWT (JWT Secured Authorization Response Mode for OAuth 2.0, JARM).

mod invalid;
mod rules;

pub use invalid::InvalidJwtResponse;
pub use rules::JwtResponseRules;
