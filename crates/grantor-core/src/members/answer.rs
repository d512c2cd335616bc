//! Members that only answers and published documents have.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::{InvalidMember, Members};

impl Members {
    /// A text, or the whole number that some databases have in its place.
    pub(crate) fn identifier(
        &mut self,
        name: &'static str,
    ) -> Result<Option<String>, InvalidMember> {
        self.read(name, "a text", |value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) if !number.is_f64() => Some(number.to_string()),
            _ => None,
        })
    }

    /// An object whose members are URLs. A member that is null or empty is absent.
    pub(crate) fn urls(
        &mut self,
        name: &'static str,
    ) -> Result<BTreeMap<String, Url>, InvalidMember> {
        let urls = self.read(name, "an object with absolute URLs", |value| {
            let members = value.as_object()?.iter();
            let members = members.filter(|(_, url)| !url.is_null() && url.as_str() != Some(""));
            members
                .map(|(name, url)| Some((name.clone(), Url::parse(url.as_str()?.trim()).ok()?)))
                .collect()
        })?;
        Ok(urls.unwrap_or_default())
    }

    /// Whole seconds since 1970. A fraction is cut off.
    pub(crate) fn time(&mut self, name: &'static str) -> Result<Option<i64>, InvalidMember> {
        self.read(
            name,
            "a number of seconds since 1970",
            |value| match value {
                Value::Number(number) => {
                    number.as_i64().or_else(|| whole_seconds(number.as_f64()?))
                }
                Value::String(text) => {
                    let text = text.trim();
                    text.parse()
                        .ok()
                        .or_else(|| whole_seconds(text.parse().ok()?))
                }
                _ => None,
            },
        )
    }
}

fn whole_seconds(seconds: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (seconds.abs() < FARTHEST).then(|| seconds.floor() as i64)
}

/// Beyond this a floating-point number no longer holds every whole second.
const FARTHEST: f64 = 9_007_199_254_740_992.0;
