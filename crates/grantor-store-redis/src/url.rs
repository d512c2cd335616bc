//! The URL of a store: which servers, who signs in, and how to connect.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use grantor_store::Error;
use grantor_store_connection::{Tls, host_and_port};
use redis::RedisConnectionInfo;

use self::parameters::{Parameters, without_tls};
use crate::RedisOptions;

mod parameters;

/// Where the servers are and how to connect.
pub(crate) struct Location {
    pub(crate) servers: Servers,
    pub(crate) access: Arc<Access>,
    /// To sentinels, which have users of their own.
    pub(crate) sentinel_access: Access,
    /// How many replicas must have a write that must last, if the URL says so.
    pub(crate) wait: Option<usize>,
    pub(crate) options: RedisOptions,
}

/// Which servers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Servers {
    Single(Address),
    /// The sentinels, and the name of what they watch.
    Sentinel(Vec<Address>, String),
    /// Some servers of a cluster.
    Cluster(Vec<Address>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp(String, u16),
    Unix(PathBuf),
}

impl Address {
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::Tcp(host, _) => Some(host),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How to connect to a server.
pub(crate) struct Access {
    pub(crate) tls: Option<Tls>,
    pub(crate) login: RedisConnectionInfo,
    pub(crate) connect_timeout: Duration,
    /// The server must be one of a cluster, or must not.
    pub(crate) cluster: bool,
    /// What was found when the store was opened: no server may evict records. One that takes over
    /// must not either.
    pub(crate) keeps_all: OnceLock<bool>,
}

const FORM: &str = "it is redis://USER:PASSWORD@HOST:PORT/DATABASE, \
                    redis+sentinel://USER:PASSWORD@SENTINEL,SENTINEL/NAME or \
                    redis+cluster://USER:PASSWORD@HOST,HOST; with rediss for TLS";

/// Reads a URL. No message has a part of it that may be a password.
pub(crate) fn parse(text: &str, options: &RedisOptions) -> Result<Location, Error> {
    let mut options = options.clone();
    let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong(FORM))?;
    let after = rest.rfind('@').map_or(0, |at| at + 1);
    let (rest, query) = match rest[after..].split_once('?') {
        Some((place, query)) => (&rest[..after + place.len()], query),
        None => (rest, ""),
    };
    let mut parameters = Parameters::parse(query, &mut options)?;
    let (identity, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    if identity.contains(['@', '/', '?']) {
        return Err(wrong(
            "write \"@\", \"/\" and \"?\" in a password as %40, %2F and %3F",
        ));
    }
    let (names, path) = place.split_once('/').unwrap_or((place, ""));
    let (transport, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
    let servers = match (transport, kind) {
        ("redis", "unix") if names.is_empty() => {
            Servers::Single(Address::Unix(format!("/{}", decoded(path)?).into()))
        }
        ("redis" | "rediss", "") if !names.is_empty() => {
            if !path.is_empty() {
                parameters.set_database(path)?;
            }
            Servers::Single(address(names, 6379)?)
        }
        ("redis" | "rediss", "sentinel") if !names.is_empty() => {
            let (name, database) = path.split_once('/').unwrap_or((path, ""));
            if name.is_empty() {
                return Err(wrong("it needs the NAME that the sentinels know"));
            }
            if !database.is_empty() {
                parameters.set_database(database)?;
            }
            Servers::Sentinel(addresses(names, 26379)?, decoded(name)?)
        }
        ("redis" | "rediss", "cluster") if !names.is_empty() && path.is_empty() => {
            Servers::Cluster(addresses(names, 6379)?)
        }
        _ => {
            return Err(wrong(
                "it begins with redis://HOST, rediss://HOST, redis+unix:///, \
                 redis+sentinel://HOST/NAME or redis+cluster://HOST (rediss for TLS)",
            ));
        }
    };
    parameters.check(&servers)?;
    let tls = match transport {
        "rediss" => Some(tls(parameters.authorities.as_deref())?),
        _ if parameters.authorities.is_some() => return Err(without_tls(kind)),
        _ => None,
    };
    let (user, password) = identity.split_once(':').unwrap_or((identity, ""));
    if !identity.is_empty() && password.is_empty() {
        return Err(wrong(
            "it has a user and no password, and Redis would take the user default: write \
             USER:PASSWORD, or leave the user out",
        ));
    }
    let database = i64::try_from(parameters.database.unwrap_or(0)).unwrap_or_default();
    let access = |user: &str, password: &str, database, cluster| Access {
        tls: tls.clone(),
        login: login(user, password, database),
        connect_timeout: options.connect_timeout,
        cluster,
        keeps_all: OnceLock::new(),
    };
    let cluster = matches!(servers, Servers::Cluster(_));
    let sentinel_user = parameters.sentinel_username.unwrap_or_default();
    let sentinel_password = parameters.sentinel_password.unwrap_or_default();
    Ok(Location {
        access: Arc::new(access(
            &decoded(user)?,
            &decoded(password)?,
            database,
            cluster,
        )),
        sentinel_access: access(&sentinel_user, &sentinel_password, 0, false),
        servers,
        wait: parameters.wait,
        options,
    })
}

fn login(user: &str, password: &str, database: i64) -> RedisConnectionInfo {
    let mut login = RedisConnectionInfo::default().set_db(database);
    if !user.is_empty() {
        login = login.set_username(user);
    }
    if !password.is_empty() {
        login = login.set_password(password);
    }
    login
}

fn addresses(names: &str, port: u16) -> Result<Vec<Address>, Error> {
    names.split(',').map(|name| address(name, port)).collect()
}

fn address(text: &str, port: u16) -> Result<Address, Error> {
    let (host, port) = host_and_port(text, port).map_err(wrong)?;
    Ok(Address::Tcp(host, port))
}

fn decoded(text: &str) -> Result<String, Error> {
    grantor_store_connection::decoded(text).map_err(wrong)
}

fn tls(authorities: Option<&str>) -> Result<Tls, Error> {
    Tls::new(authorities).map_err(|problem| wrong(&format!("TLS can't be set up: {problem}")))
}

fn number(text: &str, most: u64) -> Result<u64, Error> {
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| wrong(&format!("a database or a count is a number up to {most}")))
}

fn wrong(problem: &str) -> Error {
    Error::configuration(format!("the URL of the Redis server is wrong: {problem}"))
}

#[cfg(test)]
mod tests;
