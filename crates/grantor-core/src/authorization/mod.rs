//! The authorization endpoint (RFC 6749 section 4.1, RFC 9207): its request, its answer, and how the
//! answer travels.

mod prompt;
mod request;
mod request_object;
mod response;
mod response_mode;
mod response_type;

pub use prompt::{InvalidPrompt, Prompt};
pub use request::{AuthorizationRequest, ParameterProblem};
#[cfg(feature = "exchange")]
pub use response::AuthorizationError;
pub use response::{AuthorizationResponse, Authorized};
pub use response_mode::{Delivery, ResponseMode};
pub use response_type::ResponseType;
