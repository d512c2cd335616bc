//! The meaning of an answer for the token that its request carried. It is decided here alone, by a function
//! of the answer and of what is known of the token.

use grantor_core::AuthenticateChallenge;
use http::{HeaderMap, HeaderName, StatusCode};

/// The status of gRPC that stands for 401, in the header of an answer that has no messages.
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const UNAUTHENTICATED: &[u8] = b"16";

/// How often one request is sent at most.
pub(crate) const MAX_SENDS: u8 = 3;

/// An answer of an API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    /// The statuses by which the API rejects a token.
    pub(crate) rejection_statuses: &'a [StatusCode],
    /// True if it has a nonce that the scheme of the request can take.
    pub(crate) gives_nonce: bool,
    /// True if it asks for more than the token has, and a token can be had that has it.
    pub(crate) steps_up: bool,
}

/// The facts about the token when the answer is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// How often the request was sent.
    pub(crate) sends: u8,
    /// True if it was sent again for a rejection before.
    pub(crate) replaced: bool,
    pub(crate) current: CurrentToken,
    /// True if a renewal is under way.
    pub(crate) renewing: bool,
    /// True if a rejection may renew the token.
    pub(crate) may_renew: bool,
}

/// The current token beside the one that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CurrentToken {
    /// It is the one that was sent.
    Sent,
    /// It is another one: a late answer says nothing about it.
    Another,
    /// It has expired, or there is none any more.
    Gone,
}

/// The meaning of an answer for its token, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The API took the token. The answer is the caller's.
    Accepted,
    /// The answer says nothing of the token and is the caller's.
    Unrelated,
    /// The token was rejected, and nothing more can be done.
    Final,
    /// The request is sent again with the token there is, or with the next one.
    Resend,
    /// The token is renewed, and the request is sent again.
    Renew,
    /// The renewal under way is waited for, and the request is sent again.
    Wait,
    /// The request is sent again with the nonce that the answer has.
    NewNonce,
    /// A token with more than this one is requested, and the request is sent again.
    StepUp,
}

/// The short check that is enough for most answers.
#[inline]
pub(crate) fn is_accepted(status: StatusCode, headers: &HeaderMap) -> bool {
    status.is_success() && !says_unauthenticated(headers)
}

#[inline]
fn says_unauthenticated(headers: &HeaderMap) -> bool {
    let grpc = headers.get(GRPC_STATUS);
    grpc.is_some_and(|status| status.as_bytes() == UNAUTHENTICATED)
}

/// Returns whether an answer is about its token at all.
pub(crate) fn is_rejection(answer: &Answer<'_>) -> bool {
    let by_status = answer.rejection_statuses.contains(&answer.status);
    let by_grpc = answer.status.is_success() && says_unauthenticated(answer.headers);
    by_status || by_grpc
}

/// The meaning of an answer for its token.
pub(crate) fn verdict(answer: &Answer<'_>, facts: &Facts) -> Verdict {
    if is_accepted(answer.status, answer.headers) {
        return Verdict::Accepted;
    }
    let is_last = facts.sends >= MAX_SENDS;
    if answer.steps_up && !is_last {
        return Verdict::StepUp;
    }
    if !is_rejection(answer) {
        return Verdict::Unrelated;
    }
    match challenge(answer.headers) {
        Challenge::Nonce if answer.gives_nonce && !is_last => return Verdict::NewNonce,
        Challenge::Nonce | Challenge::Other if !answer.status.is_success() => {
            return Verdict::Unrelated;
        }
        _ => {}
    }
    if is_last || facts.replaced {
        return Verdict::Final;
    }
    match facts.current {
        CurrentToken::Another | CurrentToken::Gone => Verdict::Resend,
        CurrentToken::Sent if facts.may_renew => Verdict::Renew,
        CurrentToken::Sent if facts.renewing => Verdict::Wait,
        CurrentToken::Sent => Verdict::Final,
    }
}

/// The demand of a challenge.
enum Challenge {
    /// Another token, as far as it says.
    Token,
    /// A nonce (RFC 9449 section 9).
    Nonce,
    /// Something that no other token has: a better proof, a new login, a wider scope.
    Other,
}

