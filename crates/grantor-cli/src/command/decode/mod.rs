//! `grantor decode`.

mod keys;
mod parts;
mod show;

use std::process::ExitCode;

use grantor_http::system;
use grantor_jose::{Algorithm, Error, KeySet, jws};
use serde_json::Value;

use self::keys::Source;
use self::parts::{Content, Parts};
use super::input;
use crate::args::{Common, Decode};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(_: &Common, args: &Decode, output: &Output) -> Result<ExitCode, CliError> {
    let source = Source::of(args)?;
    let token = input::token(&args.input)?;
    let text = parts::bare(token.expose());
    let parts = Parts::of(text)?;
    let keys = match (&source, &parts.content) {
        (Some(source), Content::Claims(_)) => {
            let key_id = parts.header.get("kid").and_then(Value::as_str);
            Some(crate::block_on(source.keys(key_id, &args.connection))?)
        }
        _ => None,
    };
    let verdict = verdict(text, &parts, source.as_ref(), keys.as_ref());
    let now = system().now();
    output.result(
        &show::text(&parts, &verdict, now),
        &show::json(&parts, &verdict, now),
    )?;
    if let Verdict::Wrong(why) = &verdict {
        return fail(output, Exit::BadSignature, &format!("not verified: {why}"));
    }
    match parts.validity(now) {
        parts::Validity::Good | parts::Validity::Unknown => Ok(Exit::Done.into()),
        parts::Validity::Expired => fail(output, Exit::Expired, "the token has expired"),
        parts::Validity::NotYet => fail(output, Exit::Expired, "the token is not valid yet"),
    }
}

/// The verdict on a token's signature.
enum Verdict {
    /// Nobody asked.
    Unverified,
    Verified(Key),
    Wrong(String),
}

/// The key that made a signature.
struct Key {
    algorithm: Algorithm,
    key_id: Option<String>,
    thumbprint: String,
}

fn verdict(token: &str, parts: &Parts, source: Option<&Source>, keys: Option<&KeySet>) -> Verdict {
    let (Some(source), Content::Claims(claims)) = (source, &parts.content) else {
        return match source {
            Some(_) => Verdict::Wrong(
                "the signature of an encrypted token is inside, and needs the key that the token \
                 is encrypted to"
                    .to_owned(),
            ),
            None => Verdict::Unverified,
        };
    };
    let key = match verify(token, keys) {
        Ok(key) => key,
        Err(error) => return Verdict::Wrong(explained(error, keys)),
    };
    match source.issuer() {
        Some(issuer) if claims.get("iss").and_then(Value::as_str) != Some(issuer) => {
            Verdict::Wrong(format!(
                "its keys are those of {issuer}, and \"iss\" is another"
            ))
        }
        _ => Verdict::Verified(key),
    }
}

/// The problem, and which keys of the set were not even tried.
fn explained(error: Error, keys: Option<&KeySet>) -> String {
    let mut message = error.to_string();
    if error == Error::UnknownKey {
        for skipped in keys.into_iter().flat_map(KeySet::skipped) {
            let (number, reason) = (skipped.index + 1, skipped.reason);
            message.push_str(&format!("; key {number} of the set was skipped: {reason}"));
        }
    }
    message
}

fn verify(token: &str, keys: Option<&KeySet>) -> Result<Key, Error> {
    let keys = keys.ok_or(Error::UnknownKey)?;
    let verified = jws::verify(token, keys, Algorithm::ALL)?;
    let key = keys.select(verified.key_id.as_deref(), verified.algorithm)?;
    Ok(Key {
        algorithm: verified.algorithm,
        key_id: key.key_id().map(str::to_owned),
        thumbprint: key.thumbprint(),
    })
}

/// The result is out; what is wrong with the token is said besides.
fn fail(output: &Output, exit: Exit, message: &str) -> Result<ExitCode, CliError> {
    output.error(&CliError::new(exit, message));
    Ok(exit.into())
}
