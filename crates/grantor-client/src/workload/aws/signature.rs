//! Signatures of AWS, version 4, with all parameters of the request in its head.

use std::fmt::Write;

use grantor_core::Timestamp;
use grantor_jose::digest::{hmac_sha256, sha256};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::form_urlencoded;

use super::credentials::Credentials;

/// A request that is signed.
pub(super) struct SignedRequest<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    /// In lower case and in order, `x-amz-date` among them.
    pub(super) headers: &'a [(&'a str, String)],
    pub(super) body: &'a [u8],
}

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The value of the `Authorization` header.
pub(super) fn sign(
    request: &SignedRequest<'_>,
    region: &str,
    service: &str,
    credentials: &Credentials,
) -> String {
    let date = request
        .headers
        .iter()
        .find(|(name, _)| *name == "x-amz-date");
    let date = date.map_or("", |(_, date)| date);
    let day = date.get(..8).unwrap_or_default();
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let canonical = hex(&sha256(canonical(request, &names).as_bytes()));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{canonical}");
    let secret = format!("AWS4{}", credentials.secret_access_key.expose());
    let key = [day, region, service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| {
            hmac_sha256(&key, part.as_bytes()).to_vec()
        });
    let signature = hex(&hmac_sha256(&key, to_sign.as_bytes()));
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key_id
    )
}

fn canonical(request: &SignedRequest<'_>, names: &str) -> String {
    let encode = |text: &str| percent_encode(text.as_bytes(), ENCODED).to_string();
    let pairs = form_urlencoded::parse(request.query.as_bytes());
    let mut pairs: Vec<_> = pairs
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    pairs.sort_unstable();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    let query = pairs.collect::<Vec<_>>().join("&");
    let path = match request.path {
        "" => "/",
        path => path,
    };
    let headers = request
        .headers
        .iter()
        .fold(String::new(), |mut all, (name, value)| {
            let _ = writeln!(all, "{name}:{}", value.trim());
            all
        });
    let body = hex(&sha256(request.body));
    format!(
        "{}\n{path}\n{query}\n{headers}\n{names}\n{body}",
        request.method
    )
}

/// A time as AWS writes it: `20150830T123600Z`.
pub(super) fn date(now: Timestamp) -> String {
    let seconds = now.as_secs();
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The date of a day since 1970 in the calendar of today. Years begin with March here, so that a leap
/// day is the last one of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let since = days + 719_468;
    let era = since.div_euclid(DAYS_OF_400_YEARS);
    let day_of_era = since.rem_euclid(DAYS_OF_400_YEARS);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases `get-vanilla`, `get-vanilla-query-order-value`, `post-vanilla` and
    /// `post-x-www-form-urlencoded` of the test suite that AWS publishes for its signatures.
    #[test]
    fn signatures_are_those_of_the_test_suite_of_aws() {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        };
        let date = ("x-amz-date", "20150830T123600Z".to_owned());
        let host = ("host", "example.amazonaws.com".to_owned());
        let headers = [host.clone(), date.clone()];
        for (method, query, expected) in [
            (
                "GET",
                "",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "GET",
                "Param1=value2&Param1=Value1",
                "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
            ),
        ] {
            let request = SignedRequest {
                method,
                path: "/",
                query,
                headers: &headers,
                body: b"",
            };
            let signed = sign(&request, "us-east-1", "service", &credentials);
            let scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request";
            assert_eq!(
                signed,
                format!(
                    "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, \
                     Signature={expected}"
                ),
                "{method} {query}"
            );
        }
        let headers = [
            (
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            ),
            host,
            date,
        ];
        let request = SignedRequest {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: b"Param1=value1",
        };
        let signed = sign(&request, "us-east-1", "service", &credentials);
        let expected = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a";
        assert!(signed.ends_with(expected), "{signed}");
    }

    #[test]
    fn times_are_written_as_aws_has_them() {
        for (seconds, expected) in [
            (1_440_938_160, "20150830T123600Z"),
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(date(Timestamp::from_secs(seconds)), expected);
        }
    }
}
