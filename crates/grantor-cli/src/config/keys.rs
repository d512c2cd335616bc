//! The keys of a configuration file: one table for reading and for the documentation.

mod values;

use grantor_core::{Issuer, ProxyHeader, Scope, TrustedProxies};
use grantor_jose::Algorithm;
use grantor_server::AccessTokens;
use toml::Value;

use self::values::{algorithms, character, metadata_documents, resource, within};
pub(super) use self::values::{
    default_scope, flag, lifetime, profile, resource_url, seconds, text,
};
use super::{Config, Location, RegistrationMode, ServedGrantType, parse_address};

/// A key that a file may have.
pub(super) struct Key {
    /// With its section before it.
    pub(super) name: &'static str,
    /// The values that it takes.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the documentation is held to it")
    )]
    pub(super) takes: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the documentation is held to it")
    )]
    pub(super) default: &'static str,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the documentation is held to it")
    )]
    pub(super) meaning: &'static str,
    /// Reads a value into the settings, or says what is wrong with it.
    pub(super) apply: fn(&mut Config, &Value) -> Result<(), String>,
}

pub(super) const KEYS: [Key; 39] = [
    Key {
        name: "data",
        takes: "a path",
        default: "`\"./grantor-data\"`",
        meaning: "the folder of the database and the master key; made with mode 0700",
        apply: |config, value| {
            config.data = text(value)?.into();
            Ok(())
        },
    },
    Key {
        name: "listen",
        takes: "an IP address and a port",
        default: "`\"127.0.0.1:8787\"`",
        meaning: "where `serve` listens; port 0 is a free one",
        apply: |config, value| {
            config.listen = parse_address(text(value)?)?;
            Ok(())
        },
    },
    Key {
        name: "issuer",
        takes: "an https URL, or http on a loopback address",
        default: "`http://` and the address",
        meaning: "who the server is, as clients know it; also where `token` and `request` get tokens",
        apply: |config, value| {
            let issuer = Issuer::parse(text(value)?).map_err(|error| error.to_string())?;
            config.issuer = Some(issuer);
            Ok(())
        },
    },
    Key {
        name: "store",
        takes: "`\"sqlite\"`, `\"memory\"`, `\"danger_sqlite_may_lose_last_commits\"`, a URL, or a \
                section",
        default: "`\"sqlite\"`",
        meaning: "where records are: see [stores]",
        apply: |config, value| {
            config.store.default = Location::parse(text(value)?)?;
            Ok(())
        },
    },
    Key {
        name: "profile",
        takes: "`\"oauth21\"`, `\"mcp\"` or `\"legacy20\"`",
        default: "`\"oauth21\"`",
        meaning: "the set of rules for all clients: those of OAuth 2.1; with them those of the Model \
                  Context Protocol; or those of OAuth 2.0 for applications that can't be changed at once, \
                  where PKCE is optional",
        apply: |config, value| {
            config.profile = profile(text(value)?)?;
            Ok(())
        },
    },
    Key {
        name: "scopes",
        takes: "values with spaces between them",
        default: "none",
        meaning: "the scope values that the metadata publishes; which of them a client may ask for is \
                  the client's",
        apply: |config, value| {
            config.scopes = Scope::parse(text(value)?).map_err(|error| error.to_string())?;
            Ok(())
        },
    },
    Key {
        name: "default_scope",
        takes: "values with spaces between them, `true` or `false`",
        default: "`true`",
        meaning: "the scope of a request that names none: these values, or all that the client may ask for; \
                  with `false` such a request is refused",
        apply: |config, value| {
            config.default_scope = default_scope(value)?;
            Ok(())
        },
    },
    Key {
        name: "scope_separator",
        takes: "one character",
        default: "`\" \"`",
        meaning: "what stands between scope values in requests, besides the space, and in the answers to \
                  them; another than the space needs the profile `legacy20`",
        apply: |config, value| {
            config.scope_separator = character(value)?;
            Ok(())
        },
    },
    Key {
        name: "resources",
        takes: "a list of URLs",
        default: "`[]`",
        meaning: "resources that tokens may be asked for, besides those of clients with `--resource-server`",
        apply: |config, value| {
            let list = value.as_array().ok_or("must be a list of URLs")?;
            config.resources = list.iter().map(resource).collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Key {
        name: "access_log",
        takes: "`true` or `false`",
        default: "`false`",
        meaning: "whether `serve` logs every request at level `info`: method, path without the query, \
                  status, time and address",
        apply: |config, value| {
            config.access_log = flag(value)?;
            Ok(())
        },
    },
    Key {
        name: "require_pushed_requests",
        takes: "`true` or `false`",
        default: "`false`",
        meaning: "whether clients have to push their authorization requests (RFC 9126) instead of sending \
                  the browser with them",
        apply: |config, value| {
            config.require_pushed_requests = flag(value)?;
            Ok(())
        },
    },
    Key {
        name: "grant_types",
        takes: "a list of `\"authorization_code\"`, `\"client_credentials\"`, `\"refresh_token\"`, \
                `\"device_code\"`, `\"password\"` and `\"implicit\"`",
        default: "the first three",
        meaning: "the ways to a token that the server has; which of them a client may use is the client's. \
                  The last two need the profile `legacy20`",
        apply: |config, value| {
            let list = value.as_array().ok_or("must be a list of grant types")?;
            let named = |value| ServedGrantType::parse(text(value)?);
            config.grant_types = list.iter().map(named).collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Key {
        name: "grant",
        takes: "a section for each grant type",
        default: "none",
        meaning: "lifetimes, scopes and unique tokens of one grant type: see [grant types](#grant-types)",
        apply: |_, _| Err("must be sections, such as [grant.password]".to_owned()),
    },
    Key {
        name: "client_assertion_algorithms",
        takes: "a list of names of algorithms",
        default: "all that the server can verify",
        meaning: "the algorithms of the JWTs that clients authenticate with (`private_key_jwt` and \
                  `client_secret_jwt`)",
        apply: |config, value| {
            config.client_assertion_algorithms = Some(algorithms(value)?);
            Ok(())
        },
    },
    Key {
        name: "metadata_documents",
        takes: "`true`, `false` or a list of hosts",
        default: "`false`; `true` for the profile `mcp`",
        meaning: "which clients may be the URL of their metadata document instead of being registered: \
                  all, none, or those of these hosts",
        apply: |config, value| {
            config.metadata_documents = Some(metadata_documents(value)?);
            Ok(())
        },
    },
    Key {
        name: "registration",
        takes: "`\"off\"`, `\"open\"` or `\"token\"`",
        default: "`\"off\"`",
        meaning: "which clients may register themselves (RFC 7591): none, all, or those that have the \
                  token of `GRANTOR_REGISTRATION_TOKEN`",
        apply: |config, value| {
            config.registration = match text(value)? {
                "off" => RegistrationMode::Off,
                "open" => RegistrationMode::Open,
                "token" => RegistrationMode::WithToken,
                _ => return Err("must be \"off\", \"open\" or \"token\"".to_owned()),
            };
            Ok(())
        },
    },
    Key {
        name: "unused_client_lifetime",
        takes: "seconds, 1 minute to 365 days",
        default: "`86400`",
        meaning: "how long a client that registered itself is kept until a user allows it something",
        apply: |config, value| {
            config.unused_client_lifetime = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "client_cache",
        takes: "seconds, 0 to 300",
        default: "`1`",
        meaning: "how old the server's copies of clients in memory may be: a client that another process \
                  changes or removes is as it was for so long",
        apply: |config, value| {
            config.client_cache = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "request_deadline",
        takes: "seconds, 0 to 60",
        default: "`10`",
        meaning: "how long a request repeats the write that decides it when the store's answer was lost; \
                  longer than the store's fail-over takes, requests outlast one",
        apply: |config, value| {
            config.request_deadline = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "danger_fetch_from_any_address",
        takes: "`true` or `false`",
        default: "`false`",
        meaning: "whether documents and keys that clients name are fetched from private addresses too, and \
                  by http from this machine: for tests and networks without strangers",
        apply: |config, value| {
            let value = value.as_bool().ok_or("must be true or false")?;
            config.danger_fetch_from_any_address = value;
            Ok(())
        },
    },
    Key {
        name: "trusted_proxies",
        takes: "a list of IP addresses or networks",
        default: "`[]`",
        meaning: "proxies whose `X-Forwarded-For` names the client, for limits on logins; the address of a \
                  proxy that is not named has no limit, since its clients share it",
        apply: |config, value| {
            let list = value.as_array().ok_or("must be a list of addresses")?;
            let texts = list.iter().map(text).collect::<Result<Vec<_>, _>>()?;
            config.trusted_proxies = TrustedProxies::parse(texts, ProxyHeader::XForwardedFor)
                .map_err(|error| error.to_string())?;
            Ok(())
        },
    },
    Key {
        name: "tokens.format",
        takes: "`\"opaque\"`, `\"uuid4\"`, `\"es256\"`, `\"eddsa\"`, `\"rs256\"` or `\"ps256\"`",
        default: "`\"opaque\"`; `\"es256\"` for the profile `mcp`",
        meaning: "what access tokens are: random texts that only the server understands, or signed JWTs; \
                  UUIDs have fewer random bits than RFC 6749 asks for, and need the profile `legacy20`",
        apply: |config, value| {
            config.access_tokens = match text(value)? {
                "opaque" => Some(AccessTokens::Opaque),
                "uuid4" => Some(AccessTokens::Uuid4),
                "es256" => Some(AccessTokens::Jwt(Algorithm::Es256)),
                "eddsa" => Some(AccessTokens::Jwt(Algorithm::EdDsa)),
                "rs256" => Some(AccessTokens::Jwt(Algorithm::Rs256)),
                "ps256" => Some(AccessTokens::Jwt(Algorithm::Ps256)),
                _ => {
                    let names =
                        "\"opaque\", \"uuid4\", \"es256\", \"eddsa\", \"rs256\" or \"ps256\"";
                    return Err(format!("must be {names}"));
                }
            };
            Ok(())
        },
    },
    Key {
        name: "tokens.length",
        takes: "a number, 25 to 256",
        default: "`67`",
        meaning: "how many characters an opaque access token has",
        apply: |config, value| {
            let length = within(value, 25..=256)?;
            config.opaque_length = Some(u16::try_from(length).unwrap_or(u16::MAX));
            Ok(())
        },
    },
    Key {
        name: "tokens.unique",
        takes: "`true` or `false`",
        default: "`false`",
        meaning: "whether a client gets an access token again that it was given before, as long as that is \
                  valid, for the same user, grant type, scope, resources and key; their texts are then in \
                  the store, sealed under the master key",
        apply: |config, value| {
            config.unique_access_tokens = flag(value)?;
            Ok(())
        },
    },
    Key {
        name: "tokens.audience",
        takes: "a URL",
        default: "none",
        meaning: "the audience of a token whose client named no resource; signed JWTs need one, unless the \
                  profile is `mcp`, where clients name one",
        apply: |config, value| {
            config.audience = Some(text(value)?.to_owned());
            Ok(())
        },
    },
    Key {
        name: "tokens.signing_key_rotation",
        takes: "seconds, 1 hour to 10 years, or `\"never\"`",
        default: "`7776000`",
        meaning: "how long a key signs JWTs; the next one is published ten minutes before, the old one until \
                  its last token has expired",
        apply: |config, value| {
            config.signing_key_rotation = Some(match value.as_str() {
                Some("never") => None,
                _ => Some(seconds(value)?),
            });
            Ok(())
        },
    },
    Key {
        name: "tokens.access_lifetime",
        takes: "seconds, 1 to 30 days",
        default: "`300`",
        meaning: "how long an access token is good",
        apply: |config, value| {
            config.access_token_lifetime = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.refresh_lifetime",
        takes: "seconds, 1 minute to 10 years, or `\"never\"`",
        default: "`2592000`",
        meaning: "how long a refresh token is good after its last use",
        apply: |config, value| {
            config.refresh_token_lifetime = Some(lifetime(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.grant_lifetime",
        takes: "seconds, 1 minute to 10 years, or `\"never\"`",
        default: "`\"never\"`",
        meaning: "when a user has to sign in again for a client, however often its refresh token is used",
        apply: |config, value| {
            config.grant_lifetime = Some(lifetime(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.refresh_grace",
        takes: "seconds, 0 to 300",
        default: "`60`",
        meaning: "how long the predecessor of a rotated refresh token may be presented again, for the same successor",
        apply: |config, value| {
            config.refresh_grace = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.code_lifetime",
        takes: "seconds, 1 to 600",
        default: "`60`",
        meaning: "how long an authorization code is good",
        apply: |config, value| {
            config.code_lifetime = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.pushed_request_lifetime",
        takes: "seconds, 5 to 600",
        default: "`90`",
        meaning: "how long the `request_uri` of a pushed authorization request is good",
        apply: |config, value| {
            config.pushed_request_lifetime = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.device_code_lifetime",
        takes: "seconds, 60 to 1800",
        default: "`600`",
        meaning: "how long a device and its user have for a sign-in by `device_code`",
        apply: |config, value| {
            config.device_code_lifetime = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "dpop.bound_access_tokens",
        takes: "`true` or `false`",
        default: "`false`",
        meaning: "whether every access token must be bound to a key of its client by a proof (RFC 9449)",
        apply: |config, value| {
            config.dpop_bound_access_tokens = flag(value)?;
            Ok(())
        },
    },
    Key {
        name: "dpop.require_nonces",
        takes: "`true` or `false`",
        default: "`false`",
        meaning: "whether every proof needs a nonce of the server, so that none is made long before it is used",
        apply: |config, value| {
            config.require_dpop_nonces = flag(value)?;
            Ok(())
        },
    },
    Key {
        name: "dpop.algorithms",
        takes: "a list of names of algorithms",
        default: "all that are not symmetric",
        meaning: "the algorithms of proofs",
        apply: |config, value| {
            config.dpop_algorithms = Some(algorithms(value)?);
            Ok(())
        },
    },
    Key {
        name: "listener.max_connections",
        takes: "a number, 1 to 1000000",
        default: "`8000`",
        meaning: "how many connections may be open; above it a new one takes the place of the one that \
                  has kept the server waiting longest",
        apply: |config, value| {
            config.listener.max_connections = within(value, 1..=1_000_000)?;
            Ok(())
        },
    },
    Key {
        name: "listener.max_memory",
        takes: "MiB, 1 to 1048576",
        default: "`256`",
        meaning: "the memory of all connections together: 24 KiB for each that may be open, at most three \
                  quarters in all, and the rest for requests longer than 4 KiB, which wait when it is used up",
        apply: |config, value| {
            config.listener.max_memory = within(value, 1..=1_048_576)? * 1024 * 1024;
            Ok(())
        },
    },
    Key {
        name: "listener.max_connection_memory",
        takes: "KiB, 32 to 1048576",
        default: "`96`",
        meaning: "the memory of one connection: 20 KiB for itself, and the rest for a request, head and body; \
                  a longer request is refused with status 413, or 431 if its head alone is longer",
        apply: |config, value| {
            config.listener.max_connection_memory = within(value, 32..=1_048_576)? * 1024;
            Ok(())
        },
    },
];

#[cfg(test)]
mod tests;
