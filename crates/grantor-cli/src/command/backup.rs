//! `grantor backup` and `grantor restore`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use grantor_http::system;
use grantor_store::{MasterKey, Store};
use grantor_store_sqlite::{BackupContents, SqliteOptions};
use serde_json::{Value, json};

use crate::args::{self, Common};
use crate::config::Config;
use crate::data::{self, master_key};
use crate::error::CliError;
use crate::output::Output;
use crate::when;

pub(crate) fn back_up(
    common: &Common,
    backup: &args::Backup,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let config = Config::for_common(common)?;
    let database = data::open_database_to_read(&config)?;
    let contents = database.back_up(&backup.file, system().now())?;
    let file = backup.file.display();
    let key = match master_key::from_environment()? {
        Some(_) => "the one in GRANTOR_MASTER_KEY".to_owned(),
        None => config.data.join("master.key").display().to_string(),
    };
    let text = format!(
        "{file} written: {}\nThe master key is not in it. Keep a copy of {key} elsewhere: without it the \
         backup can't be used.",
        counts(&contents),
    );
    output.result(&text, &to_json(&backup.file, &contents))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn restore(
    common: &Common,
    restore: &args::Restore,
    output: &Output,
) -> Result<ExitCode, CliError> {
    let config = Config::for_common(common)?;
    data::refuse_other_than_sqlite(&config)?;
    let database = data::database(&config);
    refuse_a_database(&database)?;
    crate::block_on(check_key(&config, &restore.file))?;
    let what = if restore.keep_grants {
        grantor_store_sqlite::Restore::KeepGrants
    } else {
        grantor_store_sqlite::Restore::WithoutGrants
    };
    let contents = grantor_store_sqlite::restore(&restore.file, &database, what)?;
    let since = contents.made_at.and_then(when::date);
    let since = since.unwrap_or_else(|| "the time of the backup".to_owned());
    let rest = undone(&since, restore.keep_grants);
    let text = format!(
        "{} restored from {}, as it was at {since}\n{rest}",
        database.display(),
        restore.file.display()
    );
    let mut json = to_json(&restore.file, &contents);
    json["kept_grants"] = restore.keep_grants.into();
    output.result(&text, &json)?;
    Ok(ExitCode::SUCCESS)
}

/// The changes that a restored database has lost.
fn undone(since: &str, with_grants: bool) -> String {
    let (first, lost) = match with_grants {
        true => (
            "",
            "tokens and grants that were revoked\n  - sessions that ended\n  - ",
        ),
        false => (
            "Without grants, sessions and access tokens: users sign in again.\n",
            "JWTs that clients got for themselves and that were revoked: they are good until they \
             expire\n  - ",
        ),
    };
    format!(
        "{first}Since {since} this may be undone; look through it and do it again where it counts:\n  \
         - {lost}consents that were revoked\n  \
         - users and clients that were removed or changed: they are back as they were\n  \
         - passwords and client secrets that were replaced: the old ones are valid again\n  \
         - signing keys that were removed: they are published again, and their tokens are good"
    )
}

/// The server that has the database open would go on with it.
fn refuse_a_database(database: &Path) -> Result<(), CliError> {
    for end in ["", "-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        if Path::new(&name).exists() {
            return Err(CliError::configuration(format!(
                "{} is there already: stop the server and move the database away, with the files \
                 that end with -wal and -shm",
                Path::new(&name).display()
            )));
        }
    }
    Ok(())
}

/// Checks that the master key opens the backup, before anything is written.
async fn check_key(config: &Config, backup: &Path) -> Result<(), CliError> {
    let name = backup.display();
    if !backup.exists() {
        return Err(CliError::usage(format!("there is no backup {name}")));
    }
    let key = config.data.join("master.key");
    if !key.exists() && master_key::from_environment()?.is_none() {
        return Err(CliError::configuration(format!(
            "{} is missing: put the master key there that the backup was made under, with mode 0600",
            key.display()
        )));
    }
    data::refuse_if_others_write(&config.data, 0o700)?;
    data::refuse_owner(&config.data)?;
    let store: Arc<dyn Store> = Arc::new(SqliteOptions::default().open_read_only(backup)?);
    if !MasterKey::has_sealed(&store, master_key::namespace(config)).await? {
        return Err(CliError::configuration(format!(
            "{name} has no records of the namespace {:?}: give the configuration file of the server that \
             it is a backup of (--config)",
            config.store.namespace
        )));
    }
    master_key::existing(config, &store).await?;
    Ok(())
}

fn counts(contents: &BackupContents) -> String {
    let counts = contents.records.iter();
    let counts: Vec<String> = counts
        .map(|(kind, count)| format!("{count} {}", kind.name()))
        .collect();
    counts.join(", ")
}

fn to_json(file: &Path, contents: &BackupContents) -> Value {
    let records = contents.records.iter();
    let records: serde_json::Map<String, Value> = records
        .map(|(kind, count)| (kind.name().to_owned(), (*count).into()))
        .collect();
    let made_at = contents.made_at.and_then(when::date);
    json!({ "file": file, "made_at": made_at, "records": records })
}
