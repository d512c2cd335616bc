//! The driver's errors in the store's terms.

use grantor_store::{Applied, Error};

use crate::statement::{Effect, Statement};

/// The meaning of an error of one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The server refused the statement and undid it. The connection is good.
    Refused,
    /// It lost against another transaction: once more.
    Again,
    /// The server takes no writes: it is a standby now, or was made one.
    ReadOnly,
    /// The connection is gone, and with it the answer.
    Lost,
}

impl Meaning {
    pub(crate) fn of(error: &tokio_postgres::Error) -> Self {
        let Some(answer) = error.as_db_error() else {
            return Self::Lost;
        };
        let code = answer.code().code();
        match code {
            "40001" | "40P01" => Self::Again,
            "25006" => Self::ReadOnly,
            // A statement that was waiting for its standby when it ended has been applied.
            "40003" => Self::Lost,
            _ if code.starts_with("57P") || code.starts_with("08") => Self::Lost,
            _ if matches!(answer.severity(), "FATAL" | "PANIC") => Self::Lost,
            _ => Self::Refused,
        }
    }
}

/// A statement failed.
pub(crate) fn failed(statement: Statement, error: &tokio_postgres::Error) -> Error {
    let meaning = Meaning::of(error);
    let applied = match meaning {
        Meaning::Lost => applied(statement),
        _ => Applied::No,
    };
    let message = match (meaning, applied) {
        (Meaning::ReadOnly, _) => "PostgreSQL takes no writes there".to_owned(),
        (Meaning::Lost, Applied::Unknown) => format!(
            "the connection to PostgreSQL broke; the write may have been applied: {}",
            text(error)
        ),
        _ => format!("PostgreSQL failed: {}", text(error)),
    };
    if missing_right(error) || error.code().is_some_and(|code| code.code() == "42P01") {
        return Error::configuration(message);
    }
    Error::unavailable(message, applied)
}

/// An error after a try that may have been applied.
pub(crate) fn in_doubt(error: &Error) -> Error {
    let message = format!("{error}; an earlier try of the write may have been applied");
    Error::unavailable(message, Applied::Unknown)
}

/// No answer within the time allowed.
pub(crate) fn timed_out(statement: Statement) -> Error {
    let applied = applied(statement);
    let message = match applied {
        Applied::No => "PostgreSQL did not answer in time",
        _ => "PostgreSQL did not answer in time; the write may have been applied",
    };
    Error::unavailable(message, applied)
}

/// The server ended the wait for its standby early: the write is on the primary alone.
pub(crate) fn not_replicated(statement: Statement) -> Error {
    Error::unavailable(
        "PostgreSQL did not wait for its synchronous standby; the write may be lost",
        applied(statement),
    )
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
        _ => Error::unavailable(format!("PostgreSQL can't be opened: {text}"), Applied::No),
    }
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

fn applied(statement: Statement) -> Applied {
    match statement.effect() {
        Effect::Reads => Applied::No,
        Effect::Repeatable | Effect::Once => Applied::Unknown,
    }
}
