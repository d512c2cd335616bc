//! The keys of the section `listener`.

use super::Key;
use super::values::within;

pub(super) const KEYS: [Key; 3] = [
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
