//! The URL of a database: what the driver reads, and what this store adds.

use std::net::IpAddr;
use std::time::Duration;

use grantor_store::Error;
use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::PostgresOptions;
use crate::tls::Tls;

/// Where a database is and how to connect.
pub(crate) struct Location {
    /// With one host each, in the order of the URL.
    pub(crate) hosts: Vec<Config>,
    pub(crate) tls: Tls,
    pub(crate) options: PostgresOptions,
}

/// Reads a URL. No message has a part of it that may be a password.
pub(crate) fn parse(url: &str, options: &PostgresOptions) -> Result<Location, Error> {
    let mut options = options.clone();
    let (mut mode, mut authorities) = (None, None);
    let (before, query) = split(url);
    let mut passed_on = Vec::new();
    for parameter in query.split('&').filter(|one| !one.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent_decode_str(value).decode_utf8_lossy();
        match name {
            "sslmode" => mode = Some(value.into_owned()),
            "sslrootcert" => authorities = Some(value.into_owned()),
            "max_connections" => options.max_connections = number(name, &value, 1..=10_000)?,
            "timeout" => {
                let seconds = number(name, &value, 1..=3600)?;
                options.timeout = Duration::from_secs(seconds as u64);
            }
            // The driver is given one host at a time, and connects to it once.
            "target_session_attrs" if value == "read-write" => {}
            "target_session_attrs" => {
                return Err(wrong("\"target_session_attrs\" can only be read-write"));
            }
            _ => passed_on.push(parameter),
        }
    }
    let query = passed_on.join("&");
    let config: Config = format!("{before}?{query}").parse().map_err(|_| {
        wrong("it is postgres://USER:PASSWORD@HOST:PORT/DATABASE, with parameters of libpq")
    })?;
    let hosts = hosts(&config)?;
    let local = hosts.iter().all(|host| is_local(&host.get_hosts()[0]));
    let tls = tls(mode.as_deref(), authorities.as_deref(), local)?;
    let ssl_mode = match tls {
        None => SslMode::Disable,
        Some(_) => SslMode::Require,
    };
    Ok(Location {
        hosts: hosts
            .into_iter()
            .map(|mut host| {
                host.ssl_mode(ssl_mode)
                    .connect_timeout(options.connect_timeout);
                host
            })
            .collect(),
        tls: tls.unwrap_or_else(Tls::none),
        options,
    })
}

/// Up to the query, and the query.
fn split(url: &str) -> (&str, &str) {
    let host = url.rfind('@').map_or(0, |at| at + 1);
    match url[host..].find('?') {
        Some(at) => (&url[..host + at], &url[host + at + 1..]),
        None => (url, ""),
    }
}

/// The same for each host alone.
fn hosts(config: &Config) -> Result<Vec<Config>, Error> {
    let (names, ports) = (config.get_hosts(), config.get_ports());
    if names.is_empty() {
        return Err(wrong("it has no host"));
    }
    if !config.get_hostaddrs().is_empty() {
        return Err(wrong(
            "\"hostaddr\" is not supported: use the address as host",
        ));
    }
    if ports.len() > 1 && ports.len() != names.len() {
        return Err(wrong("it has another number of ports than of hosts"));
    }
    let one = |(index, name): (usize, &Host)| {
        let mut one = Config::new();
        match name {
            // A text after an "@" in a password would be looked up as a host.
            Host::Tcp(name) if name.contains('@') => {
                return Err(wrong("write \"@\" in a password as %40"));
            }
            Host::Tcp(name) => one.host(name),
            Host::Unix(path) => one.host_path(path),
        };
        let port = ports.get(index).or(ports.first()).copied();
        one.port(port.unwrap_or(5432));
        if let Some(user) = config.get_user() {
            one.user(user);
        }
        if let Some(password) = config.get_password() {
            one.password(password);
        }
        if let Some(database) = config.get_dbname() {
            one.dbname(database);
        }
        if let Some(options) = config.get_options() {
            one.options(options);
        }
        one.application_name(config.get_application_name().unwrap_or("grantor"));
        one.keepalives(config.get_keepalives())
            .keepalives_idle(config.get_keepalives_idle());
        Ok(one)
    };
    names.iter().enumerate().map(one).collect()
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
    }
}

