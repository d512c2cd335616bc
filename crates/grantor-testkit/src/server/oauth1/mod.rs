//! OAuth 1.0a (RFC 5849): three steps to the credentials of a token, and an API that verifies signatures.
//!
//! Parameters, base strings and signatures are read, built and verified here by code of its own: a client
//! that signs with `grantor_core::oauth1` can't share a mistake with it.

mod base_string;
mod endpoints;
mod fault_answers;
mod parameters;
mod problem;
mod rsa;
mod settings;
mod signature;
mod state;
mod verify;

pub(super) use self::endpoints::{
    api_refusal, authorization, temporary_credentials, token_credentials,
};
pub(super) use self::fault_answers::{answer as fault_answer, changed_by};
pub(super) use self::parameters::is_signed;
pub(super) use self::state::OAuth1State;
