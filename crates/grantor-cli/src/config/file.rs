//! The TOML file. Every mistake in it is reported, each with its place.

use toml::{Table, Value};

use super::keys::keys;
use super::{Config, grants, set, stores};

/// Applies a file to the settings, noting every mistake.
pub(super) fn apply(text: &str, config: &mut Config, problems: &mut Vec<String>) {
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.unwrap_or_default().matches('\n').count() + 1;
            problems.push(format!("line {line} is not TOML: {}", error.message()));
            return;
        }
    };
    walk("", &table, config, problems);
}

fn walk(prefix: &str, table: &Table, config: &mut Config, problems: &mut Vec<String>) {
    for (name, value) in table {
        let path = format!("{prefix}{name}");
        if let ("store", Value::Table(section)) = (&*path, value) {
            stores::apply(section, config, problems);
            continue;
        }
        if let ("grant", Value::Table(sections)) = (&*path, value) {
            grants::apply(sections, config, problems);
            continue;
        }
        if let Some(key) = keys().find(|key| key.name == path) {
            let applied = (key.apply)(config, value);
            set(&mut (), &path, applied, problems);
            continue;
        }
        match value {
            // The keys in an unknown section are looked at too: each key has a nearest one.
            Value::Table(inner) if !inner.is_empty() || is_section(&path) => {
                walk(&format!("{path}."), inner, config, problems);
            }
            _ if is_section(&path) => {
                problems.push(format!("{path}: must be a section, [{path}]"));
            }
            _ => problems.push(unknown(&path)),
        }
    }
}

fn is_section(path: &str) -> bool {
    let prefix = format!("{path}.");
    keys().any(|key| key.name.starts_with(&prefix))
}

