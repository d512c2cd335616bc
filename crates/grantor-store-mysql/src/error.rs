//! The driver's errors in the store's terms.

use grantor_store::{Applied, Error};
use grantor_store_connection::{Meaning, RequestFailed};
use mysql_async::{DriverError, Error as Failure};

use crate::statement::Statement;

/// The server's number of a key that is there already.
const DUPLICATE: u16 = 1062;

/// A statement failed.
pub(crate) fn failed(statement: Statement, error: &Failure) -> RequestFailed {
    let (meaning, text) = (meaning(error), text(error));
    let effect = statement.effect();
    let (message, applied) = match meaning {
        Meaning::Elsewhere => (format!("MySQL takes no writes there: {text}"), Applied::No),
        Meaning::Lost => {
            let doubt = effect.doubt();
            let message = format!("the connection to MySQL broke{doubt}: {text}");
            (message, effect.applied())
        }
        _ => (format!("MySQL failed: {text}"), Applied::No),
    };
    // A right or a table is missing.
    let error = match code(error) {
        Some(1142 | 1146) => Error::configuration(message),
        _ => Error::unavailable(message, applied),
    };
    RequestFailed { meaning, error }
}

fn meaning(error: &Failure) -> Meaning {
    let Failure::Server(answer) = error else {
        return Meaning::Lost;
    };
    match answer.code {
        // A row that changed since it was read, a lock that was not given in time, a deadlock
        // (on Galera also a certification that was lost), a table that changed.
        1020 | 1205 | 1213 | 1615 => Meaning::Again,
        // A node that has left its cluster; `read_only`; a statement that a proxy lost.
        1047 | 1243 | 1290 | 1792 | 1836 => Meaning::Elsewhere,
        // A commit that failed; a statement that was ended: its commit may have been waiting for
        // another machine, which has it.
        1053 | 1105 | 1180 | 1317 | 1927 | 1969 | 3024 => Meaning::Lost,
        // A proxy in between tells of its own connection.
        2000..3000 | 9000.. => Meaning::Lost,
        _ if answer.state.starts_with("08") || answer.state.starts_with("70") => Meaning::Lost,
        _ => Meaning::Refused,
    }
}

/// Returns whether there is a row with that key.
pub(crate) fn is_duplicate(error: &Failure) -> bool {
    code(error) == Some(DUPLICATE)
}

/// The database can't be used as it was configured.
pub(crate) fn not_opened(error: &Failure) -> Error {
    let text = text(error);
    if let Failure::Driver(DriverError::NoClientSslFlagFromServer) = error {
        return Error::configuration(
            "MySQL offers no TLS: set it up there, or say ssl-mode=DISABLED in the URL",
        );
    }
    match code(error) {
        Some(1142) => Error::configuration(format!(
            "MySQL: {text}: the user needs CREATE on the database the first time, and SELECT, \
             INSERT, UPDATE and DELETE"
        )),
        // Rights on the database, password, name of the database, machine, way to sign in.
        Some(1044 | 1045 | 1049 | 1130 | 1251 | 1698) => {
            Error::configuration(format!("MySQL refuses the connection: {text}"))
        }
        _ => Error::unavailable(format!("MySQL can't be opened: {text}"), Applied::No),
    }
}

/// Returns the message of the server or the system. Of a duplicate there is none: it has the key.
fn text(error: &Failure) -> String {
    match error {
        Failure::Server(answer) if answer.code == DUPLICATE => "duplicate entry (1062)".to_owned(),
        Failure::Server(answer) => format!("{} ({})", answer.message, answer.code),
        // The others have values of the program.
        Failure::Io(error) => error.to_string(),
        Failure::Driver(DriverError::ConnectionClosed) => "the connection is closed".to_owned(),
        Failure::Driver(DriverError::PacketTooLarge) => "the value is too large".to_owned(),
        Failure::Driver(DriverError::UnknownAuthPlugin { name }) => {
            format!("the driver does not know the plugin {name} for signing in")
        }
        _ => "the server's answer can't be understood".to_owned(),
    }
}

/// The server's number of an error.
pub(crate) fn code(error: &Failure) -> Option<u16> {
    match error {
        Failure::Server(answer) => Some(answer.code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::ServerError;

    use super::*;

    #[test]
    fn what_may_have_been_applied_is_not_said_to_have_been_refused() {
        for (code, state, meaning) in [
            (1062, "23000", Meaning::Refused),
            (1213, "40001", Meaning::Again),
            (1205, "HY000", Meaning::Again),
            (1290, "HY000", Meaning::Elsewhere),
            (1047, "08S01", Meaning::Elsewhere),
            (1406, "22001", Meaning::Refused),
            (1317, "70100", Meaning::Lost),
            (1180, "HY000", Meaning::Lost),
            (1158, "08S01", Meaning::Lost),
            (2013, "HY000", Meaning::Lost),
            (9001, "HY000", Meaning::Lost),
        ] {
            let error = Failure::Server(ServerError {
                code,
                message: "entry 'secret'".to_owned(),
                state: state.to_owned(),
            });
            let failed = failed(Statement::PutVersion, &error);
            assert_eq!(failed.meaning, meaning, "{code}");
            let is_unknown = failed.error.applied() == Applied::Unknown;
            assert_eq!(is_unknown, meaning == Meaning::Lost);
        }
    }
}
