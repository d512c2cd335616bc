//! Reading the error of an answer.

use serde_json::{Map, Value};

use super::{ErrorCode, ErrorResponse};
use crate::params::Params;
use crate::peer_text::visible;

impl ErrorResponse {
    /// Reads the JSON of the token endpoint; none if it has no `error`, or an empty one.
    #[must_use]
    pub fn from_json(json: &Map<String, Value>) -> Option<Self> {
        Self::read(|name| json.get(name).and_then(Value::as_str))
    }

    /// What has an error is one, even if nothing of its code can be shown.
    fn read<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let text = |name| get(name).filter(|text| !text.is_empty());
        let shown = |name| text(name).map(shorten).filter(|text| !text.is_empty());
        text("error")?;
        Some(Self {
            error: ErrorCode::from(shown("error").as_deref().unwrap_or("unreadable")),
            description: shown("error_description"),
            uri: shown("error_uri"),
        })
    }

    /// Reads the parameters of a redirect; none if it has no `error`.
    #[must_use]
    pub fn from_params(params: &Params<'_>) -> Option<Self> {
        Self::read(|name| params.get(name))
    }
}

/// Text from a peer: short, and without characters that would forge a line of a log.
fn shorten(text: &str) -> String {
    visible(text, 400)
}
