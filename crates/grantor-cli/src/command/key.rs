//! `grantor key`.

use std::process::ExitCode;

use grantor_core::Timestamp;
use grantor_jose::Algorithm;
use grantor_server::{KeyState, RotateAt, StoredKey, StoredKeys};
use serde_json::{Value, json};

use crate::args::{self, Common};
use crate::config::Config;
use crate::data;
use crate::error::CliError;
use crate::output::Output;
use crate::when;

pub(crate) fn run(
    common: &Common,
    command: args::Key,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let config = Config::for_common(common)?;
    crate::block_on(async {
        match command {
            args::Key::List => list(&config, output).await,
            args::Key::Rotate(rotate) => rotate_key(&config, &rotate, output).await,
            args::Key::Remove { id } => remove(&config, &id, output).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config, output: &Output) -> Result<(), CliError> {
    let stores = data::open_to_read(config).await?;
    let now = stores.environment().now();
    let keys = StoredKeys::open(&stores)?.list().await?;
    let lines: Vec<String> = keys.iter().map(|key| line(key, now)).collect();
    let text = match lines.is_empty() {
        true => "no keys yet: a server makes them when it first starts".to_owned(),
        false => lines.join("\n"),
    };
    output.result(&text, &keys.iter().map(to_json).collect())
}

async fn rotate_key(
    config: &Config,
    rotate: &args::KeyRotate,
    output: &Output,
) -> Result<(), CliError> {
    let algorithm = match (&rotate.algorithm, config.access_tokens()) {
        (Some(name), _) => signing_algorithm(name)?,
        (None, grantor_server::AccessTokens::Jwt(algorithm)) => algorithm,
        (None, _) => {
            return Err(CliError::usage(
                "access tokens are opaque in this configuration, so no key signs them: give the \
                 configuration file of the server (--config), or the algorithm of a key that `grantor \
                 key list` shows (--algorithm)",
            ));
        }
    };
    let stores = data::open_kept(config).await?;
    let at = match rotate.now {
        true => RotateAt::Now,
        false => RotateAt::Published,
    };
    let added = StoredKeys::open(&stores)?.rotate(algorithm, at).await?;
    let text = line(&added, stores.environment().now());
    output.result(&text, &to_json(&added))
}

async fn remove(config: &Config, id: &str, output: &Output) -> Result<(), CliError> {
    let stores = data::open_kept(config).await?;
    let added = StoredKeys::open(&stores)?.remove(id).await?;
    let mut text = format!("key {id} removed; servers refuse its tokens within a minute");
    if let Some(added) = &added {
        text.push('\n');
        text.push_str(&line(added, stores.environment().now()));
    }
    let added = added.as_ref().map(to_json);
    output.result(&text, &json!({ "id": id, "removed": true, "key": added }))
}

fn signing_algorithm(name: &str) -> Result<Algorithm, CliError> {
    let known = [
        Algorithm::Es256,
        Algorithm::EdDsa,
        Algorithm::Rs256,
        Algorithm::Ps256,
    ];
    let found = known
        .into_iter()
        .find(|one| one.as_str().eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        CliError::usage(format!(
            "--algorithm {name}: must be one of ES256, EdDSA, RS256, PS256"
        ))
    })
}

fn line(key: &StoredKey, now: Timestamp) -> String {
    let state = match key.state {
        KeyState::Next(from) => format!("signs from {}", when::told(from, now)),
        KeyState::Retiring(until) => format!(
            "replaced, its last token expires {}",
            when::told(until, now)
        ),
        _ => "signs".to_owned(),
    };
    format!("{}  {}  {state}", key.id, key.algorithm)
}

fn to_json(key: &StoredKey) -> Value {
    let (state, at) = match key.state {
        KeyState::Next(from) => ("next", Some(from)),
        KeyState::Retiring(until) => ("retiring", Some(until)),
        _ => ("active", None),
    };
    json!({
        "id": key.id,
        "algorithm": key.algorithm.as_str(),
        "created_at": when::date(key.created_at),
        "state": state,
        "at": at.and_then(when::date),
    })
}
