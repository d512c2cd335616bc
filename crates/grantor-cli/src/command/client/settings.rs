//! The settings of a client on the command line.

use std::time::Duration;

use grantor_core::{RedirectUri, Scope};
use grantor_server::grant_type::{DeviceCode, Implicit, Password};
use grantor_server::{Client, ClientAuthMethod, ClientKeys, Config, Rotation};
use url::Url;

use crate::args::{ClientSettings, parse_span};
use crate::error::{CliError, list};
use crate::files;

/// The settings that a command names, read. An option that was not given changes nothing, an empty
/// text removes the setting.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    name: Option<Option<String>>,
    grant_types: Option<Vec<String>>,
    scope: Option<Scope>,
    default_scope: Option<Option<Scope>>,
    redirect_uris: Option<Vec<RedirectUri>>,
    redirect_schemes: Option<Vec<String>>,
    resource_identifier: Option<Option<String>>,
    resources: Option<Option<Vec<String>>>,
    auth_method: Option<ClientAuthMethod>,
    jwks: Option<Option<ClientKeys>>,
    jwks_uri: Option<Option<Url>>,
    danger_assertion_audience_token_endpoint: Option<bool>,
    require_pushed_requests: Option<bool>,
    dpop_bound_access_tokens: Option<bool>,
    require_dpop_nonces: Option<bool>,
    opaque_access_tokens: Option<bool>,
    rotation: Option<Option<Rotation>>,
    access_token_lifetime: Option<Option<Duration>>,
    refresh_token_lifetime: Option<Option<Duration>>,
    grant_lifetime: Option<Option<Duration>>,
}

impl Changes {
    /// # Errors
    /// Every option whose value can't be used.
    pub(super) fn read(given: ClientSettings) -> Result<Self, CliError> {
        let mut problems = Vec::new();
        let changes = Self {
            name: given.name.map(non_empty),
            grant_types: replaced(given.grants)
                .map(|grants| each("--grant", grants, grant_type, &mut problems)),
            scope: (!given.scope.is_empty())
                .then(|| one("--scope", &given.scope.join(" "), scope, &mut problems))
                .flatten(),
            default_scope: given
                .default_scope
                .and_then(|text| one("--default-scope", &text, default_scope, &mut problems)),
            redirect_uris: replaced(given.redirect_uris)
                .map(|uris| each("--redirect-uri", uris, redirect_uri, &mut problems)),
            redirect_schemes: replaced(given.redirect_schemes),
            resource_identifier: given.resource_server.map(non_empty),
            resources: replaced(given.allowed_resources)
                .map(|resources| Some(resources).filter(|list| !list.is_empty())),
            auth_method: given
                .auth_method
                .and_then(|text| one("--auth-method", &text, auth_method, &mut problems)),
            jwks: given
                .jwks
                .and_then(|path| one("--jwks", &path, keys, &mut problems)),
            jwks_uri: given
                .jwks_uri
                .and_then(|text| one("--jwks-uri", &text, keys_url, &mut problems)),
            danger_assertion_audience_token_endpoint: given
                .danger_assertion_audience_token_endpoint,
            require_pushed_requests: given.require_pushed_requests,
            dpop_bound_access_tokens: given.dpop_bound_access_tokens,
            require_dpop_nonces: given.require_dpop_nonces,
            opaque_access_tokens: given.opaque_access_tokens,
            rotation: given
                .rotation
                .and_then(|text| one("--rotation", &text, rotation, &mut problems)),
            access_token_lifetime: given
                .access_lifetime
                .and_then(|text| one("--access-lifetime", &text, access_lifetime, &mut problems)),
            refresh_token_lifetime: given
                .refresh_lifetime
                .and_then(|text| one("--refresh-lifetime", &text, lifetime, &mut problems)),
            grant_lifetime: given
                .grant_lifetime
                .and_then(|text| one("--grant-lifetime", &text, lifetime, &mut problems)),
        };
        if problems.is_empty() {
            return Ok(changes);
        }
        Err(CliError::usage(list("options are wrong", &problems)))
    }

    /// Returns whether no option was given.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether there are keys, and nothing says how the client authenticates.
    pub(super) fn has_keys_only(&self) -> bool {
        let has_keys = matches!(self.jwks, Some(Some(_))) || matches!(self.jwks_uri, Some(Some(_)));
        has_keys && self.auth_method.is_none()
    }

