//! Writing the objects that go out with each request.

use std::fmt::Write;

use serde_json::{Number, Value};

/// Writes a JSON object, member by member, into one buffer.
///
/// For what a server writes with each request: a text is looked at once, many bytes at a time, and
/// copied, since hardly any has to be escaped. Names are the program's own and are not escaped.
///
/// ```
/// # use grantor_jose::ObjectWriter;
/// let mut object = ObjectWriter::with_capacity(64);
/// object.text("sub", "ada");
/// object.number("exp", 1_760_000_000);
/// object.object("anchor", |anchor| anchor.text("client", "1"));
/// assert_eq!(
///     object.finish(),
///     r#"{"sub":"ada","exp":1760000000,"anchor":{"client":"1"}}"#
/// );
/// ```
pub struct ObjectWriter {
    json: String,
    /// Whether the object that is being written has no member yet.
    is_empty: bool,
}

impl ObjectWriter {
    /// An empty object, with room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            json: String::with_capacity(bytes),
            is_empty: true,
        }
    }

    /// Adds a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.push_text(value);
    }

    /// Adds a number.
    pub fn number(&mut self, name: &str, value: impl Into<Number>) {
        self.name(name);
        // Writing to a String cannot fail.
        let _ = write!(self.json, "{}", value.into());
    }

    /// Adds `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.name(name);
        self.json.push_str(if value { "true" } else { "false" });
    }

    /// Adds a text if there is one, an array if there are several, and nothing if there is none, as
    /// `aud` has it (RFC 7519 section 4.1.3).
    pub fn one_or_many(&mut self, name: &str, values: &[String]) {
        match values {
            [] => {}
            [one] => self.text(name, one),
            many => {
                self.name(name);
                self.json.push('[');
                for (i, value) in many.iter().enumerate() {
                    if i > 0 {
                        self.json.push(',');
                    }
                    self.push_text(value);
                }
                self.json.push(']');
            }
        }
    }

    /// Adds any value, under a name that may need escaping.
    pub fn value(&mut self, name: &str, value: &Value) {
        let name = Value::from(name).to_string();
        self.name(&name[1..name.len() - 1]);
        // Writing to a String cannot fail.
        let _ = write!(self.json, "{value}");
    }

    /// Adds an object with the members that `write` adds.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.name(name);
        self.is_empty = true;
        write(self);
        self.end();
    }

    /// The text of the object.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.end();
        self.json
    }

    fn end(&mut self) {
        self.json.push_str(if self.is_empty { "{}" } else { "}" });
        self.is_empty = false;
    }

    fn name(&mut self, name: &str) {
        self.json
            .push_str(if self.is_empty { "{\"" } else { ",\"" });
        self.json.push_str(name);
        self.json.push_str("\":");
        self.is_empty = false;
    }

    fn push_text(&mut self, text: &str) {
        if needs_escaping(text) {
            self.json.push_str(&Value::from(text).to_string());
        } else {
            self.json.push('"');
            self.json.push_str(text);
            self.json.push('"');
        }
    }
}

/// Returns whether a text has a character that no JSON string has as it is.
fn needs_escaping(text: &str) -> bool {
    let is_special = |byte: &u8| (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    // The whole of each block, without a way out in between: that is a few wide instructions.
    let in_block = |block: &[u8; 16]| block.iter().fold(false, |any, b| any | is_special(b));
    let bytes = text.as_bytes();
    match bytes.last_chunk() {
        // What is no whole block at the end is looked at with the bytes before it, once more.
        Some(last) => bytes.as_chunks().0.iter().any(in_block) || in_block(last),
        None => bytes.iter().any(is_special),
    }
}

impl std::fmt::Debug for ObjectWriter {
    /// Without the members, which may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectWriter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_of_all_kinds_are_json() {
        let mut object = ObjectWriter::with_capacity(0);
        object.object("empty", |_| {});
        object.text("text", "a{");
        object.number("least", i64::MIN);
        object.number("most", u64::MAX);
        object.flag("yes", true);
        object.flag("no", false);
        object.one_or_many("none", &[]);
        object.one_or_many("one", &["1".to_owned()]);
        object.one_or_many("many", &["1".to_owned(), "\"".to_owned()]);
        object.value("a\"b", &json!([null]));
        object.object("nested", |nested| {
            nested.text("a", "b");
            nested.number("c", 1);
        });
        let expected = json!({
            "empty": {}, "text": "a{", "least": i64::MIN, "most": u64::MAX, "yes": true,
            "no": false, "one": "1", "many": ["1", "\""], "a\"b": [null],
            "nested": {"a": "b", "c": 1},
        });
        let text = object.finish();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        assert_eq!(ObjectWriter::with_capacity(2).finish(), "{}");
    }

    #[test]
    fn every_character_that_needs_it_is_escaped() {
        for special in (0..0x20).chain([0x22, 0x5c, 0x7f, 0xe9, 0x2028]) {
            let character = char::from_u32(special).unwrap();
            for (before, behind) in [(0, 0), (0, 40), (15, 0), (15, 40), (40, 0), (40, 7)] {
                let text = format!("{}{character}{}", "x".repeat(before), "y".repeat(behind));
                let mut object = ObjectWriter::with_capacity(64);
                object.text("a", &text);
                let expected = json!({"a": text}).to_string();
                assert_eq!(object.finish(), expected);
            }
        }
    }
}