fn challenge(headers: &HeaderMap) -> Challenge {
    let challenges = AuthenticateChallenge::from_headers(headers);
    let mut errors = challenges.iter().filter_map(|it| it.get("error"));
    let about_else = errors.find_map(|error| match error {
        "use_dpop_nonce" => Some(Challenge::Nonce),
        "invalid_dpop_proof" | "insufficient_user_authentication" | "insufficient_scope" => {
            Some(Challenge::Other)
        }
        _ => None,
    });
    about_else.unwrap_or(Challenge::Token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const FIRST: Facts = Facts {
        sends: 1,
        replaced: false,
        current: CurrentToken::Sent,
        renewing: false,
        may_renew: true,
    };

    fn judge(status: u16, header: &str, gives_nonce: bool, facts: &Facts) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header.split_once(": ") {
            let name = HeaderName::try_from(name).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: &headers,
            rejection_statuses: &[StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN],
            gives_nonce,
            steps_up: false,
        };
        verdict(&answer, facts)
    }

    #[test]
    fn what_a_wider_token_has_is_requested_as_often_as_requests_are_sent() {
        let headers = HeaderMap::new();
        for (status, sends, replaced, expected) in [
            (403, 1, false, Verdict::StepUp),
            (401, 1, false, Verdict::StepUp),
            (403, 2, true, Verdict::StepUp),
            (403, 3, true, Verdict::Final),
            (200, 1, false, Verdict::Accepted),
        ] {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: &headers,
                rejection_statuses: &[StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN],
                gives_nonce: false,
                steps_up: true,
            };
            let facts = Facts {
                sends,
                replaced,
                ..FIRST
            };
            assert_eq!(verdict(&answer, &facts), expected, "{status} {sends}");
        }
    }

    #[test]
    fn an_answer_says_what_it_is_about() {
        let other = |error: &str| format!("www-authenticate: Bearer error=\"{error}\"");
        for (status, header, expected) in [
            (200, String::new(), Verdict::Accepted),
            (204, "grpc-status: 0".to_owned(), Verdict::Accepted),
            (200, "grpc-status: 16".to_owned(), Verdict::Renew),
            (200, "grpc-status: 7".to_owned(), Verdict::Accepted),
            (302, String::new(), Verdict::Unrelated),
            (404, "grpc-status: 16".to_owned(), Verdict::Unrelated),
            (500, String::new(), Verdict::Unrelated),
            (401, String::new(), Verdict::Renew),
            (403, String::new(), Verdict::Renew),
            (401, "www-authenticate: Basic".to_owned(), Verdict::Renew),
            (401, other("invalid_token"), Verdict::Renew),
            (401, other("insufficient_scope"), Verdict::Unrelated),
            (403, other("insufficient_scope"), Verdict::Unrelated),
            (
                401,
                other("insufficient_user_authentication"),
                Verdict::Unrelated,
            ),
            (401, other("invalid_dpop_proof"), Verdict::Unrelated),
            (401, other("use_dpop_nonce"), Verdict::Unrelated),
        ] {
            assert_eq!(
                judge(status, &header, false, &FIRST),
                expected,
                "{status} {header}"
            );
        }
    }

    #[test]
    fn a_rejection_leads_to_what_is_left_to_do() {
        use CurrentToken::{Another, Gone, Sent};
        let facts = |sends, replaced, current, renewing, may_renew| Facts {
            sends,
            replaced,
            current,
            renewing,
            may_renew,
        };
        for (facts, expected) in [
            (facts(1, false, Sent, false, true), Verdict::Renew),
            (facts(1, false, Sent, true, true), Verdict::Renew),
            (facts(1, false, Sent, true, false), Verdict::Wait),
            (facts(1, false, Sent, false, false), Verdict::Final),
            (facts(1, false, Another, false, true), Verdict::Resend),
            (facts(1, false, Another, true, false), Verdict::Resend),
            (facts(1, false, Gone, false, false), Verdict::Resend),
            (facts(2, false, Sent, false, true), Verdict::Renew),
            (facts(2, false, Another, false, false), Verdict::Resend),
            (facts(2, true, Sent, false, true), Verdict::Final),
            (facts(2, true, Another, true, true), Verdict::Final),
            (facts(3, false, Sent, true, true), Verdict::Final),
            (facts(3, false, Another, false, true), Verdict::Final),
            (facts(3, true, Gone, false, true), Verdict::Final),
        ] {
            assert_eq!(judge(401, "", false, &facts), expected, "{facts:?}");
            let grpc = judge(200, "grpc-status: 16", false, &facts);
            assert_eq!(grpc, expected, "{facts:?}");
        }
    }

    #[test]
    fn a_nonce_is_taken_by_a_scheme_that_can_and_as_often_as_requests_are_sent() {
        let header = "www-authenticate: DPoP error=\"use_dpop_nonce\"";
        for (sends, replaced, expected) in [
            (1, false, Verdict::NewNonce),
            (2, true, Verdict::NewNonce),
            (2, false, Verdict::NewNonce),
            (3, true, Verdict::Unrelated),
        ] {
            let facts = Facts {
                sends,
                replaced,
                ..FIRST
            };
            assert_eq!(judge(401, header, true, &facts), expected, "{facts:?}");
            assert_eq!(judge(401, header, false, &facts), Verdict::Unrelated);
        }
    }
}
