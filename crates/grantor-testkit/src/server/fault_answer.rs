//! The answers of faults that have one of their own.

use bytes::Bytes;
use grantor_core::{AuthenticateChallenge, ErrorCode, ErrorResponse, Timestamp};
use grantor_http::MAX_ANSWER;
use grantor_jose::base64url;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::faults::ScriptedAnswer;
use super::{Endpoint, Fault, RecordedRequest, answer, oauth1};

/// The answer of a fault that has one of its own.
pub(super) fn of(fault: &Fault, request: &RecordedRequest) -> Option<Response<Bytes>> {
    Some(match fault {
        Fault::Status(status) => answer::html(*status, PAGE),
        Fault::TooManyRequests(seconds) => retry_after(429, &seconds.to_string()),
        Fault::Unavailable(seconds) => retry_after(503, &seconds.to_string()),
        Fault::RetryAt(status, at) => {
            let mut response = retry_after(*status, &http_date(*at));
            // Clients hold the date against that of the answer.
            if let Some(now) = request.at() {
                insert(&mut response, header::DATE, &http_date(now));
            }
            response
        }
        Fault::NotJson => answer::with_body(200, "application/json", PAGE),
        Fault::HalfJson => answer::with_body(200, "application/json", HALF),
        Fault::Html => answer::html(200, PAGE),
        Fault::TooLarge => answer::with_body(200, "application/json", vec![b' '; MAX_ANSWER + 1]),
        Fault::Refused(code) => {
            answer::refusal(&ErrorResponse::new(ErrorCode::from(*code), "a fault"))
        }
        Fault::Challenge(challenge) => {
            let mut refusal = answer::empty(StatusCode::UNAUTHORIZED);
            insert(&mut refusal, header::WWW_AUTHENTICATE, challenge);
            refusal
        }
        Fault::UseDpopNonce(nonce) => return nonce_demand(nonce, request),
        Fault::Answer(scripted) => self::scripted(scripted),
        _ => return oauth1::fault_answer(fault),
    })
}

fn retry_after(status: u16, value: &str) -> Response<Bytes> {
    let mut response = answer::html(status, PAGE);
    insert(&mut response, header::RETRY_AFTER, value);
    response
}

fn scripted(scripted: &ScriptedAnswer) -> Response<Bytes> {
    let mut response = Response::new(scripted.body.clone());
    *response.status_mut() = StatusCode::from_u16(scripted.status).unwrap_or_default();
    for (name, value) in &scripted.headers {
        let parsed = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = parsed {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn nonce_demand(nonce: &str, request: &RecordedRequest) -> Option<Response<Bytes>> {
    if nonce_of(request).is_some_and(|shown| shown == nonce) {
        return None;
    }
    let mut response = match request.endpoint() {
        Endpoint::Api => {
            let mut response = answer::empty(StatusCode::UNAUTHORIZED);
            let challenge = AuthenticateChallenge::new("DPoP").with("error", "use_dpop_nonce");
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, challenge.to_header());
            response
        }
        _ => {
            let why = "the proof has another nonce, or none";
            answer::refusal(&ErrorResponse::new(ErrorCode::UseDpopNonce, why))
        }
    };
    insert(&mut response, HeaderName::from_static("dpop-nonce"), nonce);
    Some(response)
}

/// The nonce of a request's DPoP proof, whose signature is not looked at.
fn nonce_of(request: &RecordedRequest) -> Option<String> {
    let proof = request.headers().get("dpop")?.to_str().ok()?;
    let payload = base64url::decode(proof.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    Some(claims.get("nonce")?.as_str()?.to_owned())
}

fn insert(response: &mut Response<Bytes>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Returns a date as HTTP writes it (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(at: Timestamp) -> String {
    let seconds = at.as_secs();
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let weekday = WEEKDAYS[usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0)];
    // Years begin in March here, so that the leap day is the last of one.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month >= 10);
    let month = MONTHS[usize::try_from(month).unwrap_or(0)];
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

const PAGE: &str = "<html>";
const HALF: &str = "{\"access_token\":\"hal";
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_http() {
        let check = |seconds, text| assert_eq!(http_date(Timestamp::from_secs(seconds)), text);
        check(0, "Thu, 01 Jan 1970 00:00:00 GMT");
        check(784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT");
        check(951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT");
        check(1_790_000_000, "Mon, 21 Sep 2026 14:13:20 GMT");
    }
}
