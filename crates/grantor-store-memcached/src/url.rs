//! The URL of a store: which servers, who signs in, and how to connect.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use grantor_store::Error;
use grantor_store_connection::{Tls, host_and_port};

use crate::MemcachedOptions;
use crate::servers::Access;

/// Where the servers are and how to connect.
pub(crate) struct Location {
    /// In the order of the URL, which does not matter.
    pub(crate) addresses: Vec<Address>,
    pub(crate) access: Access,
    pub(crate) options: MemcachedOptions,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

const FORM: &str = "it is memcached://USER:PASSWORD@HOST:PORT,HOST:PORT, or memcacheds:// for TLS";

/// Reads a URL. No message has a part of it that may be a password.
pub(crate) fn parse(url: &str, options: &MemcachedOptions) -> Result<Location, Error> {
    let mut options = options.clone();
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong(FORM))?;
    if !["memcached", "memcacheds"].contains(&scheme) {
        return Err(wrong(FORM));
    }
    let (identity, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    if identity.contains(['@', '/', '?']) {
        return Err(wrong(
            "write \"@\", \"/\" and \"?\" in a password as %40, %2F and %3F",
        ));
    }
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    let names = place.strip_suffix('/').unwrap_or(place);
    let addresses = names.split(',').map(address);
    let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
    let mut authorities = None;
    let mut given = HashSet::new();
    for parameter in query.split('&').filter(|one| !one.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = decoded(value)?;
        match name {
            "timeout" => {
                let seconds = value
                    .parse()
                    .ok()
                    .filter(|seconds| (1..=3600).contains(seconds));
                let seconds = seconds
                    .ok_or_else(|| wrong("\"timeout\" is a number of seconds from 1 to 3600"))?;
                options.timeout = Duration::from_secs(seconds);
            }
            "tlsrootcert" => authorities = Some(value),
            _ => return Err(wrong("its parameters are timeout and tlsrootcert")),
        }
        if !given.insert(name) {
            return Err(wrong(&format!("\"{name}\" is given twice")));
        }
    }
    let login = match identity.split_once(':') {
        Some((user, password)) => Some((decoded(user)?, decoded(password)?)),
        None if identity.is_empty() => None,
        None => return Err(wrong("it has a user and no password")),
    };
    let tls = match scheme {
        "memcacheds" => Some(tls(authorities.as_deref())?),
        _ if authorities.is_some() => {
            return Err(wrong(
                "\"tlsrootcert\" is for TLS: begin the URL with memcacheds://, or leave it out",
            ));
        }
        _ => None,
    };
    Ok(Location {
        addresses,
        access: Access { tls, login },
        options,
    })
}

fn address(text: &str) -> Result<Address, Error> {
    if text.is_empty() || text.contains('/') {
        return Err(wrong(FORM));
    }
    let (host, port) = host_and_port(text, 11211).map_err(wrong)?;
    Ok(Address { host, port })
}

fn tls(authorities: Option<&str>) -> Result<Tls, Error> {
    Tls::new(authorities).map_err(|problem| wrong(&format!("TLS can't be set up: {problem}")))
}

fn decoded(text: &str) -> Result<String, Error> {
    grantor_store_connection::decoded(text).map_err(wrong)
}

fn wrong(problem: &str) -> Error {
    Error::configuration(format!("the URL of memcached is wrong: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Location, String> {
        parse(url, &MemcachedOptions::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn hosts_login_and_parameters_are_read() {
        let location = read("memcached://user:p%40w@[::1]:7,cache/?timeout=9").unwrap();
        let found: Vec<_> = location.addresses.iter().map(Address::to_string).collect();
        assert_eq!(found, ["::1:7", "cache:11211"]);
        let login = Some(("user".to_owned(), "p@w".to_owned()));
        assert_eq!(location.access.login, login);
        assert_eq!(location.options.timeout, Duration::from_secs(9));
        assert!(location.access.tls.is_none());
        let location = read("memcacheds://cache").unwrap();
        assert!(location.access.tls.is_some() && location.access.login.is_none());
    }

    #[test]
    fn a_wrong_url_says_what_is_wrong_and_never_the_password() {
        for (url, problem) in [
            ("hunter2", "memcached://USER"),
            ("http://u:hunter2@h", "memcached://USER"),
            ("memcached://u:hunter2@", "memcached://USER"),
            ("memcached://u:hunter2@h/path", "memcached://USER"),
            ("memcached://u:hunter2@h:x", "a port"),
            ("memcached://u:hun/hunter2@h", "%2F"),
            ("memcached://hunter2@h", "no password"),
            ("memcached://u:hunter2@h?weight=1", "parameters"),
            ("memcached://u:hunter2@h?timeout=0", "seconds"),
            (
                "memcached://u:hunter2@h?timeout=1&timeout=1",
                "\"timeout\" is given twice",
            ),
            ("memcached://u:hunter2@h?tlsrootcert=/a", "memcacheds://,"),
            (
                "memcacheds://u:hunter2@h?tlsrootcert=/no/such",
                "can't be read",
            ),
        ] {
            let error = read(url).map(drop).unwrap_err();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
