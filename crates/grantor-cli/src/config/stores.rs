//! Which store keeps which kind of record.

use grantor_core::Secret;
use grantor_store::{Kind, kinds};
use toml::{Table, Value};

use super::Config;

/// Where records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// In one file in the data folder; what was answered is on the disk.
    Sqlite,
    /// In one file in the data folder; a power cut may take the last answers back.
    SqliteMayLoseLastCommits,
    /// Gone with the process.
    Memory,
    /// In the store with this URL, which may have a password in it.
    Url(Secret),
}

/// Where each kind of record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locations {
    pub(crate) default: Location,
    pub(crate) by_kind: Vec<(Kind, Location)>,
    /// The namespace of all keys, so that several servers may share a database.
    pub(crate) namespace: String,
}

impl Default for Locations {
    fn default() -> Self {
        Self {
            default: Location::Sqlite,
            by_kind: Vec::new(),
            namespace: "grantor".to_owned(),
        }
    }
}

/// Kinds that a server has none of, and the mark of the master key, which is where most is.
const NOT_PLACED: [Kind; 6] = [
    kinds::MASTER_KEY_MARK,
    kinds::LOGINS,
    kinds::CACHED_TOKENS,
    kinds::REGISTRATIONS,
    kinds::SAVED_LOGINS,
    kinds::LEASES,
];

const SCHEMES: [&str; 15] = [
    "sqlite:",
    "postgres://",
    "postgresql://",
    "mysql://",
    "mariadb://",
    "redis://",
    "rediss://",
    "redis+unix://",
    "redis+sentinel://",
    "rediss+sentinel://",
    "redis+cluster://",
    "rediss+cluster://",
    "memcached://",
    "memcacheds://",
    "mongodb://",
];

impl Location {
    /// Reads a name or a URL. No message has the text, which may have a password in it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "danger_sqlite_may_lose_last_commits" => Ok(Self::SqliteMayLoseLastCommits),
            "memory" | "memory:" => Ok(Self::Memory),
            _ if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) => {
                Ok(Self::Url(Secret::new(text)))
            }
            _ => Err("must be \"sqlite\", \"memory\", \
                      \"danger_sqlite_may_lose_last_commits\", or a URL that begins with \
                      postgres://, mysql://, mariadb://, mongodb://, redis://, rediss://, \
                      redis+unix://, redis+sentinel://, redis+cluster://, memcached://, \
                      memcacheds:// or sqlite:"
                .to_owned()),
        }
    }
}

/// Returns whether a URL has a password, which other users of the machine could read in an
/// argument.
pub(crate) fn has_password(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let user = rest.rsplit_once('@').map(|(user, _)| user);
    let parameters = rest
        .split_once('?')
        .map_or("", |(_, parameters)| parameters);
    let mut parameters = url::form_urlencoded::parse(parameters.as_bytes());
    user.is_some_and(|user| user.contains(':'))
        || parameters.any(|(name, _)| name.to_ascii_lowercase().contains("password"))
}

impl Locations {
    /// Returns whether a URL has a password.
    pub(super) fn have_password(&self) -> bool {
        let all = self.by_kind.iter().map(|(_, location)| location);
        all.chain([&self.default])
            .any(|location| matches!(location, Location::Url(url) if has_password(url.expose())))
    }
}

/// Reads the section `[store]`.
pub(super) fn apply(section: &Table, config: &mut Config, problems: &mut Vec<String>) {
    for (name, value) in section {
        if let Err(problem) = apply_one(name, value, &mut config.store) {
            problems.push(format!("store.{name}: {problem}"));
        }
    }
}

fn apply_one(name: &str, value: &Value, store: &mut Locations) -> Result<(), String> {
    let text = value.as_str().ok_or("must be a text in quotes")?;
    // The sections beside this one have keys with underscores.
    match (name, kinds::by_name(&name.replace('_', "-"))) {
        ("default", _) => store.default = Location::parse(text)?,
        ("namespace", _) if text.is_empty() => return Err("must not be empty".to_owned()),
        ("namespace", _) => text.clone_into(&mut store.namespace),
        (_, Some(kind)) if !NOT_PLACED.contains(&kind) => {
            store.by_kind.push((kind, Location::parse(text)?));
        }
        _ => return Err(unknown(name)),
    }
    Ok(())
}

