//! Values that fill a request, each of another kind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::target::SECRET;

/// A kind of filling: its name, a beginning, and the part that is repeated.
pub(crate) type Filling = (&'static str, &'static str, &'static str);

/// Values of a parameter, encoded as a form has them.
pub(crate) const VALUES: &[Filling] = &[
    ("letters", "", "a"),
    ("spaces", "", "+"),
    ("encoded letters", "", "%61"),
    ("one-letter values", "", "a+"),
    ("quotes", "", "%22"),
    ("line ends", "", "%0a"),
    ("replacement characters", "", "\u{fffd}"),
    ("encoded replacement characters", "", "%EF%BF%BD"),
    ("bytes that are not UTF-8", "", "%ff"),
    ("combining characters", "", "%CC%81"),
    ("dots", "", "."),
    ("access token", "ga_", "A"),
    ("code", "gc_", "A"),
    ("refresh token", "gr_", "A"),
    ("objects", "", "%7B%22a%22%3A"),
    ("arrays", "", "%5B"),
    ("JWT with a long header", "", "eyJhIjp7ImEiOnsiYSI6"),
    (
        "JWT with a long payload",
        "eyJhbGciOiJFZERTQSJ9.",
        "eyJhIjp7ImEiOnsiYSI6",
    ),
    ("URL with a long host", "https://", "a."),
    (
        "URL with a long name in another alphabet",
        "https://",
        "%C3%BC",
    ),
    ("URL with a long path", "https://a.example/", "a/../"),
    ("URL with a long query", "https://a.example/?", "%26a%3Db"),
    ("URL with many ports", "https://a.example", "%3A1"),
    ("URL with many slashes", "https:", "%2F"),
];

/// Whole forms and queries; `#` is a number that grows.
pub(crate) const FORMS: &[Filling] = &[
    ("only separators", "", "&"),
    ("names without values", "", "a&"),
    ("different parameters", "", "p#=1&"),
    ("different parameters with encoded names", "", "%70#=1&"),
    ("different parameters that are not UTF-8", "", "p#=%ff&"),
    ("a repeated parameter", "", "scope=a&"),
    ("many resources", "", "resource=https://a.example/#&"),
    ("many audiences", "", "audience=https://a.example/#&"),
];

/// Bodies of JSON, each with its end.
pub(crate) const DOCUMENTS: &[(Filling, &str)] = &[
    (
        (
            "many redirect URIs",
            r#"{"redirect_uris":["https://app.example/""#,
            r#","https://app.example/#""#,
        ),
        "]}",
    ),
    (
        (
            "a long redirect URI",
            r#"{"redirect_uris":["https://app.example/"#,
            "a",
        ),
        r#""]}"#,
    ),
    (("a long name", r#"{"client_name":""#, "a"), r#""}"#),
    (("escapes", r#"{"client_name":""#, r"\u00e9"), r#""}"#),
    (("a long scope", r#"{"scope":"a"#, " a"), r#""}"#),
    (("many members", r#"{"a":1"#, r#","p#":1"#), "}"),
    (("arrays within arrays", r#"{"jwks":"#, "["), ""),
    (("objects within objects", r#"{"jwks":"#, r#"{"a":"#), ""),
    (
        (
            "many keys",
            r#"{"jwks":{"keys":[{"kty":"oct"}"#,
            r#",{"kty":"oct"}"#,
        ),
        "]}}",
    ),
];

/// Values of headers.
pub(crate) const HEADERS: &[(&str, Filling)] = &[
    ("authorization", ("letters", "", "a")),
    ("authorization", ("scheme and spaces", "Basic ", " ")),
    ("authorization", ("a bearer token", "Bearer ", "a")),
    ("authorization", ("Basic that is no base64", "Basic ", "*")),
    ("authorization", ("Basic without a colon", "Basic ", "YWFh")),
    ("authorization", ("Basic with colons", "Basic ", "Ojo6")),
    (
        "authorization",
        ("Basic with encoded letters", "Basic ", "JTYx"),
    ),
    (
        "authorization",
        ("Basic with a long secret", "Basic Y2xpZW50OnNlY3Jl", "YWFh"),
    ),
    ("cookie", ("pairs", "", "a=b; ")),
    ("cookie", ("semicolons", "", ";")),
    ("cookie", ("one long name", "__Host-grantor_", "a")),
    ("host", ("labels", "", "a.")),
    ("accept-language", ("languages", "", "de,")),
    ("accept", ("types", "", "text/html;q=0.5,")),
    (
        "content-type",
        ("parameters", "application/x-www-form-urlencoded", ";a=b"),
    ),
    ("origin", ("labels", "https://", "a.")),
    ("referer", ("a path", "https://a.example/", "a/")),
    ("x-forwarded-for", ("addresses", "", "127.0.0.1, ")),
    ("forwarded", ("addresses", "", "for=127.0.0.1, ")),
    ("dpop", ("a long proof", "", "eyJhIjp7ImEiOnsiYSI6")),
    ("user-agent", ("letters", "", "a")),
];

/// The text of a filling, of at most so many bytes.
pub(crate) fn fill((_, begin, part): Filling, bytes: usize) -> String {
    let mut text = begin.to_owned();
    if !part.contains('#') {
        text.push_str(&part.repeat(bytes.saturating_sub(begin.len()) / part.len()));
        return text;
    }
    for number in 0.. {
        let part = part.replace('#', &number.to_string());
        if text.len() + part.len() > bytes {
            break;
        }
        text.push_str(&part);
    }
    text
}

/// HTTP Basic of a client that is known, with its right secret.
pub(crate) fn authenticated() -> String {
    format!("Basic {}", STANDARD.encode(format!("client:{SECRET}")))
}
