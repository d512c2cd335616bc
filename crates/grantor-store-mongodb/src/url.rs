//! The URL of a database: what the driver reads, and what this store adds.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use grantor_store::Error;
use mongodb::options::{ClientOptions, ServerAddress, Tls, TlsOptions};

use crate::MongodbOptions;

/// The database, if the URL names none.
const DATABASE: &str = "grantor";
/// How often the driver asks a server how it is. It asks at once after an error.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// Where a database is and how to connect.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) client: ClientOptions,
    pub(crate) database: String,
    pub(crate) options: MongodbOptions,
}

/// Reads a URL. No message has a part of it that may be a password.
pub(crate) async fn parse(url: &str, options: &MongodbOptions) -> Result<Location, Error> {
    let mut options = options.clone();
    let (before, query) = split(url);
    let mut passed_on = Vec::new();
    let mut given = HashSet::new();
    for parameter in query.split('&').filter(|one| !one.is_empty()) {
        match parameter.split_once('=') {
            Some(("timeout", seconds)) => {
                let seconds = seconds
                    .parse()
                    .ok()
                    .filter(|number| (1..=3600).contains(number));
                let seconds = seconds
                    .ok_or_else(|| wrong("\"timeout\" is a number of seconds from 1 to 3600"))?;
                options.timeout = Duration::from_secs(seconds);
            }
            _ => passed_on.push(parameter),
        }
        // The driver would take one of two. Its names have no case, and some tags are a list.
        let name = parameter
            .split_once('=')
            .map_or(parameter, |(name, _)| name);
        let name = name.to_ascii_lowercase();
        if name != "readpreferencetags" && !given.insert(name) {
            return Err(wrong(&given_twice(parameter)));
        }
    }
    if !before.starts_with("mongodb://") {
        return Err(wrong("it begins with mongodb://"));
    }
    // The driver wants a path before parameters.
    let has_path = before["mongodb://".len()..].contains('/');
    let slash = if has_path { "" } else { "/" };
    let url = format!("{before}{slash}?{}", passed_on.join("&"));
    let mut client = ClientOptions::parse(url).await.map_err(|_| {
        wrong("it is mongodb://USER:PASSWORD@HOST,HOST/DATABASE?PARAMETERS of MongoDB")
    })?;
    protect(&mut client)?;
    client.app_name.get_or_insert_with(|| "grantor".to_owned());
    client.max_pool_size.get_or_insert(options.max_connections);
    // Before the operation's own time ends: what no server was found for was written by none.
    client.server_selection_timeout = Some(options.timeout * 7 / 8);
    client.connect_timeout.get_or_insert(options.timeout);
    client.heartbeat_freq.get_or_insert(HEARTBEAT);
    let database = client.default_database.clone();
    Ok(Location {
        database: database.unwrap_or_else(|| DATABASE.to_owned()),
        client,
        options,
    })
}

/// The message has the name of a known parameter alone: any other text may be a part of a password.
fn given_twice(parameter: &str) -> String {
    const KNOWN: [&str; 8] = [
        "timeout",
        "replicaSet",
        "authSource",
        "authMechanism",
        "tls",
        "tlsCAFile",
        "maxPoolSize",
        "appName",
    ];
    let (name, _) = parameter.split_once('=').unwrap_or((parameter, ""));
    match KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(known) => format!("\"{known}\" is given twice"),
        None => "a parameter is given twice".to_owned(),
    }
}

/// Up to the query, and the query. A password has no "?" that is not escaped, and the value of a
/// parameter may have an "@": so the first "?" is where the query begins.
fn split(url: &str) -> (&str, &str) {
    url.split_once('?').unwrap_or((url, ""))
}

/// Beyond this machine connections use TLS, unless the URL says otherwise, and check who answers.
fn protect(client: &mut ClientOptions) -> Result<(), Error> {
    match &client.tls {
        Some(Tls::Enabled(tls)) if tls.allow_invalid_certificates == Some(true) => {
            Err(wrong("certificates are always checked"))
        }
        None if !client.hosts.iter().all(is_local) => {
            client.tls = Some(Tls::Enabled(TlsOptions::default()));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_local(host: &ServerAddress) -> bool {
    match host {
        ServerAddress::Tcp { host, .. } => {
            host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        _ => true,
    }
}

fn wrong(problem: &str) -> Error {
    Error::configuration(format!(
        "the URL of the MongoDB database is wrong: {problem}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(url: &str) -> Result<Location, String> {
        let read = parse(url, &MongodbOptions::default()).await;
        read.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn hosts_database_and_parameters_are_read() {
        let url = "mongodb://user:p%40w@h1:7,h2/records?replicaSet=main&timeout=9";
        let location = read(url).await.unwrap();
        assert_eq!(location.client.hosts.len(), 2);
        assert_eq!(location.client.repl_set_name.as_deref(), Some("main"));
        assert_eq!(location.database, "records");
        assert_eq!(location.options.timeout, Duration::from_secs(9));
        assert_eq!(location.client.max_pool_size, Some(10));
        assert!(matches!(location.client.tls, Some(Tls::Enabled(_))));
        // An "@" in the value of a parameter hides none of them.
        let url = "mongodb://user:pw@h1/records?timeout=9&appName=me@here";
        let location = read(url).await.unwrap();
        assert_eq!(location.options.timeout, Duration::from_secs(9));
        assert_eq!(location.client.app_name.as_deref(), Some("me@here"));
        let location = read("mongodb://h1").await.unwrap();
        assert_eq!(location.database, "grantor");
    }

    #[tokio::test]
    async fn tls_is_on_beyond_this_machine() {
        let tls = async |url: &str| read(url).await.map(|location| location.client.tls);
        for local in ["mongodb://127.0.0.1", "mongodb://localhost,[::1]:7/db"] {
            assert!(tls(local).await.unwrap().is_none(), "{local}");
        }
        let mixed = tls("mongodb://127.0.0.1,db.example").await.unwrap();
        assert!(matches!(mixed, Some(Tls::Enabled(_))));
        let off = tls("mongodb://db.example/?tls=false").await.unwrap();
        assert!(matches!(off, Some(Tls::Disabled)));
        let careless = tls("mongodb://h/?tls=true&tlsInsecure=true").await;
        assert!(careless.unwrap_err().contains("always checked"));
    }

    #[tokio::test]
    async fn a_wrong_url_says_what_is_wrong_and_never_the_password() {
        for (url, problem) in [
            ("mongodb://u:hunter2@", "mongodb://USER"),
            ("mongodb://u:hunter2@h:x", "mongodb://USER"),
            ("mongodb://u:hunter2@x@h", "mongodb://USER"),
            ("mongodb://u:x?hunter2@h/", "mongodb://USER"),
            ("mongodb://u:1?hunter2@h/?timeout=9", "mongodb://USER"),
            ("mongodb://u:hunter2@h/?timeout=x@y", "seconds"),
            ("mongodb://u:hunter2@h/?timeout=0", "seconds"),
            (
                "mongodb://u:hunter2@h/?timeout=1&timeout=2",
                "\"timeout\" is given twice",
            ),
            (
                "mongodb://u:hunter2@h/?replicaset=a&replicaSet=b",
                "\"replicaSet\" is given twice",
            ),
            ("mongodb://u:x@h/?hunter2=a&hunter2=b", "a parameter is"),
            ("mongodb://u:hunter2@h/?no=such", "mongodb://USER"),
            ("mongodb+srv://u:hunter2@h/", "begins with"),
            ("hunter2", "begins with"),
        ] {
            let error = read(url).await.map(drop).unwrap_err();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
