//! Clients in texts for people.

use std::time::Duration;

use grantor_core::Timestamp;
use grantor_server::{Client, ClientKeys, Rotation, StoredClient};
use serde_json::{Value, json};

use crate::when;

/// A line for each client.
pub(super) fn lines(clients: &[Client]) -> String {
    if clients.is_empty() {
        return "no clients yet: grantor client add ID --grant client_credentials --scope read"
            .to_owned();
    }
    let lines: Vec<String> = clients.iter().map(line).collect();
    lines.join("\n")
}

fn line(client: &Client) -> String {
    let parts = [
        client.id.clone(),
        kind(client),
        client.grant_types.join(","),
        client.scope.to_string(),
        redirect_uris(client).join(" "),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

/// All settings, one a line.
pub(super) fn details(client: &Client) -> String {
    let server = || "as the server".to_owned();
    let or = |text: String, other: &str| {
        if text.is_empty() {
            other.to_owned()
        } else {
            text
        }
    };
    let resources = client.resources.as_ref();
    let rows = [
        ("client", client.id.clone()),
        ("name", or(client.name.clone().unwrap_or_default(), "none")),
        ("kind", kind(client)),
        ("authentication", client.auth_method.to_string()),
        (
            "keys",
            match (&client.jwks, &client.jwks_uri) {
                (Some(keys), _) => key_ids(keys),
                (None, Some(url)) => format!("at {url}"),
                (None, None) => "none".to_owned(),
            },
        ),
        (
            "audience",
            match client.danger_assertion_audience_token_endpoint {
                true => "the issuer, or the token endpoint (dangerous)".to_owned(),
                false => "the issuer".to_owned(),
            },
        ),
        ("grant types", or(client.grant_types.join(", "), "none")),
        ("scope", or(client.scope.to_string(), "none")),
        (
            "default scope",
            client
                .default_scope
                .as_ref()
                .map_or_else(server, ToString::to_string),
        ),
        ("redirect URIs", or(redirect_uris(client).join(" "), "none")),
        ("schemes", or(client.redirect_schemes.join(" "), "none")),
        (
            "resources",
            resources.map_or_else(|| "any".to_owned(), |list| list.join(" ")),
        ),
        (
            "push requests",
            match client.require_pushed_authorization_requests {
                true => "required".to_owned(),
                false => server(),
            },
        ),
        (
            "bound tokens",
            match client.dpop_bound_access_tokens {
                true => "required, by DPoP".to_owned(),
                false => server(),
            },
        ),
        (
            "DPoP nonces",
            match client.require_dpop_nonces {
                true => "required".to_owned(),
                false => server(),
            },
        ),
        (
            "token format",
            match client.opaque_access_tokens {
                true => "opaque".to_owned(),
                false => server(),
            },
        ),
        (
            "rotation",
            client
                .rotation
                .map_or_else(server, |r| rotation(r).to_owned()),
        ),
        (
            "access tokens",
            client.access_token_lifetime.map_or_else(server, at_most),
        ),
        (
            "refresh tokens",
            client.refresh_token_lifetime.map_or_else(server, at_most),
        ),
        ("grants", client.grant_lifetime.map_or_else(server, at_most)),
    ];
    let lines = rows.map(|(name, value)| format!("{:<16}{value}", format!("{name}:")));
    lines.join("\n")
}

/// All settings, and how many secrets it has and when each ends: as text and as JSON.
pub(super) fn with_secrets(stored: &StoredClient, now: Timestamp) -> (String, Value) {
    let StoredClient {
        client, secrets, ..
    } = stored;
    let end = |end: &Option<Timestamp>| match end {
        Some(end) => format!("until {}", when::told(*end, now)),
        None => "until it is replaced".to_owned(),
    };
    let ends: Vec<String> = secrets.iter().map(end).collect();
    let told = match &ends[..] {
        [] => "none".to_owned(),
        [only] => format!("1, {only}"),
        several => format!("{}, {}", several.len(), several.join("; ")),
    };
    let text = format!("{}\n{:<16}{told}", details(client), "secrets:");
    let mut json = to_json(client);
    let ends = secrets
        .iter()
        .map(|end| json!({ "expires_at": end.and_then(when::date) }));
    json["secrets"] = ends.collect();
    (text, json)
}

pub(super) fn to_json(client: &Client) -> Value {
    json!({
        "client_id": client.id,
        "name": client.name,
        "public": client.is_public(),
        "auth_method": client.auth_method,
        "jwks": client.jwks,
        "jwks_uri": client.jwks_uri,
        "danger_assertion_audience_token_endpoint":
            client.danger_assertion_audience_token_endpoint,
        "grants": client.grant_types,
        "scope": client.scope,
        "default_scope": client.default_scope,
        "redirect_uris": client.redirect_uris,
        "redirect_schemes": client.redirect_schemes,
        "resource_server": client.resource_identifier,
        "allowed_resources": client.resources,
        "require_pushed_requests": client.require_pushed_authorization_requests,
        "dpop_bound_access_tokens": client.dpop_bound_access_tokens,
        "require_dpop_nonces": client.require_dpop_nonces,
        "opaque_access_tokens": client.opaque_access_tokens,
        "rotation": client.rotation.map(rotation),
        "access_lifetime": client.access_token_lifetime.map(|time| time.as_secs()),
        "refresh_lifetime": client.refresh_token_lifetime.map(|time| time.as_secs()),
        "grant_lifetime": client.grant_lifetime.map(|time| time.as_secs()),
    })
}

fn kind(client: &Client) -> String {
    match (&client.resource_identifier, client.is_public()) {
        (Some(resource), _) => format!("resource server {resource}"),
        (None, true) => "public".to_owned(),
        (None, false) => "confidential".to_owned(),
    }
}

fn key_ids(keys: &ClientKeys) -> String {
    let ids = keys.keys().keys().iter();
    let ids: Vec<String> = ids
        .map(|key| key.key_id().map_or_else(|| key.thumbprint(), str::to_owned))
        .collect();
    ids.join(" ")
}

fn redirect_uris(client: &Client) -> Vec<String> {
    let uris = client.redirect_uris.iter();
    uris.map(|uri| uri.as_str().to_owned()).collect()
}

fn rotation(rotation: Rotation) -> &'static str {
    match rotation {
        Rotation::Always => "always",
        _ => "public clients",
    }
}

fn at_most(time: Duration) -> String {
    format!("at most {} s", time.as_secs())
}
