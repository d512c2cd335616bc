//! Refusals in the words of the extension "OAuth Problem Reporting", with the status of RFC 5849
//! section 3.2.

use bytes::Bytes;
use grantor_core::Params;
use http::{HeaderValue, Response, StatusCode, header};

use crate::server::answer;

/// Words for a request that is malformed: 400. All others are 401.
const MALFORMED: [&str; 4] = [
    "parameter_absent",
    "parameter_rejected",
    "signature_method_rejected",
    "version_rejected",
];

/// The reason why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) word: &'static str,
    pub(super) advice: &'static str,
}

pub(super) const fn problem(word: &'static str, advice: &'static str) -> Problem {
    Problem { word, advice }
}

impl Problem {
    pub(super) fn to_answer(self) -> Response<Bytes> {
        let mut form = Params::new();
        form.push("oauth_problem", self.word);
        form.push("oauth_problem_advice", self.advice);
        let status = match MALFORMED.contains(&self.word) {
            true => StatusCode::BAD_REQUEST,
            false => StatusCode::UNAUTHORIZED,
        };
        let form_type = "application/x-www-form-urlencoded";
        let mut answer = answer::with_body(status.as_u16(), form_type, form.to_form());
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("OAuth realm=\"fake\"");
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}
