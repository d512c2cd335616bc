//! The scope and the resources of a token request.

use std::borrow::Cow;

use grantor_core::{ErrorCode, Scope};
use grantor_jose::check::{holds, is_off};

use crate::client::Client;
use crate::config::{Config, DefaultScope};
use crate::error::Error;

/// The scope of a request: what it names, within what the client may request by the grant type; if it
/// names nothing, the default of the client, of the grant type or of the server (RFC 6749 section 3.3).
pub(crate) fn scope_of_request(
    requested: Option<&str>,
    grant_type: &str,
    client: &Client,
    config: &Config,
) -> Result<Scope, Error> {
    let settings = config.grant_type_settings.get(grant_type);
    let allowed = most_scope(grant_type, client, config);
    if let Some(text) = requested {
        return requested_scope(text, &allowed, config);
    }
    let default = match &client.default_scope {
        Some(own) => own.intersection(&allowed),
        None => {
            let of_grant_type = settings.and_then(|settings| settings.default_scope.as_ref());
            match of_grant_type.unwrap_or(&config.default_scope) {
                DefaultScope::All => return Ok(allowed.into_owned()),
                DefaultScope::Values(values) => values.intersection(&allowed),
                DefaultScope::Required => Scope::default(),
            }
        }
    };
    if default.is_empty() && !allowed.is_empty() {
        let description = "\"scope\" is missing: the request has to name its scope";
        return Err(Error::refused(ErrorCode::InvalidScope, description));
    }
    Ok(default)
}

/// The most that a client may request by a grant type.
pub(crate) fn most_scope<'c>(
    grant_type: &str,
    client: &'c Client,
    config: &Config,
) -> Cow<'c, Scope> {
    let settings = config.grant_type_settings.get(grant_type);
    match settings.and_then(|settings| settings.scope.as_ref()) {
        Some(limit) => Cow::Owned(client.scope.intersection(limit)),
        None => Cow::Borrowed(&client.scope),
    }
}

/// A scope as a request has it, which must lie within `allowed`.
pub(crate) fn requested_scope(
    text: &str,
    allowed: &Scope,
    config: &Config,
) -> Result<Scope, Error> {
    // The most usual request: all of it, as it is written.
    if !text.is_empty() && text == allowed.as_str() {
        return Ok(allowed.clone());
    }
    let refuse = |description: String| Error::refused(ErrorCode::InvalidScope, description);
    let text = match config.scope_separator {
        ' ' => Cow::Borrowed(text),
        separator => Cow::Owned(text.replace(separator, " ")),
    };
    let most = if is_off("scope.size") {
        usize::MAX
    } else {
        config.max_scope_values
    };
    let scope = Scope::parse_at_most(&text, most).map_err(|error| refuse(error.to_string()))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    fn client() -> Client {
        let mut client = Client::new("a", "1");
        client.scope = scope("read write");
        client
    }

    fn asked(requested: Option<&str>, client: &Client, config: &Config) -> Option<String> {
        let scope = scope_of_request(requested, "password", client, config);
        scope.ok().map(|scope| scope.to_string())
    }

    #[test]
    fn the_nearest_default_decides() {
        let mut config = Config::default();
        let mut client = client();
        let check = |config: &Config, client: &Client, expected: Option<&str>| {
            assert_eq!(asked(None, client, config).as_deref(), expected);
            assert_eq!(
                asked(Some("write"), client, config).as_deref(),
                Some("write")
            );
        };
        check(&config, &client, Some("read write"));
        config.default_scope = DefaultScope::Required;
        check(&config, &client, None);
        config.default_scope = DefaultScope::Values(scope("read admin"));
        check(&config, &client, Some("read"));
        config.grant_type("password").default_scope = Some(DefaultScope::All);
        check(&config, &client, Some("read write"));
        client.default_scope = Some(scope("write"));
        check(&config, &client, Some("write"));
    }

    #[test]
    fn a_default_without_a_value_of_the_client_s_is_none() {
        let mut config = Config {
            default_scope: DefaultScope::Values(scope("admin")),
            ..Config::default()
        };
        assert_eq!(asked(None, &client(), &config), None);
        // A client without any scope needs to name none.
        for default in [
            DefaultScope::Required,
            DefaultScope::Values(scope("admin")),
            DefaultScope::All,
        ] {
            config.default_scope = default;
            let without = Client::new("b", "1");
            assert_eq!(asked(None, &without, &config).as_deref(), Some(""));
        }
    }

    #[test]
    fn a_grant_type_may_have_less_than_the_client() {
        let mut config = Config::default();
        config.grant_type("password").scope = Some(scope("read admin"));
        assert_eq!(asked(None, &client(), &config).as_deref(), Some("read"));
        assert_eq!(
            asked(Some("read"), &client(), &config).as_deref(),
            Some("read")
        );
        for outside in ["write", "admin"] {
            assert_eq!(asked(Some(outside), &client(), &config), None);
        }
        let other = scope_of_request(Some("write"), "other", &client(), &config);
        assert_eq!(other.unwrap(), scope("write"));
    }

    #[test]
    fn another_separator_is_read_beside_the_space() {
        let mut config = Config {
            profile: Profile::Legacy20,
            scope_separator: ',',
            ..Config::default()
        };
        for text in ["read,write", "read write", "read,,write,", "read, write"] {
            assert_eq!(
                asked(Some(text), &client(), &config).as_deref(),
                Some("read write"),
                "{text}"
            );
        }
        assert_eq!(asked(Some(","), &client(), &config), None);
        config.scope_separator = ' ';
        assert_eq!(asked(Some("read,write"), &client(), &config), None);
    }
}