    pub(super) fn apply(&self, client: &mut Client) {
        set(&mut client.name, &self.name);
        set(&mut client.grant_types, &self.grant_types);
        set(&mut client.scope, &self.scope);
        set(&mut client.default_scope, &self.default_scope);
        set(&mut client.redirect_uris, &self.redirect_uris);
        set(&mut client.redirect_schemes, &self.redirect_schemes);
        set(&mut client.resource_identifier, &self.resource_identifier);
        set(&mut client.resources, &self.resources);
        set(&mut client.auth_method, &self.auth_method);
        set(&mut client.jwks, &self.jwks);
        set(&mut client.jwks_uri, &self.jwks_uri);
        set(
            &mut client.danger_assertion_audience_token_endpoint,
            &self.danger_assertion_audience_token_endpoint,
        );
        set(
            &mut client.require_pushed_authorization_requests,
            &self.require_pushed_requests,
        );
        set(
            &mut client.dpop_bound_access_tokens,
            &self.dpop_bound_access_tokens,
        );
        set(&mut client.require_dpop_nonces, &self.require_dpop_nonces);
        set(&mut client.opaque_access_tokens, &self.opaque_access_tokens);
        set(&mut client.rotation, &self.rotation);
        set(
            &mut client.access_token_lifetime,
            &self.access_token_lifetime,
        );
        set(
            &mut client.refresh_token_lifetime,
            &self.refresh_token_lifetime,
        );
        set(&mut client.grant_lifetime, &self.grant_lifetime);
    }
}

fn set<T: Clone>(target: &mut T, change: &Option<T>) {
    if let Some(value) = change {
        target.clone_from(value);
    }
}

/// A list that was given; without the empty text that stands for none.
fn replaced(given: Vec<String>) -> Option<Vec<String>> {
    let some = !given.is_empty();
    some.then(|| given.into_iter().filter(|text| !text.is_empty()).collect())
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn one<T>(
    option: &str,
    text: &str,
    read: fn(&str) -> Result<T, String>,
    problems: &mut Vec<String>,
) -> Option<T> {
    match read(text) {
        Ok(value) => Some(value),
        Err(problem) => {
            problems.push(format!("{option} {text}: {problem}"));
            None
        }
    }
}

fn each<T>(
    option: &str,
    texts: Vec<String>,
    read: fn(&str) -> Result<T, String>,
    problems: &mut Vec<String>,
) -> Vec<T> {
    let values = texts.into_iter();
    values
        .filter_map(|text| one(option, &text, read, problems))
        .collect()
}

/// A grant type of the server, or an extension, whose name is a URI (RFC 6749 section 4.5). The one of
/// devices has a short name too.
fn grant_type(text: &str) -> Result<String, String> {
    let known = [
        "authorization_code",
        "client_credentials",
        "refresh_token",
        Password::NAME,
        Implicit::NAME,
    ];
    if text == "device_code" {
        return Ok(DeviceCode::NAME.to_owned());
    }
    if known.contains(&text) || Url::parse(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!(
        "must be one of {}, device_code, or a URI",
        known.join(", ")
    ))
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).map_err(|error| error.to_string())
}

fn default_scope(text: &str) -> Result<Option<Scope>, String> {
    match text {
        "" => Ok(None),
        _ => scope(text).map(Some),
    }
}

fn redirect_uri(text: &str) -> Result<RedirectUri, String> {
    RedirectUri::parse(text).map_err(|error| error.to_string())
}

fn auth_method(text: &str) -> Result<ClientAuthMethod, String> {
    text.parse()
        .map_err(|error: grantor_server::UnsupportedAuthMethod| error.to_string())
}

fn keys(path: &str) -> Result<Option<ClientKeys>, String> {
    if path.is_empty() {
        return Ok(None);
    }
    let json = files::read_text(path).map_err(|error| error.to_string())?;
    let keys = ClientKeys::from_json(&json);
    keys.map(Some).map_err(|error| error.to_string())
}

fn keys_url(text: &str) -> Result<Option<Url>, String> {
    match text {
        "" => Ok(None),
        _ => Url::parse(text)
            .map(Some)
            .map_err(|error| error.to_string()),
    }
}

fn rotation(text: &str) -> Result<Option<Rotation>, String> {
    match text {
        "" => Ok(None),
        "always" => Ok(Some(Rotation::Always)),
        _ => Err("must be \"always\" or empty".to_owned()),
    }
}

/// A longer one than a server's setting would never apply.
fn access_lifetime(text: &str) -> Result<Option<Duration>, String> {
    match lifetime(text)? {
        Some(time) if time > Config::MAX_ACCESS_TOKEN_LIFETIME => {
            Err("must be at most 30d: no server has access tokens that live longer".to_owned())
        }
        time => Ok(time),
    }
}

fn lifetime(text: &str) -> Result<Option<Duration>, String> {
    match text {
        "" => Ok(None),
        _ => parse_span(text).map(Some),
    }
}

#[cfg(test)]
mod tests;
