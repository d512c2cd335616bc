//! The keys of the sections `tokens` and `dpop`.

use grantor_jose::Algorithm;
use grantor_server::AccessTokens;

use super::Key;
use super::values::{algorithms, flag, lifetime, seconds, text, within};

pub(super) const KEYS: [Key; 15] = [
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
        takes: "seconds, 3600 to 315360000 (10 years), or `\"never\"`",
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
        takes: "seconds, 1 to 2592000 (30 days)",
        default: "`300`",
        meaning: "how long an access token is good",
        apply: |config, value| {
            config.access_token_lifetime = Some(seconds(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.refresh_lifetime",
        takes: "seconds, 60 to 315360000 (10 years), or `\"never\"`",
        default: "`2592000`",
        meaning: "how long a refresh token is good after its last use",
        apply: |config, value| {
            config.refresh_token_lifetime = Some(lifetime(value)?);
            Ok(())
        },
    },
    Key {
        name: "tokens.grant_lifetime",
        takes: "seconds, 60 to 315360000 (10 years), or `\"never\"`",
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
];
