//! The error that a request over ureq ended with, by its origin.

use crate::doors::send_error::send_error;

send_error! {
    /// The reason why a request has no answer, or an answer without a usable body: mostly the error of
    /// the token, or ureq's own.
    ///
    /// The operator `?` converts both. It removes the URL, whose query may hold the token.
    ///
    /// ```no_run
    /// use grantor_client::blocking::{SendError, Session};
    ///
    /// fn things(api: &Session) -> Result<String, SendError> {
    ///     Ok(api.get("things").send()?.body_mut().read_to_string()?)
    /// }
    /// ```
    ureq::Error
}

impl From<ureq::Error> for SendError {
    fn from(error: ureq::Error) -> Self {
        Self::Request(match error {
            ureq::Error::BadUri(_) => ureq::Error::BadUri("its scheme or host is missing".into()),
            ureq::Error::RequireHttpsOnly(_) => {
                ureq::Error::RequireHttpsOnly("the URL has another scheme".into())
            }
            other => other,
        })
    }
}
