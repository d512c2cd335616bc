//! The keys without a section: the server as a whole.

use grantor_core::{Issuer, ProxyHeader, Scope, TrustedProxies};

use super::super::{Location, RegistrationMode, ServedGrantType, parse_address};
use super::Key;
use super::values::{
    algorithms, character, default_scope, flag, metadata_documents, profile, resource, seconds,
    text,
};

pub(super) const KEYS: [Key; 21] = [
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
        takes: "seconds, 60 to 31536000 (365 days)",
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
];
