//! The parameters of a signed request: of its header, its query and its form (RFC 5849 sections 3.4.1.3.1
//! and 3.5).

use http::{Request, header};

use crate::server::RecordedRequest;

/// A name and a value, decoded.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Where a parameter was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    Query,
    Form,
}

/// All parameters of a request but `realm`.
pub(super) struct Parameters(Vec<(Place, Pair)>);

impl Parameters {
    pub(super) fn of(request: &RecordedRequest) -> Self {
        let request = request.request();
        let mut all = Vec::new();
        let mut add = |place, pairs: Vec<Pair>| {
            all.extend(pairs.into_iter().map(|pair| (place, pair)));
        };
        let protocol = header_text(request).map(pairs_of_header);
        add(Place::Header, protocol.unwrap_or_default());
        let query = request.uri().query().unwrap_or_default();
        add(Place::Query, pairs_of_form(query.as_bytes()));
        if is_form(request) {
            add(Place::Form, pairs_of_form(request.body()));
        }
        Self(all)
    }

    /// The value of a parameter of the protocol; the first one, if there are several.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let mut values = self.0.iter().filter(|(_, (own, _))| own == name.as_bytes());
        let (_, (_, value)) = values.next()?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The parameters that a signature covers.
    pub(super) fn signed(&self) -> impl Iterator<Item = &Pair> {
        let pairs = self.0.iter().map(|(_, pair)| pair);
        pairs.filter(|(name, _)| name != b"oauth_signature")
    }

    /// Returns whether the parameters of the protocol are in one place, each once (RFC 5849 sections 3.1
    /// and 3.5).
    pub(super) fn is_well_formed(&self) -> bool {
        let protocol = self.0.iter();
        let protocol: Vec<_> = protocol
            .filter(|(_, (name, _))| name.starts_with(b"oauth_"))
            .collect();
        let place = protocol.first().map(|(place, _)| place);
        let is_once = |name| protocol.iter().filter(|(_, (own, _))| own == name).count() == 1;
        protocol
            .iter()
            .all(|(own, (name, _))| Some(own) == place && is_once(name))
    }
}

/// Returns whether a request is signed by OAuth 1.0a, well or badly.
pub(in crate::server) fn is_signed(request: &RecordedRequest) -> bool {
    header_text(request.request()).is_some()
        || Parameters::of(request).get("oauth_signature").is_some()
}

/// Returns whether a body is a form, whose parameters are signed.
pub(super) fn is_form<B>(request: &Request<B>) -> bool {
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next();
    media_type
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The parameters of the header, as they are written.
fn header_text<B>(request: &Request<B>) -> Option<&str> {
    let text = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, rest) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("oauth").then_some(rest)
}

/// Reads `name="value", ...`, with percent-encoded names and values. What is no parameter is left out.
fn pairs_of_header(text: &str) -> Vec<Pair> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let parts = text.split(move |letter| {
        let ends = letter == ',' && !is_quoted;
        if letter == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = letter == '\\' && !is_escaped;
        ends
    });
    let pairs = parts.filter_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        Some((decoded(name.trim().as_bytes()), decoded(value.as_bytes())))
    });
    pairs
        .filter(|(name, _)| !name.eq_ignore_ascii_case(b"realm"))
        .collect()
}

fn pairs_of_form(form: &[u8]) -> Vec<Pair> {
    let pairs = form.split(|byte| *byte == b'&');
    pairs
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let spaced: Vec<u8> = pair
                .iter()
                .map(|byte| if *byte == b'+' { b' ' } else { *byte })
                .collect();
            let mut halves = spaced.splitn(2, |byte| *byte == b'=');
            let mut half = || decoded(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

/// Percent-decodes; what is not encoded well stays as it is.
fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let digits = digits.filter(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match byte.filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}
