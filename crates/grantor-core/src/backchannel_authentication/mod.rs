//! The backchannel authentication endpoint, at which users are asked without a browser (OpenID Connect
//! Client-Initiated Backchannel Authentication Flow, CIBA Core).

mod notification;
mod request;
mod response;

pub use notification::{BackchannelNotification, InvalidNotification};
pub use request::{BackchannelAuthenticationRequest, UserHint};
pub use response::{BackchannelAuthenticationError, BackchannelAuthenticationResponse};
