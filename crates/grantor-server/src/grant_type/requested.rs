//! The scope and the resources of a token request.

use grantor_core::{ErrorCode, Scope};
use grantor_jose::check::{holds, is_off};

use crate::error::Error;

/// A scope as a request has it: at most `most` values, which must lie within `allowed`.
pub(crate) fn requested_scope(text: &str, allowed: &Scope, most: usize) -> Result<Scope, Error> {
    // The most usual request: all of it, as it is written.
    if !text.is_empty() && text == allowed.as_str() {
        return Ok(allowed.clone());
    }
    let refuse = |description: String| Error::refused(ErrorCode::InvalidScope, description);
    let most = if is_off("scope.size") {
        usize::MAX
    } else {
        most
    };
    let scope = Scope::parse_at_most(text, most).map_err(|error| refuse(error.to_string()))?;
    if scope.is_empty() {
        return Err(refuse("\"scope\" is empty".to_owned()));
    }
    let is_allowed = |value: &&str| holds("scope.allowed", allowed.contains(value));
    if let Some(value) = scope.iter().find(|value| !is_allowed(value)) {
        return Err(refuse(format!(
            "\"scope\" has the value \"{}\", which is unknown or was not granted",
            shorten(value)
        )));
    }
    Ok(scope)
}

/// A resource that is unknown, not for this client, or was not granted.
pub(crate) fn unknown_target(parameter: &str, resource: &str) -> Error {
    let description = format!(
        "\"{parameter}\" has the value \"{}\", which is unknown, not for this client, or was not \
         granted",
        shorten(resource)
    );
    Error::refused(ErrorCode::InvalidTarget, description)
}

/// No resource, though the policy requires one.
pub(crate) fn missing_target() -> Error {
    let description = "\"resource\" is missing: name the server that the token is for (RFC 8707)";
    Error::refused(ErrorCode::InvalidTarget, description)
}

/// A value of a request, made short enough for a message.
fn shorten(value: &str) -> String {
    value.chars().take(80).collect()
}
