//! The error that a request over reqwest ended with, by its origin.

use crate::doors::send_error::send_error;

send_error! {
    /// The reason why a request has no answer, or an answer without a usable body: mostly the error of
    /// the token, or reqwest's own.
    ///
    /// The operator `?` converts both. It removes the URL, whose query may hold the token.
    ///
    /// ```no_run
    /// use grantor_client::{SendError, Session};
    ///
    /// async fn things(api: &Session) -> Result<Vec<String>, SendError> {
    ///     Ok(api.get("things").send().await?.json().await?)
    /// }
    ///
    /// async fn print(api: &Session) {
    ///     match things(api).await {
    ///         Ok(things) => println!("{things:?}"),
    ///         Err(SendError::Token(error)) => println!("there is no token: {error}"),
    ///         Err(SendError::Request(error)) if error.is_decode() => println!("no list: {error}"),
    ///         Err(error) => println!("no answer: {error}"),
    ///     }
    /// }
    /// ```
    reqwest::Error
}

impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error.without_url())
    }
}
