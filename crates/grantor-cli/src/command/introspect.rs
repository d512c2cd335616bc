//! `grantor introspect`.

use std::process::ExitCode;

use grantor_core::{Introspection, IntrospectionRequest, Timestamp};
use grantor_http::system;
use serde_json::Value;

use super::client_options::{asking, with_way_out};
use super::input;
use super::server_options::Named;
use crate::args::{Common, Introspect};
use crate::error::{CliError, Exit};
use crate::output::{Output, escape_controls};
use crate::when;

pub(crate) fn run(
    common: &Common,
    args: &Introspect,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let endpoint = args.introspection_endpoint.as_ref();
    let named = Named::with_endpoint(common, &args.server, endpoint, |server, url| {
        server.endpoints.introspection = Some(url);
    });
    let Named { server, name } = named?;
    input::one_from_stdin(&args.input, &args.client)?;
    let mut request = IntrospectionRequest::new(input::token(&args.input)?);
    request.token_type_hint = args.hint.map(Into::into);
    let tokens = asking(server, &args.client, &args.server.connection)?;
    crate::block_on(async {
        let answer = tokens.introspect(&request).await.map_err(CliError::from);
        let answer = with_way_out(answer, &tokens, &args.client, |metadata| {
            &metadata.introspection_endpoint_auth_methods_supported
        });
        let answer = answer.await;
        tokens.close().await;
        let failed = format!("{name} says nothing of the token");
        let answer = answer.map_err(|error| error.because(&failed))?;
        let json = serde_json::from_str(&answer.to_json()).unwrap_or_default();
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
        escape_controls(&format!("\n{:<12}{shown}", name.replace('\n', " ")))
    });
    format!("active{}", lines.collect::<String>())
}
