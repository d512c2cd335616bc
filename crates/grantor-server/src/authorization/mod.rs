//! The authorization endpoint (RFC 6749 section 4.1, RFC 7636, RFC 8707, RFC 9207).
//!
//! [`table`] has the whole of its rules on one screen: in order, and which of them each flow and
//! phase runs. Then the [`Site`](crate::Site) says who the user is and what they decided.

mod check;
mod endpoint;
mod respond;
mod step;
mod table;

pub(crate) use endpoint::set_cookie;