/// How to protect connections. Beyond this machine that has to be said or is the strictest.
fn tls(mode: Option<&str>, authorities: Option<&str>, local: bool) -> Result<Option<Tls>, Error> {
    match mode {
        Some("disable") => return Ok(None),
        None if local && authorities.is_none() => return Ok(None),
        Some("require" | "verify-full") | None => {}
        Some(_) => {
            return Err(wrong(
                "\"sslmode\" is verify-full (also if it is require, or is missing), or disable",
            ));
        }
    }
    let pem = authorities.map(std::fs::read).transpose();
    let pem = pem.map_err(|error| wrong(&format!("\"sslrootcert\" can't be read: {error}")))?;
    let tls = Tls::verified(pem.as_deref());
    tls.map(Some)
        .map_err(|problem| wrong(&format!("TLS can't be set up: {problem}")))
}

fn number(name: &str, value: &str, range: std::ops::RangeInclusive<usize>) -> Result<usize, Error> {
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = range.into_inner();
        wrong(&format!("\"{name}\" is a number from {least} to {most}"))
    })
}

fn wrong(problem: &str) -> Error {
    Error::configuration(format!(
        "the URL of the PostgreSQL database is wrong: {problem}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Location, String> {
        parse(url, &PostgresOptions::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn hosts_ports_and_parameters_are_read() {
        let url = "postgres://a%40b:p%2Fw@one:1,[::1]:2,three/db?target_session_attrs=read-write\
                   &sslmode=disable&max_connections=3&timeout=7&application_name=x%20y";
        let location = read(url).unwrap();
        let hosts: Vec<_> = location
            .hosts
            .iter()
            .map(|host| (host.get_hosts()[0].clone(), host.get_ports()[0]))
            .collect();
        let tcp = |name: &str| Host::Tcp(name.to_owned());
        assert_eq!(
            hosts,
            [(tcp("one"), 1), (tcp("::1"), 2), (tcp("three"), 5432)]
        );
        let first = &location.hosts[0];
        assert_eq!(first.get_user(), Some("a@b"));
        assert_eq!(first.get_password(), Some(&b"p/w"[..]));
        assert_eq!(first.get_dbname(), Some("db"));
        assert_eq!(first.get_application_name(), Some("x y"));
        assert_eq!(location.options.max_connections, 3);
        assert_eq!(location.options.timeout, Duration::from_secs(7));

        let location = read("postgres://u@h/?sslmode=disable&password=a+b%26").unwrap();
        assert_eq!(location.hosts[0].get_password(), Some(&b"a+b&"[..]));
    }

    #[test]
    fn only_this_machine_is_reached_without_tls_unless_that_is_said() {
        for (url, ssl_mode) in [
            ("postgres://u@127.0.0.1/", SslMode::Disable),
            ("postgres://u@localhost,[::1]/", SslMode::Disable),
            ("postgres:///db?host=/run/postgresql", SslMode::Disable),
            ("postgres://u@127.0.0.1,db/", SslMode::Require),
            ("postgres://u@db/", SslMode::Require),
            ("postgres://u@db/?sslmode=require", SslMode::Require),
            (
                "postgres://u@127.0.0.1/?sslmode=verify-full",
                SslMode::Require,
            ),
            ("postgres://u@db/?sslmode=disable", SslMode::Disable),
        ] {
            let location = read(url)
                .map_err(|error| format!("{url}: {error}"))
                .unwrap();
            assert_eq!(location.hosts[0].get_ssl_mode(), ssl_mode, "{url}");
        }
    }

    #[test]
    fn a_wrong_url_says_what_is_wrong_and_never_the_password() {
        for (url, problem) in [
            ("postgres://u:hunter2", "postgres://USER"),
            ("postgres:///db", "no host"),
            ("postgres://u:hunter2@h:x/", "postgres://USER"),
            ("postgres://u:hun@ter2@h/", "%40"),
            ("postgres://u:hunter2@h/?sslmode=prefer", "verify-full"),
            ("postgres://u:hunter2@h/?sslmode=", "verify-full"),
            ("postgres://u:hunter2@h/?max_connections=0", "from 1 to"),
            ("postgres://u:hunter2@h/?timeout=never", "from 1 to"),
            (
                "postgres://u:hunter2@h/?target_session_attrs=any",
                "read-write",
            ),
            ("postgres://u:hunter2@h/?no_such=1", "postgres://USER"),
            (
                "postgres://u:hunter2@h/?sslrootcert=/no/such",
                "can't be read",
            ),
            ("postgres://u:hunter2@h/?hostaddr=127.0.0.1", "hostaddr"),
        ] {
            let error = read(url).map(drop).unwrap_err();
            assert!(error.contains(problem), "{url}: {error}");
            assert!(!error.contains("hun") && !error.contains("ter2"), "{error}");
        }
    }
}
