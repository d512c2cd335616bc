//! The URL of a server.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use grantor_store::Error;
use percent_encoding::percent_decode_str;
use redis::RedisConnectionInfo;
use rustls::ClientConfig;
use url::{Host, Url};

use crate::RedisOptions;
use crate::stream;

/// Where a server is and how to connect.
pub(crate) struct Location {
    pub(crate) address: Address,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) login: RedisConnectionInfo,
    pub(crate) options: RedisOptions,
}

pub(crate) enum Address {
    Tcp(String, u16),
    Unix(PathBuf),
}

/// Reads a URL. No message has a part of it that may be a password.
pub(crate) fn parse(text: &str, options: &RedisOptions) -> Result<Location, Error> {
    let mut options = options.clone();
    let url = Url::parse(text).map_err(|_| {
        wrong("it is redis://USER:PASSWORD@HOST:PORT/DATABASE, or rediss:// for TLS")
    })?;
    let (mut authorities, mut database) = (None, None);
    for (name, value) in url.query_pairs() {
        match &*name {
            "timeout" => options.timeout = Duration::from_secs(number(&value, 3600)?),
            "tlsrootcert" => authorities = Some(value.into_owned()),
            "db" => database = Some(number(&value, 1_000_000)?),
            _ => return Err(wrong("its parameters are timeout, tlsrootcert and db")),
        }
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let address = match (url.scheme(), url.host()) {
        ("redis+unix", None) => Address::Unix(decoded(url.path()).into()),
        ("redis" | "rediss", Some(host)) => {
            if let Some(path) = url.path().strip_prefix('/').filter(|path| !path.is_empty()) {
                database = Some(number(path, 1_000_000)?);
            }
            let host = match host {
                Host::Domain(name) => name.to_owned(),
                Host::Ipv4(ip) => ip.to_string(),
                Host::Ipv6(ip) => ip.to_string(),
            };
            Address::Tcp(host, url.port().unwrap_or(6379))
        }
        _ => {
            return Err(wrong(
                "it begins with redis://HOST, rediss://HOST or redis+unix:///",
            ));
        }
    };
    let tls = match url.scheme() {
        "rediss" => Some(tls(authorities.as_deref())?),
        _ => None,
    };
    let mut login = RedisConnectionInfo::default();
    if !url.username().is_empty() {
        login = login.set_username(decoded(url.username()));
    }
    if let Some(password) = url.password() {
        login = login.set_password(decoded(password));
    }
    if let Some(database) = database {
        login = login.set_db(i64::try_from(database).unwrap_or_default());
    }
    Ok(Location {
        address,
        tls,
        login,
        options,
    })
}

fn tls(authorities: Option<&str>) -> Result<Arc<ClientConfig>, Error> {
    let pem = authorities.map(std::fs::read).transpose();
    let pem = pem.map_err(|error| wrong(&format!("\"tlsrootcert\" can't be read: {error}")))?;
    stream::tls(pem.as_deref()).map_err(|problem| wrong(&format!("TLS can't be set up: {problem}")))
}

fn number(text: &str, most: u64) -> Result<u64, Error> {
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| wrong(&format!("a database or a time is a number up to {most}")))
}

fn wrong(problem: &str) -> Error {
    Error::configuration(format!("the URL of the Redis server is wrong: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Location, String> {
        parse(url, &RedisOptions::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn address_login_and_parameters_are_read() {
        let location = read("redis://user:p%40w@[::1]:7/3?timeout=9").unwrap();
        assert!(matches!(&location.address, Address::Tcp(host, 7) if host == "::1"));
        assert_eq!(location.login.username(), Some("user"));
        assert_eq!(location.login.password(), Some("p@w"));
        assert_eq!(location.login.db(), 3);
        assert_eq!(location.options.timeout, Duration::from_secs(9));
        assert!(location.tls.is_none());

        let location = read("redis+unix:///run/a%20b.sock?db=2").unwrap();
        let path = PathBuf::from("/run/a b.sock");
        assert!(matches!(&location.address, Address::Unix(found) if *found == path));
        let location = read("rediss://cache.example").unwrap();
        assert!(matches!(&location.address, Address::Tcp(_, 6379)));
        assert!(location.tls.is_some());
    }

    #[test]
    fn a_wrong_url_says_what_is_wrong_and_never_the_password() {
        for (url, problem) in [
            ("redis://u:hunter2@h:x", "redis://USER"),
            ("redis://u:hunter2@h/x", "a number"),
            ("redis://u:hunter2@h/?db=-1", "a number"),
            ("redis://u:hunter2@h/?protocol=resp3", "parameters"),
            ("http://u:hunter2@h/", "begins with"),
            ("redis:///hunter2", "begins with"),
            (
                "rediss://u:hunter2@h/?tlsrootcert=/no/such",
                "can't be read",
            ),
        ] {
            let error = read(url).map(drop).unwrap_err();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
