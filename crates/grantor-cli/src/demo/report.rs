//! The text that the demo prints.

use std::io::{self, Write};
use std::time::Duration;

use grantor_core::Secret;
use serde::Serialize;
use serde_json::{Value, json};

use super::stage::{ACCESS_TOKEN_LIFETIME, SCOPE, Stage};
use super::steps::{STEPS, Shown};
use super::{Error, Outcome};

/// One line of `--json`.
#[derive(Serialize)]
struct Line {
    step: &'static str,
    ok: bool,
    ms: f64,
    detail: Value,
}

const UNWRITTEN: &str = "the output can't be written";

pub(super) struct Report<'o> {
    json: bool,
    out: &'o mut dyn Write,
    total: Duration,
}

impl<'o> Report<'o> {
    pub(super) fn new(json: bool, out: &'o mut dyn Write) -> Self {
        Self {
            json,
            out,
            total: Duration::ZERO,
        }
    }

    pub(super) fn begin(&mut self, stage: &Stage) -> Result<(), Error> {
        if self.json {
            return Ok(());
        }
        let (issuer, api) = (stage.server.issuer(), &stage.api);
        self.print(&format!(
            "A server on SQLite at {issuer}, an API at {api}, and a client.\n"
        ))
    }

    pub(super) fn step(
        &mut self,
        id: &'static str,
        took: Duration,
        shown: &Shown,
    ) -> Result<(), Error> {
        self.total += took;
        let millis = took.as_secs_f64() * 1000.0;
        if self.json {
            let detail = match shown {
                Ok(seen) => seen.detail.clone(),
                Err(problem) => json!({"problem": problem}),
            };
            let line = Line {
                step: id,
                ok: shown.is_ok(),
                ms: (millis * 10.0).round() / 10.0,
                detail,
            };
            let line = serde_json::to_string(&line);
            return self.print(&line.map_err(|error| Error::new(UNWRITTEN, error))?);
        }
        let (mark, text) = match shown {
            Ok(seen) => ('✓', &seen.line),
            Err(problem) => ('✗', problem),
        };
        self.print(&format!("{mark} {id:<16} {millis:>8.1} ms  {text}"))
    }

    pub(super) fn end(&mut self, outcome: &Outcome) -> Result<(), Error> {
        if self.json {
            return Ok(());
        }
        let seconds = self.total.as_secs_f64();
        if outcome.held() {
            return self.print(&format!(
                "\nAll {} steps held in {seconds:.1} s: tokens are fetched once, renewed unseen, \
                 rotated, and dead once they are revoked.\nNext: `grantor serve` starts a server \
                 that stays.",
                STEPS.len()
            ));
        }
        let failed = outcome.failed.join(", ");
        self.print(&format!(
            "\nNot every step held: {failed}. {seconds:.1} s in all.\nNext: try again while the \
             machine has little else to do; if a step still fails, report the lines above."
        ))
    }

    pub(super) fn serving(&mut self, stage: &Stage) -> Result<(), Error> {
        let service = &stage.service;
        let client_id = service.client_id();
        let secret = service.client_secret().map_or("", Secret::expose);
        let issuer = stage.server.issuer();
        let [metadata, _] = issuer.metadata_urls();
        let token = issuer.join("/token");
        let api = &stage.api;
        let curl = format!(
            "curl -s -u {client_id}:{secret} -d grant_type=client_credentials -d scope={SCOPE} \
             -d resource={api} {token}"
        );
        let lifetime = ACCESS_TOKEN_LIFETIME.as_secs();
        if self.json {
            let serving = json!({
                "issuer": issuer.as_str(), "metadata": metadata.as_str(), "api": api,
                "client_id": client_id, "curl": curl,
            });
            return self.print(&json!({ "serving": serving }).to_string());
        }
        self.print(&format!(
            "
Still running, until Ctrl-C:
  issuer     {issuer}
  metadata   {metadata}
  API        {api}
  client id  {client_id}
A token, good for {lifetime} s (the secret was made for this run and ends with it):
  {curl}
The API with it:
  curl -s -H \"Authorization: Bearer $TOKEN\" {api}"
        ))
    }

    fn print(&mut self, text: &str) -> Result<(), Error> {
        let written = writeln!(self.out, "{text}").and_then(|()| self.out.flush());
        written.map_err(|error: io::Error| Error::new(UNWRITTEN, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::steps::Seen;

    fn shown(json: bool, shown: &Shown) -> String {
        let mut out = Vec::new();
        let took = Duration::from_micros(12_345);
        let mut report = Report::new(json, &mut out);
        report.step("cold_100", took, shown).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_step_is_one_line() {
        let held = Ok(Seen {
            line: "all is well".to_owned(),
            detail: json!({"calls": 100}),
        });
        let failed = Err("token requests: 2, expected 1".to_owned());
        assert_eq!(
            shown(false, &held),
            "✓ cold_100             12.3 ms  all is well\n"
        );
        assert_eq!(
            shown(false, &failed),
            "✗ cold_100             12.3 ms  token requests: 2, expected 1\n"
        );
        assert_eq!(
            shown(true, &held),
            "{\"step\":\"cold_100\",\"ok\":true,\"ms\":12.3,\"detail\":{\"calls\":100}}\n"
        );
        assert_eq!(
            shown(true, &failed),
            "{\"step\":\"cold_100\",\"ok\":false,\"ms\":12.3,\"detail\":\
             {\"problem\":\"token requests: 2, expected 1\"}}\n"
        );
    }
}
