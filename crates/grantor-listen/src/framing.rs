//! The headers that say how a body is read: RFC 9112 section 6.1.

use http::header::{CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};

/// Returns why a request is refused whose body would be read otherwise than its sender or a proxy
/// reads it.
pub(crate) fn refuse(headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let mut codings = headers
        .get_all(TRANSFER_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !coding.is_empty());
    let mut chunked = 0;
    if !codings.all(|coding| {
        chunked += 1;
        coding.eq_ignore_ascii_case(b"chunked")
    }) {
        return Some((StatusCode::NOT_IMPLEMENTED, OTHER_CODING));
    }
    // "A sender MUST NOT apply the chunked transfer coding more than once".
    if chunked > 1 {
        return Some((StatusCode::BAD_REQUEST, CHUNKED_TWICE));
    }
    if headers.get_all(CONTENT_TYPE).iter().nth(1).is_some() {
        return Some((StatusCode::BAD_REQUEST, TWO_TYPES));
    }
    None
}

const OTHER_CODING: &str = "this server decodes no transfer coding but chunked\n";
const CHUNKED_TWICE: &str = "the transfer coding chunked is there more than once\n";
const TWO_TYPES: &str = "a request has one Content-Type header\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[(&'static str, &str)], expected: Option<u16>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let status = refuse(&headers).map(|(status, _)| status.as_u16());
        assert_eq!(status, expected, "{lines:?}");
    }

    #[test]
    fn chunked_once_or_not_at_all_is_read() {
        check(&[], None);
        check(&[("transfer-encoding", "chunked")], None);
        check(&[("transfer-encoding", " Chunked ,")], None);
        check(&[("content-type", "text/plain")], None);
    }

    #[test]
    fn other_framing_is_refused() {
        let coding = "transfer-encoding";
        for other in ["gzip, chunked", "identity", "xchunked", "chunked;a=b"] {
            check(&[(coding, other)], Some(501));
        }
        check(&[(coding, "gzip"), (coding, "chunked")], Some(501));
        check(&[(coding, "chunked, chunked")], Some(400));
        check(&[(coding, "chunked"), (coding, "chunked")], Some(400));
        let kind = "content-type";
        check(&[(kind, "text/plain"), (kind, "text/plain")], Some(400));
    }
}
