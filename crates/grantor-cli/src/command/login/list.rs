//! `grantor login --list`.

use std::process::ExitCode;

use grantor_core::Timestamp;
use grantor_http::system;
use serde_json::{Value, json};

use crate::args::Login;
use crate::command::saved_logins::{Place, SavedLogin};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::when;

/// Prints the logins that are kept. Nothing is made where there are none.
pub(super) fn run(args: &Login, output: &Output) -> Result<ExitCode, CliError> {
    let store = &args.store;
    let place = Place::of(store.store.as_ref(), store.store_key.as_ref());
    let logins = match place.filter(Place::exists) {
        None => Vec::new(),
        Some(place) => crate::block_on(async { place.open_existing().await?.all().await })?,
    };
    let now = system().now();
    let lines: Vec<String> = logins.iter().map(|login| line(login, now)).collect();
    let text = match lines.is_empty() {
        true => "no logins yet: grantor login --issuer URL --client-id ID".to_owned(),
        false => lines.join("\n"),
    };
    let json = logins.iter().map(members).collect();
    output.result(&text, &json)?;
    Ok(Exit::Done.into())
}

fn line(login: &SavedLogin, now: Timestamp) -> String {
    let parts = [
        login.label.clone(),
        format!("client {} at {}", login.client_id, login.issuer),
        login.subject.clone().unwrap_or_default(),
        login.scope.clone().unwrap_or_default(),
        format!("since {}", when::told(login.signed_in_at, now)),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

fn members(login: &SavedLogin) -> Value {
    json!({
        "label": login.label,
        "issuer": login.issuer,
        "client_id": login.client_id,
        "subject": login.subject,
        "scope": login.scope,
        "signed_in_at": login.signed_in_at.as_secs(),
        "dpop": login.dpop,
    })
}
