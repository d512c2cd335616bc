//! Reading the values of a configuration file.

use std::ops::RangeInclusive;
use std::time::Duration;

use grantor_core::Scope;
use grantor_jose::Algorithm;
use grantor_server::{DefaultScope, Lifetime, MetadataDocuments, Profile};
use toml::Value;

pub(in crate::config) fn text(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| "must be a text in quotes".to_owned())
}

/// A profile by its name.
pub(in crate::config) fn profile(name: &str) -> Result<Profile, String> {
    match name {
        "oauth21" => Ok(Profile::OAuth21),
        "mcp" => Ok(Profile::Mcp),
        "legacy20" => Ok(Profile::Legacy20),
        _ => Err("must be \"oauth21\", \"mcp\" or \"legacy20\"".to_owned()),
    }
}

pub(super) fn metadata_documents(value: &Value) -> Result<MetadataDocuments, String> {
    if let Some(all) = value.as_bool() {
        return Ok(match all {
            true => MetadataDocuments::OfAnyHost,
            false => MetadataDocuments::No,
        });
    }
    let wrong = || "must be true, false or a list of hosts".to_owned();
    let hosts = value.as_array().ok_or_else(wrong)?;
    let hosts = hosts.iter().map(|host| match host.as_str() {
        Some(host) if !host.is_empty() && !host.contains(['/', ':', '*']) => Ok(host.to_owned()),
        _ => Err("a host is a name without a scheme, a port and a path".to_owned()),
    });
    Ok(MetadataDocuments::OfHosts(hosts.collect::<Result<_, _>>()?))
}

pub(in crate::config) fn flag(value: &Value) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| "must be true or false".to_owned())
}

pub(super) fn algorithms(value: &Value) -> Result<Vec<Algorithm>, String> {
    let list = value.as_array().ok_or("must be a list of names")?;
    let name = |value: &Value| {
        let name = text(value)?;
        name.parse()
            .map_err(|_| format!("\"{name}\" is not an algorithm such as \"ES256\""))
    };
    list.iter().map(name).collect()
}

pub(super) fn resource(value: &Value) -> Result<String, String> {
    resource_url(text(value)?)
}

/// A resource that tokens may be asked for.
pub(in crate::config) fn resource_url(text: &str) -> Result<String, String> {
    let fine = url::Url::parse(text).is_ok_and(|url| url.fragment().is_none());
    fine.then(|| text.to_owned())
        .ok_or_else(|| format!("\"{text}\" is not an absolute URL without a fragment"))
}

pub(super) fn within(value: &Value, range: RangeInclusive<usize>) -> Result<usize, String> {
    let number = value.as_integer().and_then(|n| usize::try_from(n).ok());
    let fits = number.filter(|number| range.contains(number));
    fits.ok_or_else(|| format!("must be a number from {} to {}", range.start(), range.end()))
}

pub(in crate::config) fn seconds(value: &Value) -> Result<Duration, String> {
    let number = value.as_integer().and_then(|n| u64::try_from(n).ok());
    let number = number.ok_or_else(|| "must be a number of seconds".to_owned())?;
    Ok(Duration::from_secs(number))
}

/// Seconds, or the word for no end.
pub(in crate::config) fn lifetime(value: &Value) -> Result<Lifetime, String> {
    if value.as_str() == Some("never") {
        return Ok(Lifetime::NeverEnds);
    }
    let time = seconds(value).map_err(|problem| format!("{problem}, or \"never\""));
    time.map(Lifetime::EndsAfter)
}

/// The scope of a request that names none.
pub(in crate::config) fn default_scope(value: &Value) -> Result<DefaultScope, String> {
    match value.as_bool() {
        Some(true) => Ok(DefaultScope::All),
        Some(false) => Ok(DefaultScope::Required),
        None => {
            let values = value
                .as_str()
                .ok_or("must be a text in quotes, true or false")?;
            let scope = Scope::parse(values).map_err(|error| error.to_string())?;
            Ok(DefaultScope::Values(scope))
        }
    }
}

/// One character.
pub(super) fn character(value: &Value) -> Result<char, String> {
    let mut characters = text(value)?.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok(only),
        _ => Err("must be one character".to_owned()),
    }
}
