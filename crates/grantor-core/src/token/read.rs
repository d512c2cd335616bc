//! Reading an answer of a token endpoint, whatever it is.

use std::borrow::Cow;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response};
use serde_json::{Map, Value};

use crate::answer::{Target, content_coding, content_type, retry_after};
use crate::error_response::ErrorResponse;
use crate::members::{Members, without_bom};
use crate::params::Params;
use crate::quirks::{AnswerEncoding, MemberNames, Quirks, ScopeSeparator, TokenTypeMeaning};
use crate::token::{TokenError, TokenResponse};

impl TokenResponse {
    /// Reads the answer of a token endpoint, as [`from_json`](Self::from_json) does. `error` is an
    /// error with status 200 too.
    ///
    /// # Errors
    /// The server refused, or it answered something else than a token.
    pub fn from_response<B: AsRef<[u8]>>(response: &Response<B>) -> Result<Self, TokenError> {
        Self::from_response_with(response, &Quirks::NONE)
    }

    /// Reads the answer of a token endpoint, as this server writes it.
    ///
    /// # Errors
    /// The server refused, or it answered something else than a token.
    pub fn from_response_with<B: AsRef<[u8]>>(
        response: &Response<B>,
        quirks: &Quirks,
    ) -> Result<Self, TokenError> {
        let json = read_members(response, quirks)?;
        let unexpected = |reason: &'static str| unexpected(response, reason);
        let json = adapt(json, quirks).map_err(unexpected)?;
        let mut token = Self::from_json(json).map_err(unexpected)?;
        if quirks.token_type == TokenTypeMeaning::AlwaysBearer {
            "Bearer".clone_into(&mut token.token_type);
        }
        Ok(token)
    }
}

/// The members of an answer that tells no error.
pub(crate) fn read_members<B: AsRef<[u8]>>(
    response: &Response<B>,
    quirks: &Quirks,
) -> Result<Map<String, Value>, TokenError> {
    let json = members(response, quirks).map_err(|reason| {
        let is_redirect = response.status().is_redirection();
        let elsewhere = is_redirect.then(|| redirected(response.headers()));
        unexpected(response, elsewhere.unwrap_or(reason))
    })?;
    if let Some(error) = error(&json, quirks) {
        return Err(TokenError::Refused {
            status: response.status(),
            error,
            retry_after: retry_after(response.headers()),
        });
    }
    if response.status().is_redirection() {
        return Err(unexpected(response, redirected(response.headers())));
    }
    if !response.status().is_success() {
        return Err(unexpected(response, "its body has no \"error\""));
    }
    if json.get("error").is_some_and(says_something) {
        return Err(unexpected(response, "its \"error\" is not a text"));
    }
    Ok(json)
}

/// An answer that is none.
pub(crate) fn unexpected<B>(
    response: &Response<B>,
    reason: impl Into<Cow<'static, str>>,
) -> TokenError {
    TokenError::Unexpected {
        status: response.status(),
        reason: reason.into(),
        retry_after: retry_after(response.headers()),
    }
}

fn redirected(headers: &HeaderMap) -> Cow<'static, str> {
    format!("{}; check the URL of the endpoint", Target::of(headers)).into()
}

/// The members of the body.
fn members<B: AsRef<[u8]>>(
    response: &Response<B>,
    quirks: &Quirks,
) -> Result<Map<String, Value>, Cow<'static, str>> {
    if let Some(coding) = content_coding(response.headers()) {
        let reason = format!("its body is compressed with \"{coding}\", which was not asked for");
        return Err(reason.into());
    }
    let body = without_bom(response.body().as_ref());
    let json = match serde_json::from_slice(body) {
        // RFC 6749 section 3.2: no parameter is there twice, since readers differ in which one they take.
        Ok(Value::Object(_)) => match Members::parse(body) {
            Some(Members(json)) => json,
            None => return Err("its body has a member twice".into()),
        },
        Ok(_) => return Err("its body is not a JSON object".into()),
        Err(_)
            if quirks.answer == AnswerEncoding::JsonOrForm && may_be_form(response.headers()) =>
        {
            let params = Params::parse(body).map_err(|_| "its body is neither JSON nor a form")?;
            let members = params.iter();
            members.map(|(n, v)| (n.to_owned(), v.into())).collect()
        }
        Err(_) if body.is_empty() => return Err("its body is empty".into()),
        Err(_) if body.trim_ascii_start().starts_with(b"<") => {
            return Err("its body is a page, not JSON; check the URL of the endpoint".into());
        }
        Err(_) => {
            let found = content_type(response.headers());
            let found = found.filter(|found| !found.eq_ignore_ascii_case("application/json"));
            let found = found.map(|found| format!("its body is \"{found}\", not JSON"));
            return Err(found.map_or("its body is not JSON".into(), Cow::Owned));
        }
    };
    Ok(match quirks.member_names {
        MemberNames::Standard => json,
        MemberNames::CamelCase => snake_case(json),
    })
}

/// Returns whether the answer claims to be a form, or nothing in particular.
fn may_be_form(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let essence = value.as_bytes().split(|b| *b == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
        || essence.eq_ignore_ascii_case(b"text/plain")
}

fn snake_case(json: Map<String, Value>) -> Map<String, Value> {
    let rename = |name: String| {
        let mut snake = String::with_capacity(name.len() + 2);
        for c in name.chars() {
            if c.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        }
        snake
    };
    json.into_iter().map(|(n, v)| (rename(n), v)).collect()
}

/// The error that the answer tells.
fn error(json: &Map<String, Value>, quirks: &Quirks) -> Option<ErrorResponse> {
    if let Some(error) = ErrorResponse::from_json(json) {
        return Some(error);
    }
    let code = at(json, quirks.error_at?)?.clone();
    ErrorResponse::from_json(&Map::from_iter([("error".to_owned(), code)]))
}

/// Returns whether an `error` that is no text tells one: some servers write null, `false` or 0 with
/// a token.
fn says_something(error: &Value) -> bool {
    !matches!(error, Value::Null | Value::Bool(false))
        && error.as_f64() != Some(0.0)
        && error.as_str() != Some("")
}

/// The members as the specifications have them.
fn adapt(json: Map<String, Value>, quirks: &Quirks) -> Result<Map<String, Value>, &'static str> {
    let mut json = match quirks.token_at.and_then(|pointer| at(&json, pointer)) {
        None | Some(Value::Null) => json,
        Some(Value::Object(inner)) => inner.clone(),
        Some(_) => return Err("its body has no object where this server has the token"),
    };
    if let Some(name) = quirks.lifetime_member
        && !json.contains_key("expires_in")
        && let Some(lifetime) = json.remove(name)
    {
        json.insert("expires_in".to_owned(), lifetime);
    }
    if quirks.answer_scope == ScopeSeparator::Comma
        && let Some(Value::String(scope)) = json.get_mut("scope")
    {
        *scope = scope.replace(',', " ");
    }
    Ok(json)
}

/// Returns the value at a JSON pointer (RFC 6901).
fn at<'a>(json: &'a Map<String, Value>, pointer: &str) -> Option<&'a Value> {
    let (first, rest) = match pointer.strip_prefix('/')?.split_once('/') {
        Some((first, _)) => (first, &pointer[first.len() + 1..]),
        None => (&pointer[1..], ""),
    };
    let first = first.replace("~1", "/").replace("~0", "~");
    json.get(&first)?.pointer(rest)
}

#[cfg(test)]
mod tests;
