//! The word of the application on clients that register themselves.

use std::fmt::Debug;

use grantor_core::{BoxFuture, ClientMetadata};
use http::request::Parts;

use super::Client;
use crate::error::Error;

/// The application's word on clients that register themselves, beyond the server's own rules.
pub trait RegistrationPolicy: Debug + Send + Sync + 'static {
    /// Judges a client before it is stored, when it registers and when it changes its registration. It
    /// may take from the client what it must not have; `request` has the address and the headers.
    ///
    /// # Errors
    /// The refusal that the client gets, such as `invalid_client_metadata`.
    fn review<'a>(
        &'a self,
        metadata: &'a ClientMetadata,
        client: &'a mut Client,
        request: &'a Parts,
    ) -> BoxFuture<'a, Result<(), Error>>;
}
