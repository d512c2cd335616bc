//! The TOML file. Every mistake in it is reported, each with its place.

use std::time::Duration;

use grantor_core::{Issuer, Scope};
use grantor_jose::Algorithm;
use grantor_server::AccessTokens;
use toml::{Table, Value};

use super::{Config, StoreKind, parse_address, set};

type Apply = fn(&mut Config, &Value) -> Result<(), String>;

/// Every key that a file may have. The documentation is made of the same table.
const KEYS: &[(&str, Apply)] = &[
    ("data", |config, value| {
        config.data = text(value)?.into();
        Ok(())
    }),
    ("listen", |config, value| {
        config.listen = parse_address(text(value)?)?;
        Ok(())
    }),
    ("issuer", |config, value| {
        let issuer = Issuer::parse(text(value)?).map_err(|error| error.to_string())?;
        config.issuer = Some(issuer);
        Ok(())
    }),
    ("store", |config, value| {
        config.store = match text(value)? {
            "sqlite" => StoreKind::Sqlite,
            "danger_sqlite_may_lose_last_commits" => StoreKind::SqliteFast,
            "memory" => StoreKind::Memory,
            _ => {
                return Err("must be \"sqlite\", \"memory\" or \
                            \"danger_sqlite_may_lose_last_commits\""
                    .to_owned());
            }
        };
        Ok(())
    }),
    ("scopes", |config, value| {
        let scope = text(value).and_then(|t| Scope::parse(t).map_err(|error| error.to_string()));
        config.scopes = scope?;
        Ok(())
    }),
    ("resources", |config, value| {
        let list = value.as_array().ok_or("must be a list of URLs")?;
        let list = list.iter().map(|item| text(item).map(str::to_owned));
        config.resources = list.collect::<Result<_, _>>()?;
        Ok(())
    }),
    ("tokens.format", |config, value| {
        config.access_tokens = match text(value)? {
            "opaque" => AccessTokens::Opaque,
            "es256" => AccessTokens::Jwt(Algorithm::Es256),
            "eddsa" => AccessTokens::Jwt(Algorithm::EdDsa),
            _ => return Err("must be \"opaque\", \"es256\" or \"eddsa\"".to_owned()),
        };
        Ok(())
    }),
    ("tokens.audience", |config, value| {
        config.audience = Some(text(value)?.to_owned());
        Ok(())
    }),
    ("tokens.access_lifetime", |config, value| {
        config.access_token_lifetime = Some(seconds(value)?);
        Ok(())
    }),
    ("tokens.refresh_lifetime", |config, value| {
        config.refresh_token_lifetime = Some(seconds(value)?);
        Ok(())
    }),
    ("tokens.refresh_grace", |config, value| {
        config.refresh_grace = Some(seconds(value)?);
        Ok(())
    }),
    ("tokens.code_lifetime", |config, value| {
        config.code_lifetime = Some(seconds(value)?);
        Ok(())
    }),
];

/// Applies a file to the settings, noting every mistake.
pub(super) fn apply(text: &str, config: &mut Config, problems: &mut Vec<String>) {
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            problems.push(format!("not TOML: {}", error.message()));
            return;
        }
    };
    walk("", &table, config, problems);
}

fn walk(prefix: &str, table: &Table, config: &mut Config, problems: &mut Vec<String>) {
    for (name, value) in table {
        let path = format!("{prefix}{name}");
        if let Some((_, apply)) = KEYS.iter().find(|(key, _)| *key == path) {
            let applied = apply(config, value);
            set(&mut (), &path, applied, problems);
        } else if let (Value::Table(inner), true) = (value, is_section(&path)) {
            walk(&format!("{path}."), inner, config, problems);
        } else {
            problems.push(unknown(&path));
        }
    }
}

fn is_section(path: &str) -> bool {
    let prefix = format!("{path}.");
    KEYS.iter().any(|(key, _)| key.starts_with(&prefix))
}

fn unknown(path: &str) -> String {
    let distance = |key: &str| strsim::damerau_levenshtein(path, key);
    let nearest = KEYS
        .iter()
        .map(|(key, _)| *key)
        .min_by_key(|key| distance(key));
    let nearest = nearest.unwrap_or_default();
    format!("{path}: unknown key; the nearest known one is \"{nearest}\"")
}

fn text(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| "must be a text in quotes".to_owned())
}

fn seconds(value: &Value) -> Result<Duration, String> {
    let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
    let number = number.ok_or_else(|| "must be a number of seconds".to_owned())?;
    Ok(Duration::from_secs(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Config, Vec<String>) {
        let (mut config, mut problems) = (Config::default(), Vec::new());
        apply(text, &mut config, &mut problems);
        (config, problems)
    }

    #[test]
    fn reads_every_key() {
        let (config, problems) = read(
            r#"
            data = "d"
            listen = "127.0.0.1:1"
            issuer = "https://id.example"
            store = "memory"
            scopes = "a b"
            resources = ["https://api.example"]
            [tokens]
            format = "es256"
            audience = "https://api.example"
            access_lifetime = 1
            refresh_lifetime = 2
            refresh_grace = 3
            code_lifetime = 4
            "#,
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(config.store, StoreKind::Memory);
        assert_eq!(config.access_token_lifetime, Some(Duration::from_secs(1)));
        assert_eq!(config.code_lifetime, Some(Duration::from_secs(4)));
        assert_eq!(config.access_tokens, AccessTokens::Jwt(Algorithm::Es256));
    }

    #[test]
    fn reports_every_mistake_and_names_the_nearest_key() {
        let (_, problems) = read("lisen = \"x\"\nissuer = 1\n[tokens]\nacces_lifetime = 5\n");
        let expected = [
            "issuer: must be a text in quotes",
            "lisen: unknown key; the nearest known one is \"listen\"",
            "tokens.acces_lifetime: unknown key; the nearest known one is \"tokens.access_lifetime\"",
        ];
        let mut problems = problems;
        problems.sort();
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_file_that_is_no_toml_is_one_mistake() {
        assert_eq!(read("a = = 1").1.len(), 1);
    }
}
