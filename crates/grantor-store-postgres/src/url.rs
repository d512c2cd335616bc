//! The URL of a database: what the driver reads, and what this store adds.

use std::net::IpAddr;
use std::time::Duration;

use grantor_store::Error;
use grantor_store_connection::{Host, Tls};
use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host as HostName, SslMode};

use self::parameters::{PASSED_ON, names, split};
use crate::PostgresOptions;
use crate::tls::MakeTls;

mod parameters;

/// Where a database is and how to connect.
pub(crate) struct Location {
    /// With one host each, in the order of the URL.
    pub(crate) hosts: Vec<Host<Config>>,
    pub(crate) tls: MakeTls,
    pub(crate) options: PostgresOptions,
}

/// Reads a URL. No message has a part of it that may be a password.
pub(crate) fn parse(url: &str, options: &PostgresOptions) -> Result<Location, Error> {
    let mut options = options.clone();
    let (mut mode, mut authorities) = (None, None);
    let (before, query) = split(url);
    let (mut passed_on, mut seen) = (Vec::new(), Vec::new());
    for parameter in query.split('&').filter(|one| !one.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent_decode_str(value).decode_utf8_lossy();
        match name {
            "sslmode" => mode = Some(value.into_owned()),
            "sslrootcert" => authorities = Some(value.into_owned()),
            "connect_timeout" => {
                let seconds = number(name, &value, 1..=60)?;
                options.connect_timeout = Duration::from_secs(seconds as u64);
            }
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
            _ if PASSED_ON.contains(&name) => passed_on.push(parameter),
            _ => return Err(wrong(&format!("its parameters are {}", names()))),
        }
        // Only known names get here.
        if seen.contains(&name) {
            return Err(wrong(&format!("\"{name}\" is there twice: leave one out")));
        }
        seen.push(name);
    }
    // The driver takes everything up to the first "@" for user and password.
    let query = passed_on.join("&").replace('@', "%40");
    let config = format!("{before}?{query}").parse::<Config>();
    let config = config.map_err(|_| {
        wrong(&format!(
            "it is postgres://USER:PASSWORD@HOST:PORT/DATABASE, and may have the parameters {}",
            names()
        ))
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
            .map(|mut config| {
                config
                    .ssl_mode(ssl_mode)
                    .connect_timeout(options.connect_timeout);
                Host {
                    name: name(&config),
                    options: config,
                }
            })
            .collect(),
        tls: MakeTls(tls),
        options,
    })
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
    let one = |(index, name): (usize, &HostName)| {
        let mut one = Config::new();
        match name {
            // A text after an "@" in a password would be looked up as a host.
            HostName::Tcp(name) if name.contains('@') => {
                return Err(wrong("write \"@\" in a password as %40"));
            }
            HostName::Tcp(name) if name.is_empty() => {
                return Err(wrong("one of its hosts is empty"));
            }
            HostName::Tcp(name) => one.host(name),
            HostName::Unix(path) => one.host_path(path),
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
        one.channel_binding(config.get_channel_binding())
            .keepalives(config.get_keepalives())
            .keepalives_idle(config.get_keepalives_idle());
        if let Some(interval) = config.get_keepalives_interval() {
            one.keepalives_interval(interval);
        }
        if let Some(retries) = config.get_keepalives_retries() {
            one.keepalives_retries(retries);
        }
        if let Some(timeout) = config.get_tcp_user_timeout() {
            one.tcp_user_timeout(*timeout);
        }
        Ok(one)
    };
    names.iter().enumerate().map(one).collect()
}

/// The name of a host in messages.
fn name(config: &Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or_default();
    match config.get_hosts().first() {
        Some(HostName::Tcp(name)) => format!("{name}:{port}"),
        Some(HostName::Unix(path)) => format!("{}, port {port}", path.display()),
        None => String::new(),
    }
}

fn is_local(host: &HostName) -> bool {
    match host {
        HostName::Unix(_) => true,
        HostName::Tcp(name) => {
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
    let tls = Tls::new(authorities);
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
mod tests;
