//! Just enough of Rust's grammar to find the paths that code names.

/// A word or a sign of the source, comments and literals left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Word(String),
    /// `::`, which is one sign to the rules.
    Colons,
    Sign(char),
}

/// Splits a source into tokens. The text of comments and literals is no code and is dropped.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = skipped(rest) {
            rest = &rest[length..];
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if let Some(after) = rest.strip_prefix("::") {
            tokens.push(Token::Colons);
            rest = after;
        } else {
            if !first.is_whitespace() {
                tokens.push(Token::Sign(first));
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    tokens
}

/// The length of the comment or literal at the start of `rest`, if there is one.
fn skipped(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    let literal = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    let prefix = rest.len() - literal.len();
    if literal.starts_with('"') {
        return Some(prefix + quoted(literal, '"'));
    }
    if let Some(hashes) = literal.strip_prefix('r') {
        let opening = hashes.trim_start_matches('#');
        let count = hashes.len() - opening.len();
        if opening.starts_with('"') {
            let closing = format!("\"{}", "#".repeat(count));
            let body = prefix + 1 + count + 1;
            let end = rest[body..].find(&closing);
            return Some(end.map_or(rest.len(), |end| body + end + closing.len()));
        }
    }
    let character = literal.strip_prefix('\'')?;
    let mut inside = character.chars();
    let first = inside.next()?;
    if first == '\\' {
        return Some(prefix + quoted(literal, '\''));
    }
    // A quote without a second one behind the next character is a lifetime.
    (inside.next() == Some('\'')).then(|| prefix + first.len_utf8() + 2)
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (position, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return position + quote.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut position = 0;
    while position < rest.len() {
        let here = &rest[position..];
        if here.starts_with("/*") {
            depth += 1;
            position += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                return position;
            }
        } else {
            position += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The tokens without the modules that only tests compile.
pub(crate) fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut position = 0;
    while position < tokens.len() {
        let here = &tokens[position..];
        if let Some(length) = marker(here) {
            position += length + item(&here[length..]);
        } else {
            kept.push(tokens[position].clone());
            position += 1;
        }
    }
    kept
}

/// The length of an attribute that leaves the next item to tests: `cfg(test)`, or with more conditions
/// in `cfg(all(test, ..))`; `cfg(grantor_mutate)`, which only tests are compiled with.
fn marker(tokens: &[Token]) -> Option<usize> {
    const MARKERS: [&[&str]; 3] = [
        &["#", "[", "cfg", "(", "test", ")"],
        &["#", "[", "cfg", "(", "grantor_mutate", ")"],
        &["#", "[", "cfg", "(", "all", "(", "test", ","],
    ];
    let begins = |marker: &&[&str]| {
        let mut pairs = marker.iter().zip(tokens);
        marker.len() <= tokens.len() && pairs.all(|(text, token)| token.is(text))
    };
    MARKERS.iter().find(|marker| begins(marker))?;
    let end = tokens.iter().position(|token| token.is("]"))?;
    Some(end + 1)
}

/// The length of one item: to its semicolon, or to the end of its braces.
fn item(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (position, token) in tokens.iter().enumerate() {
        if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            depth -= 1;
        }
        if depth == 0 && (token.is(";") || token.is("}")) {
            return position + 1;
        }
    }
    tokens.len()
}

/// Every path that the tokens name, braces of `use` multiplied out, as `a::b::c`.
pub(crate) fn paths(tokens: &[Token]) -> Vec<String> {
    let mut found = Vec::new();
    let mut position = 0;
    while position < tokens.len() {
        if matches!(tokens[position], Token::Word(_)) {
            position += path(&tokens[position..], "", &mut found);
        } else {
            position += 1;
        }
    }
    found
}

/// Reads one path, and the braces at its end; returns how many tokens that took.
fn path(tokens: &[Token], prefix: &str, found: &mut Vec<String>) -> usize {
    let mut name = prefix.to_owned();
    let mut position = 0;
    while let Some(Token::Word(word)) = tokens.get(position) {
        name.push_str(word);
        position += 1;
        if tokens.get(position) != Some(&Token::Colons) {
            break;
        }
        position += 1;
        if tokens.get(position).is_some_and(|token| token.is("{")) {
            name.push_str("::");
            return position + braces(&tokens[position..], &name, found);
        }
        if matches!(tokens.get(position), Some(Token::Word(_))) {
            name.push_str("::");
        }
    }
    found.push(name);
    position
}

fn braces(tokens: &[Token], prefix: &str, found: &mut Vec<String>) -> usize {
    let mut position = 1;
    while let Some(token) = tokens.get(position) {
        if token.is("}") {
            return position + 1;
        }
        position += match token {
            Token::Word(_) => path(&tokens[position..], prefix, found),
            _ => 1,
        };
    }
    position
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => word == text,
            Self::Colons => text == "::",
            Self::Sign(sign) => text.chars().eq([*sign]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_multiplied_out() {
        let source = "use std::{fmt, time::{Duration, Instant as Clock}}; a::<u8>::b();";
        let named = paths(&tokens(source));
        for path in ["std::fmt", "std::time::Duration", "std::time::Instant"] {
            assert!(named.iter().any(|name| name == path), "{path} in {named:?}");
        }
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let source = r###"
            //! std::fs
            /* std::net /* nested */ std::env */
            let a = "std::process \" std::thread";
            let b = r#"std::io " "#; let c = b'"'; let d: &'static str = "x"; let e = '\'';
            real::path();
        "###;
        let named = paths(&tokens(source));
        assert!(named.iter().any(|name| name == "real::path"), "{named:?}");
        assert!(
            !named.iter().any(|name| name.starts_with("std")),
            "{named:?}"
        );
    }

    #[test]
    fn modules_of_tests_are_left_out() {
        let source = "fn a() {} #[cfg(test)] mod tests { fn b() { inner(); } } fn c() {}
            #[cfg(test)] mod more; fn d() {}
            #[cfg(all(test, feature = \"x\"))] mod others { fn e() {} }";
        let kept = without_tests(&tokens(source));
        for (word, expected) in [
            ("a", true),
            ("b", false),
            ("c", true),
            ("more", false),
            ("d", true),
            ("e", false),
        ] {
            assert_eq!(kept.iter().any(|token| token.is(word)), expected, "{word}");
        }
    }
}
