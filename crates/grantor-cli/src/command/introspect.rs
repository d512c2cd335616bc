//! `grantor introspect`.

use std::process::ExitCode;

use grantor_core::{Introspection, IntrospectionRequest, Timestamp};
use grantor_http::system;
use serde_json::{Value, to_value};

use super::client_options::{asking, issuer};
use super::input;
use crate::args::{Common, Introspect};
use crate::error::{CliError, Exit};
use crate::output::{Output, tame};
use crate::when;

pub(crate) fn run(
    common: &Common,
    args: &Introspect,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let issuer = issuer(common, args.client.issuer.as_ref())?;
    input::one_from_stdin(&args.input, &args.client)?;
    let mut request = IntrospectionRequest::new(input::token(&args.input)?);
    request.token_type_hint = args.hint.map(Into::into);
    let tokens = asking(&issuer, &args.client)?;
    crate::block_on(async {
        let answer = tokens.introspect(&request).await;
        tokens.close().await;
        let answer = answer.map_err(|error| {
            CliError::from(error).because(&format!("{issuer} says nothing of the token"))
        })?;
        let json = to_value(&answer).unwrap_or_default();
        output.result(&to_text(&answer, &json), &json)?;
        Ok(match answer.active {
            true => Exit::Done.into(),
            false => Exit::Inactive.into(),
        })
    })
}

/// For people: one line for each member.
fn to_text(answer: &Introspection, json: &Value) -> String {
    if !answer.active {
        return "not active".to_owned();
    }
    let now = system().now();
    let members = json.as_object().into_iter().flatten();
    let lines = members.filter(|(name, _)| *name != "active");
    let lines = lines.map(|(name, value)| {
        let shown = match (name.as_str(), value.as_i64(), value.as_str()) {
            ("exp" | "iat" | "nbf", Some(seconds), _) => {
                when::told(Timestamp::from_secs(seconds), now)
            }
            (.., Some(text)) => text.replace('\n', " "),
            _ => value.to_string(),
        };
        tame(&format!("\n{:<12}{shown}", name.replace('\n', " ")))
    });
    format!("active{}", lines.collect::<String>())
}
