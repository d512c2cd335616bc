//! The section `[grant.NAME]`: settings of one grant type.

use grantor_core::Scope;
use grantor_server::GrantTypeSettings;
use toml::{Table, Value};

use super::keys::{default_scope, flag, lifetime, seconds, text};
use super::{Config, ServedGrantType};

type Apply = fn(&mut GrantTypeSettings, &Value) -> Result<(), String>;

/// The keys of a section, with what reads them.
const KEYS: [(&str, Apply); 6] = [
    ("access_lifetime", |settings, value| {
        settings.access_token_lifetime = Some(seconds(value)?);
        Ok(())
    }),
    ("refresh_lifetime", |settings, value| {
        settings.refresh_token_lifetime = Some(lifetime(value)?);
        Ok(())
    }),
    ("grant_lifetime", |settings, value| {
        settings.grant_lifetime = Some(lifetime(value)?);
        Ok(())
    }),
    ("scope", |settings, value| {
        settings.scope = Some(Scope::parse(text(value)?).map_err(|error| error.to_string())?);
        Ok(())
    }),
    ("default_scope", |settings, value| {
        settings.default_scope = Some(default_scope(value)?);
        Ok(())
    }),
    ("unique", |settings, value| {
        settings.unique_access_tokens = Some(flag(value)?);
        Ok(())
    }),
];

/// Reads the sections below `[grant]`.
pub(super) fn apply(sections: &Table, config: &mut Config, problems: &mut Vec<String>) {
    for (name, section) in sections {
        let wire_name = match ServedGrantType::parse(name) {
            Ok(grant_type) => grant_type.wire_name(),
            Err(problem) => {
                problems.push(format!("grant.{name}: {problem}"));
                continue;
            }
        };
        let Some(section) = section.as_table() else {
            problems.push(format!("grant.{name}: must be a section, [grant.{name}]"));
            continue;
        };
        let settings = config.grant_type_settings.entry(wire_name.to_owned());
        let settings = settings.or_default();
        for (key, value) in section {
            if let Err(problem) = apply_one(settings, key, value) {
                problems.push(format!("grant.{name}.{key}: {problem}"));
            }
        }
    }
}

fn apply_one(settings: &mut GrantTypeSettings, key: &str, value: &Value) -> Result<(), String> {
    let found = KEYS.iter().find(|(name, _)| *name == key);
    match found {
        Some((_, apply)) => apply(settings, value),
        None => {
            let names = KEYS.iter().map(|(name, _)| *name);
            let nearest = names.min_by_key(|name| strsim::damerau_levenshtein(key, name));
            let nearest = nearest.unwrap_or_default();
            Err(format!(
                "unknown key; the nearest known one is \"{nearest}\""
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use grantor_server::{DefaultScope, Lifetime};

    use super::*;

    fn read(text: &str) -> (Config, Vec<String>) {
        let (mut config, mut problems) = (Config::default(), Vec::new());
        super::super::file::apply(text, &mut config, &mut problems);
        (config, problems)
    }

    #[test]
    fn every_key_of_a_section_is_read() {
        let (config, problems) = read(
            "[grant.device_code]\naccess_lifetime = 60\nrefresh_lifetime = \"never\"\n\
             grant_lifetime = 3600\nscope = \"a b\"\ndefault_scope = \"a\"\nunique = true\n\
             [grant.password]\ndefault_scope = false\n[grant.client_credentials]\ndefault_scope = true",
        );
        assert_eq!(problems, [""; 0]);
        let wire = "urn:ietf:params:oauth:grant-type:device_code";
        let own = &config.grant_type_settings[wire];
        assert_eq!(own.access_token_lifetime, Some(Duration::from_secs(60)));
        assert_eq!(own.refresh_token_lifetime, Some(Lifetime::NeverEnds));
        let hour = Lifetime::EndsAfter(Duration::from_secs(3600));
        assert_eq!(own.grant_lifetime, Some(hour));
        assert_eq!(own.scope, Some("a b".parse().unwrap()));
        let default = DefaultScope::Values("a".parse().unwrap());
        assert_eq!(own.default_scope, Some(default));
        assert_eq!(own.unique_access_tokens, Some(true));
        let default = |name: &str| config.grant_type_settings[name].default_scope.clone();
        assert_eq!(default("password"), Some(DefaultScope::Required));
        assert_eq!(default("client_credentials"), Some(DefaultScope::All));
    }

    #[test]
    fn every_mistake_in_a_section_is_reported() {
        let (_, mut problems) = read(
            "[grant]\npassword = 1\n[grant.code]\n[grant.client_credentials]\nacces_lifetime = 1\n\
             access_lifetime = \"never\"\nrefresh_lifetime = \"soon\"",
        );
        problems.sort();
        let expected = [
            "grant.client_credentials.acces_lifetime: unknown key; the nearest known one is \
             \"access_lifetime\"",
            "grant.client_credentials.access_lifetime: must be a number of seconds",
            "grant.client_credentials.refresh_lifetime: must be a number of seconds, or \"never\"",
            "grant.code: \"code\" is not one of authorization_code, client_credentials, refresh_token, \
             device_code, password and implicit",
            "grant.password: must be a section, [grant.password]",
        ];
        assert_eq!(problems, expected);
        assert_eq!(
            read("grant = 1").1,
            ["grant: must be sections, such as [grant.password]"]
        );
    }
}
