//! The driver's errors in the store's terms.

use grantor_store::{Applied, Error};
use grantor_store_connection::{Meaning, RequestFailed};

use crate::statement::Statement;

/// A statement failed.
pub(crate) fn failed(statement: Statement, error: &tokio_postgres::Error) -> RequestFailed {
    let (meaning, text) = (meaning(error), text(error));
    let effect = statement.effect();
    let (message, applied) = match meaning {
        Meaning::Elsewhere => ("PostgreSQL takes no writes there".to_owned(), Applied::No),
        Meaning::Lost => {
            let doubt = effect.doubt();
            let message = format!("the connection to PostgreSQL broke{doubt}: {text}");
            (message, effect.applied())
        }
        _ => (format!("PostgreSQL failed: {text}"), Applied::No),
    };
    let missing_table = error.code().is_some_and(|code| code.code() == "42P01");
    let error = match missing_right(error) || missing_table {
        true => Error::configuration(message),
        false => Error::unavailable(message, applied),
    };
    RequestFailed { meaning, error }
}

fn meaning(error: &tokio_postgres::Error) -> Meaning {
    let Some(answer) = error.as_db_error() else {
        return Meaning::Lost;
    };
    let code = answer.code().code();
    match code {
        "40001" | "40P01" => Meaning::Again,
        "25006" => Meaning::Elsewhere,
        // A statement that was waiting for its standby when it ended has been applied.
        "40003" => Meaning::Lost,
        _ if code.starts_with("57P") || code.starts_with("08") => Meaning::Lost,
        _ if matches!(answer.severity(), "FATAL" | "PANIC") => Meaning::Lost,
        _ => Meaning::Refused,
    }
}

/// The server ended the wait for its standby early: the write is on the primary alone.
pub(crate) fn not_replicated(statement: Statement) -> RequestFailed {
    RequestFailed {
        meaning: Meaning::Unconfirmed,
        error: Error::unavailable(
            "PostgreSQL did not wait for its synchronous standby; the write may be lost",
            statement.effect().applied(),
        ),
    }
}

/// The database can't be used as it was configured.
pub(crate) fn not_opened(error: &tokio_postgres::Error) -> Error {
    let text = text(error);
    if missing_right(error) {
        return Error::configuration(format!(
            "PostgreSQL: {text}: the user needs CREATE on the schema the first time"
        ));
    }
    match error.as_db_error().map(|answer| answer.code().code()) {
        // Password, user, database, role.
        Some("28P01" | "28000" | "3D000" | "42704") => {
            Error::configuration(format!("PostgreSQL refuses the connection: {text}"))
        }
        _ => match remedy(&text) {
            Some(remedy) => {
                Error::configuration(format!("PostgreSQL can't be opened: {text}: {remedy}"))
            }
            None => Error::unavailable(format!("PostgreSQL can't be opened: {text}"), Applied::No),
        },
    }
}

/// What to change in the URL about an error of the driver, which has no kinds for them.
fn remedy(text: &str) -> Option<&'static str> {
    let remedies = [
        (
            "password missing",
            "give one in the URL; no variable or file of libpq is read",
        ),
        (
            "does not support TLS",
            "sslmode=disable in the URL does without, where the network is safe",
        ),
        (
            "CaUsedAsEndEntity",
            "sslrootcert has the server's own certificate, and needs that of the authority that signed it",
        ),
        (
            "UnknownIssuer",
            "name the authority that signed the server's certificate by sslrootcert in the URL",
        ),
    ];
    let remedy = remedies.iter().find(|(sign, _)| text.contains(sign));
    remedy.map(|(_, remedy)| *remedy)
}

/// Returns the message of the server or the system, without details, which may have values.
pub(crate) fn text(error: &tokio_postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        return format!("{} ({})", answer.message(), answer.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

fn missing_right(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == "42501")
}