fn unknown(path: &str) -> String {
    let names = keys().map(|key| key.name);
    let nearest = names.min_by_key(|name| strsim::damerau_levenshtein(path, name));
    let nearest = nearest.unwrap_or_default();
    format!("{path}: unknown key; the nearest known one is \"{nearest}\"")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use grantor_jose::Algorithm;
    use grantor_server::{AccessTokens, DefaultScope, Lifetime, MetadataDocuments, Profile};

    use super::super::{Location, RegistrationMode, ServedGrantType};
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
            profile = "mcp"
            metadata_documents = ["app.example"]
            registration = "token"
            unused_client_lifetime = 3600
            client_cache = 30
            request_deadline = 20
            danger_fetch_from_any_address = true
            scopes = "a b"
            default_scope = "a"
            scope_separator = ","
            grant_types = ["client_credentials", "device_code"]
            resources = ["https://api.example"]
            [tokens]
            format = "es256"
            length = 40
            unique = true
            grant_lifetime = 61
            audience = "https://api.example"
            access_lifetime = 1
            refresh_lifetime = 2
            refresh_grace = 3
            code_lifetime = 4
            device_code_lifetime = 60
            "#,
        );
        assert_eq!(problems, [""; 0]);
        assert_eq!(config.store.default, Location::Memory);
        assert_eq!(config.access_token_lifetime, Some(Duration::from_secs(1)));
        assert_eq!(config.code_lifetime, Some(Duration::from_secs(4)));
        assert_eq!(config.device_code_lifetime, Some(Duration::from_secs(60)));
        let named = [
            ServedGrantType::ClientCredentials,
            ServedGrantType::DeviceCode,
        ];
        assert_eq!(config.grant_types, named);
        assert_eq!(config.access_tokens(), AccessTokens::Jwt(Algorithm::Es256));
        assert_eq!(config.profile, Profile::Mcp);
        let hosts = MetadataDocuments::OfHosts(vec!["app.example".to_owned()]);
        assert_eq!(config.metadata_documents, Some(hosts));
        assert_eq!(config.registration, RegistrationMode::WithToken);
        let an_hour = Some(Duration::from_secs(3600));
        assert_eq!(config.unused_client_lifetime, an_hour);
        assert_eq!(config.client_cache, Some(Duration::from_secs(30)));
        assert_eq!(config.request_deadline, Some(Duration::from_secs(20)));
        assert!(config.danger_fetch_from_any_address);
        let a = DefaultScope::Values("a".parse().unwrap());
        assert_eq!((config.default_scope, config.scope_separator), (a, ','));
        let lifetimes = (config.refresh_token_lifetime, config.grant_lifetime);
        let ends = |seconds| Some(Lifetime::EndsAfter(Duration::from_secs(seconds)));
        assert_eq!(lifetimes, (ends(2), ends(61)));
        assert_eq!(config.opaque_length, Some(40));
        assert!(config.unique_access_tokens);
    }

    #[test]
    fn never_is_a_word_where_something_may_last() {
        let (config, problems) = read(
            "[tokens]\nrefresh_lifetime = \"never\"\ngrant_lifetime = \"never\"\naccess_lifetime = \"never\"",
        );
        let expected = ["tokens.access_lifetime: must be a number of seconds"];
        assert_eq!(problems, expected);
        assert_eq!(config.refresh_token_lifetime, Some(Lifetime::NeverEnds));
        assert_eq!(config.grant_lifetime, Some(Lifetime::NeverEnds));
    }

    #[test]
    fn a_length_is_that_of_opaque_tokens() {
        let (config, _) = read("[tokens]\nlength = 40");
        assert_eq!(config.access_tokens(), AccessTokens::OpaqueOfLength(40));
        let (config, _) = read("[tokens]\nlength = 40\nformat = \"uuid4\"");
        assert_eq!(config.access_tokens(), AccessTokens::Uuid4);
        let (_, problems) = read("[tokens]\nlength = 24");
        assert_eq!(problems, ["tokens.length: must be a number from 25 to 256"]);
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
    fn a_key_in_a_section_that_is_misspelt_has_a_nearest_one_too() {
        let (_, problems) = read("[token]\nformat = \"es256\"\n[listening]\n");
        let expected = [
            "listening: unknown key; the nearest known one is \"listen\"",
            "token.format: unknown key; the nearest known one is \"tokens.format\"",
        ];
        assert_eq!(problems, expected);
        assert_eq!(
            read("tokens = 1").1,
            ["tokens: must be a section, [tokens]"]
        );
        assert_eq!(read("[tokens]").1, [""; 0]);
    }

    #[test]
    fn limits_of_the_listener_have_bounds() {
        let (_, mut problems) = read("[listener]\nmax_memory = 0\nmax_connections = \"many\"");
        problems.sort();
        let expected = [
            "listener.max_connections: must be a number from 1 to 1000000",
            "listener.max_memory: must be a number from 1 to 1048576",
        ];
        assert_eq!(problems, expected);
        let (config, _) = read("[listener]\nmax_memory = 2");
        assert_eq!(config.listener.max_memory, 2 * 1024 * 1024);
    }

    #[test]
    fn which_clients_come_by_themselves_is_said_in_known_words() {
        let (_, mut problems) = read(
            "profile = \"fapi\"\nregistration = true\nmetadata_documents = [\"https://a.example\"]",
        );
        problems.sort();
        let expected = [
            "metadata_documents: a host is a name without a scheme, a port and a path",
            "profile: must be \"oauth21\", \"mcp\" or \"legacy20\"",
            "registration: must be a text in quotes",
        ];
        assert_eq!(problems, expected);
        let (config, _) = read("metadata_documents = true");
        assert_eq!(
            config.metadata_documents,
            Some(MetadataDocuments::OfAnyHost)
        );
    }

    #[test]
    fn an_mcp_server_reads_tokens_without_a_client_of_its_own() {
        let (config, _) = read("profile = \"mcp\"");
        assert_eq!(config.access_tokens(), AccessTokens::Jwt(Algorithm::Es256));
        let (config, _) = read("profile = \"mcp\"\n[tokens]\nformat = \"opaque\"");
        assert_eq!(config.access_tokens(), AccessTokens::Opaque);
    }

    #[test]
    fn a_resource_is_a_url() {
        let (_, problems) = read("resources = [\"https://api.example\", \"api\"]");
        let expected = ["resources: \"api\" is not an absolute URL without a fragment"];
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_grant_type_is_one_that_needs_no_code() {
        let jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let (_, problems) = read(&format!("grant_types = [\"password\", \"{jwt_bearer}\"]"));
        assert_eq!(problems.len(), 1);
        let expected = format!("grant_types: \"{jwt_bearer}\" is not one of");
        assert!(problems[0].starts_with(&expected), "{problems:?}");
    }

    #[test]
    fn a_file_that_is_no_toml_is_one_mistake_with_its_line() {
        let (_, problems) = read("listen = \"127.0.0.1:1\"\na = = 1");
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("line 2 is not TOML: "),
            "{problems:?}"
        );
    }
}
