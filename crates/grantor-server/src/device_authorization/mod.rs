//! Devices whose users decide in a browser elsewhere (RFC 8628): their requests, the codes that users
//! type in, and how often devices ask.

mod device_authorizations;
mod poll;
mod record;
mod user_code;

pub(crate) use device_authorizations::{DeviceAuthorizations, FoundDevice};
pub(crate) use poll::Pace;
pub use poll::Poll;
pub(crate) use record::DeviceAuthorization;
pub(crate) use user_code::UserCode;
