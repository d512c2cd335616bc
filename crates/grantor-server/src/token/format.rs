//! Formats of access tokens beside opaque ones and JWTs.

use std::fmt::Debug;

use grantor_core::{BoxFuture, Secret};
use serde_json::{Map, Value};

use crate::error::Error;

/// How access tokens are written as texts, where neither opaque tokens nor JWTs will do: PASETO,
/// CWT, or whatever a gateway understands. [`ServerBuilder::token_format`] takes one.
///
/// The server decides what a token says and gives it as claims with the names of RFC 9068: `iss`,
/// `sub`, `aud` and `scope` if it has one, `client_id`, `exp`, `iat`, `jti`, and `anchor`, which is the
/// server's own.
/// The text must hold all of them. When the server reads a token, it checks the issuer, the expiry
/// and revocation itself; the format answers for the text being its own and unchanged.
///
/// [`ServerBuilder::token_format`]: crate::ServerBuilder::token_format
pub trait TokenFormat: Debug + Send + Sync + 'static {
    /// The text of a token with these claims.
    ///
    /// # Errors
    /// It can't be signed or encrypted now. The client may send its request again.
    fn write<'a>(&'a self, claims: &'a Map<String, Value>) -> BoxFuture<'a, Result<Secret, Error>>;

    /// The claims of a token that [`write`](Self::write) made; none of any other text, and of one
    /// that was changed.
    ///
    /// # Errors
    /// It can't be verified now.
    fn read<'a>(
        &'a self,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<Map<String, Value>>, Error>>;
}
