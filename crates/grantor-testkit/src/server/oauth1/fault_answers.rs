//! Faults of OAuth 1.0a.

use bytes::Bytes;
use http::Response;
use url::form_urlencoded;

use super::problem::problem;
use crate::server::{Fault, answer};

/// The answer of a fault that has one of its own.
pub(in crate::server) fn answer(fault: &Fault) -> Option<Response<Bytes>> {
    let form = |body| answer::with_body(200, "application/x-www-form-urlencoded", body);
    match fault {
        Fault::NotForm => Some(form("<html>")),
        Fault::HalfForm => Some(form("oauth_token=hal")),
        Fault::Problem(word) => Some(problem(word, "a fault").to_answer()),
        _ => None,
    }
}

/// The right answer with credentials, a form, as the fault makes it. Every other answer stays.
pub(in crate::server) fn changed_by(fault: &Fault, answer: Response<Bytes>) -> Response<Bytes> {
    let change: fn(&str, String) -> Option<String> = match fault {
        Fault::Unconfirmed => without_confirmation,
        Fault::WrongTokenSecret => with_another_secret,
        _ => return answer,
    };
    answer.map(|body| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(&body) {
            if let Some(value) = change(&name, value.into_owned()) {
                form.append_pair(&name, &value);
            }
        }
        form.finish().into()
    })
}

fn without_confirmation(name: &str, value: String) -> Option<String> {
    (name != "oauth_callback_confirmed").then_some(value)
}

fn with_another_secret(name: &str, value: String) -> Option<String> {
    match name {
        "oauth_token_secret" => Some(format!("another-{value}")),
        _ => Some(value),
    }
}
