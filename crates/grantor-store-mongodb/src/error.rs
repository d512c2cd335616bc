//! The driver's errors in the store's terms.

use grantor_store::{Applied, Error};
use grantor_store_connection::Effect;
use mongodb::error::{ErrorKind, WriteFailure};

/// The code of a record that is there already.
const DUPLICATE_KEY: i32 = 11000;
/// The codes of a login that is refused, and of a user without the rights.
const UNAUTHORIZED: [i32; 3] = [13, 18, 8000];
/// The codes of a server that ends or is deposed. What it was doing is unknown, and also what became
/// of the first try where this was the driver's second.
const DEPOSED: [i32; 9] = [91, 189, 10058, 10107, 11600, 11602, 13435, 13436, 64];

/// Returns whether a write found a record where it expects none.
pub(crate) fn is_duplicate(error: &mongodb::error::Error) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        _ => false,
    }
}

/// An operation failed.
pub(crate) fn failed(effect: Effect, error: &mongodb::error::Error) -> Error {
    let why = text(&error.kind);
    let refused = |code: i32| match UNAUTHORIZED.contains(&code) {
        true => Error::configuration(format!("MongoDB refuses: {why}")),
        false => Error::unavailable(format!("MongoDB refuses: {why}"), Applied::No),
    };
    match &*error.kind {
        ErrorKind::Authentication { .. } => {
            Error::configuration(format!("MongoDB refuses user or password: {why}"))
        }
        ErrorKind::InvalidArgument { .. } | ErrorKind::InvalidTlsConfig { .. } => {
            Error::configuration(format!("MongoDB can't be used: {why}"))
        }
        // Nothing was sent, not even once.
        ErrorKind::ServerSelection { .. } => {
            let message = format!("MongoDB has no server that takes writes: {why}");
            Error::unavailable(message, Applied::No)
        }
        ErrorKind::Command(answer) if !DEPOSED.contains(&answer.code) => refused(answer.code),
        ErrorKind::Write(WriteFailure::WriteError(answer)) => refused(answer.code),
        // The write is there, on too few servers.
        ErrorKind::Write(WriteFailure::WriteConcernError(answer)) => {
            let message = format!(
                "too few servers of MongoDB confirmed the write, which may be lost: {}",
                answer.message
            );
            Error::unavailable(message, Applied::Unknown)
        }
        _ => {
            let message = format!("MongoDB failed{}: {why}", effect.doubt());
            Error::unavailable(message, effect.applied())
        }
    }
}

/// Returns what happened, without the record that it happened to: a server that refuses a document may
/// quote it, and so may an answer that can't be read.
fn text(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Command(answer) => refusal(answer.code, &answer.code_name, &answer.message),
        ErrorKind::Write(WriteFailure::WriteError(answer)) => {
            let name = answer.code_name.as_deref().unwrap_or_default();
            refusal(answer.code, name, &answer.message)
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(answer)) => {
            refusal(answer.code, &answer.code_name, &answer.message)
        }
        // Texts of the driver and of the system.
        ErrorKind::Authentication { .. }
        | ErrorKind::InvalidArgument { .. }
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::IncompatibleServer { .. }
        | ErrorKind::SessionsNotSupported
        | ErrorKind::Shutdown => kind.to_string(),
        _ => "the server's answer can't be understood".to_owned(),
    }
}

/// The server's number and name of a refusal, and its message unless that has a key.
fn refusal(code: i32, name: &str, message: &str) -> String {
    let name = match name {
        "" => String::new(),
        name => format!(" {name}"),
    };
    match code {
        DUPLICATE_KEY => format!("a record is there already ({code}{name})"),
        _ => format!("{message} ({code}{name})"),
    }
}
