//! The worst 64 KiB that a request can hold, read as a server reads it. To count instructions:
//!
//! ```console
//! $ valgrind --tool=callgrind --toggle-collect='worst::read*' target/release/deps/worst-… scope
//! ```

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its figures and fails where it panics"
)]

use std::hint::black_box;
use std::time::Instant;

use grantor_core::{AuthorizationRequest, ClientAuthentication, Params, RequestView, Scope};
use http::HeaderMap;

const BYTES: usize = 64 * 1024;

fn cases() -> Vec<(&'static str, String)> {
    let filled = |prefix: &str, unit: &dyn Fn(usize) -> String| {
        let mut form = prefix.to_owned();
        for number in 0.. {
            let next = unit(number);
            if form.len() + next.len() > BYTES {
                break;
            }
            form.push_str(&next);
        }
        form
    };
    let values = |number: usize| format!("{number:x}+");
    let replaced = "%EF%BF%BD".repeat(70);
    vec![
        ("scope", filled("client_id=a&scope=", &values)),
        ("scope_without_limit", filled("client_id=a&scope=", &values)),
        (
            "scope_repeated",
            filled("client_id=a&scope=", &|_| "a+".into()),
        ),
        ("prompt", filled("client_id=a&prompt=", &values)),
        (
            "response_type",
            filled("client_id=a&response_type=", &values),
        ),
        ("replacement", filled("", &|n| format!("p{n}={replaced}&"))),
        ("repeated", filled("", &|n| format!("a{}=1&", n % 99))),
        ("repeated_resource", filled("", &|_| "resource=x&".into())),
        ("empty", filled("", &|_| "a&".into())),
        ("escaped", filled("state=", &|_| "%41".into())),
        ("assertion", filled("client_assertion=x", &|_| ".".into())),
    ]
}

/// Everything that is read of a form before a client is known, and its scope.
#[inline(never)]
fn read(form: &[u8]) {
    let _strict = black_box(Params::parse(form).is_ok());
    let Ok(params) = Params::parse_repeated(form) else {
        return;
    };
    let request = AuthorizationRequest::from_params(&params);
    black_box(request.problems.len());
    let headers = HeaderMap::new();
    let _client = black_box(ClientAuthentication::from_request(&RequestView::new(
        &headers, &params,
    )));
    if let Some(text) = params.get("scope") {
        let _limited = black_box(Scope::parse_at_most(text, 100));
    }
}

/// A scope without a limit, as a client reads it in an answer.
#[inline(never)]
fn read_scope(form: &[u8]) {
    let params = Params::parse(form).unwrap();
    let scope = Scope::parse(params.get("scope").unwrap()).unwrap();
    black_box(scope.is_subset(&scope));
}

fn main() {
    let wanted = std::env::args()
        .nth(1)
        .filter(|name| !name.starts_with('-'));
    for (name, form) in cases() {
        if wanted.as_deref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let began = Instant::now();
        match name {
            "scope_without_limit" => read_scope(form.as_bytes()),
            _ => read(form.as_bytes()),
        }
        println!("{name}: {} bytes in {:?}", form.len(), began.elapsed());
    }
}