fn unknown(name: &str) -> String {
    match name.replace('_', "-").as_str() {
        "codes" | "authorization-codes" | "refresh-tokens" => {
            return "codes and refresh tokens are part of their grants: use \"store.grants\""
                .to_owned();
        }
        "master-key-mark" => return "it is always in the default store".to_owned(),
        _ => {}
    }
    let kinds = kinds::ALL.iter().filter(|kind| !NOT_PLACED.contains(kind));
    let names = kinds.map(Kind::name).chain(["default", "namespace"]);
    let nearest = names.min_by_key(|known| strsim::damerau_levenshtein(name, known));
    let nearest = nearest.unwrap_or_default();
    format!("unknown key; the nearest known one is \"store.{nearest}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Locations, Vec<String>) {
        let (mut config, mut problems) = (Config::default(), Vec::new());
        apply(&text.parse().unwrap(), &mut config, &mut problems);
        (config.store, problems)
    }

    #[test]
    fn a_kind_has_a_store_of_its_own_by_its_name() {
        let (store, problems) = read(
            "default = \"postgres://u:p@h/\"\nsessions = \"redis://h\"\n\
             access_tokens = \"redis://h\"\ncounts = \"memory\"\nnamespace = \"blue\"",
        );
        assert_eq!(problems, [""; 0]);
        let url = |text: &str| Location::Url(Secret::new(text));
        assert_eq!(store.default, url("postgres://u:p@h/"));
        assert_eq!(store.namespace, "blue");
        let mut by_kind = store.by_kind;
        by_kind.sort_by_key(|(kind, _)| kind.name());
        let expected = [
            (kinds::ACCESS_TOKENS, url("redis://h")),
            (kinds::COUNTS, Location::Memory),
            (kinds::SESSIONS, url("redis://h")),
        ];
        assert_eq!(by_kind, expected);
    }

    #[test]
    fn every_mistake_is_reported_without_a_password() {
        let (_, mut problems) = read(
            "default = \"cassandra://u:hunter2@h\"\nsession = \"memory\"\nlogins = \"memory\"\n\
             namespace = \"\"\ngrants = 1",
        );
        problems.sort();
        assert_eq!(problems.len(), 5, "{problems:?}");
        assert!(problems[0].starts_with("store.default: must be \"sqlite\""));
        assert_eq!(problems[1], "store.grants: must be a text in quotes");
        assert!(problems[2].starts_with("store.logins: unknown key"));
        assert_eq!(problems[3], "store.namespace: must not be empty");
        let nearest = "store.session: unknown key; the nearest known one is \"store.sessions\"";
        assert_eq!(problems[4], nearest);
        assert!(!format!("{problems:?}").contains("hunter2"));
        for (name, hint) in [
            ("codes", "use \"store.grants\""),
            ("refresh_tokens", "use \"store.grants\""),
            ("master-key-mark", "always in the default store"),
        ] {
            let (_, problems) = read(&format!("{name} = \"memory\""));
            assert!(problems[0].ends_with(hint), "{problems:?}");
        }
        let (store, _) = read("default = \"postgres://u:hunter2@h/\"");
        assert!(!format!("{store:?}").contains("hunter2"));
    }

    #[test]
    fn a_password_in_a_url_is_seen() {
        for url in [
            "postgres://u:p@h/",
            "postgres://u:p@h@i/",
            "redis://:p@h",
            "mysql://u:p@h/d",
            "mysql://u:p@/d?socket=/run/s",
            "mongodb://u:p@h1,h2/d",
            "redis+sentinel://s1,s2/main?sentinel_password=p",
            "postgres://u@h/?password=p",
            "postgres:///d?host=/run&password=p",
            "postgres://u@h/?%70assword=p",
            "redis+sentinel://s1/main?SENTINEL%5Fpassword=p",
        ] {
            assert!(has_password(url), "{url}");
        }
        for url in [
            "postgres://u@h:5432/d",
            "redis://h:6379",
            "mysql://u@h1:1,h2:2/d",
            "sqlite:a.db",
            "memory:",
            "memcached://h1:1,h2:2",
            "redis+cluster://u@h1:1,h2:2",
            "postgres://h1:1,h2:2/",
        ] {
            assert!(!has_password(url), "{url}");
        }
    }
}
