//! The URL of a database: where it is, who signs in, and how to connect.

use std::collections::HashSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use grantor_store::Error;
use grantor_store_connection::{Host, host_and_port};
use mysql_async::{Opts, OptsBuilder};

use crate::MysqlOptions;
use crate::tls;

/// How long a connection is silent before the system asks whether the other end is there.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Where a database is and how to connect.
pub(crate) struct Location {
    /// In the order of the URL.
    pub(crate) hosts: Vec<Host<Opts>>,
    pub(crate) options: MysqlOptions,
}

/// What stands behind the question mark.
#[derive(Default)]
struct Parameters {
    mode: Option<String>,
    authorities: Option<String>,
    socket: Option<String>,
}

/// Reads a URL. No message has a part of it that may be a password.
pub(crate) fn parse(url: &str, options: &MysqlOptions) -> Result<Location, Error> {
    const FORM: &str = "it is mysql://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETERS";
    let rest = ["mysql://", "mariadb://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let (identity, place) = rest
        .and_then(|rest| rest.rsplit_once('@'))
        .ok_or_else(|| wrong(FORM))?;
    if identity.contains(['@', '/', '?']) {
        return Err(wrong(
            "write \"@\", \"/\" and \"?\" in a password as %40, %2F and %3F",
        ));
    }
    let (user, password) = match identity.split_once(':') {
        Some((user, password)) => (decoded(user)?, Some(decoded(password)?)),
        None => (decoded(identity)?, None),
    };
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    let (names, database) = place.split_once('/').ok_or_else(|| wrong(FORM))?;
    let database = decoded(database)?;
    if user.is_empty() || database.is_empty() {
        return Err(wrong("it needs a user and a database"));
    }
    let mut options = options.clone();
    let parameters = parameters(query, &mut options)?;

    let base = OptsBuilder::default()
        .user(Some(user))
        .pass(password)
        .db_name(Some(database))
        // An update that changes nothing has found its row.
        .client_found_rows(true)
        .tcp_keepalive(Some(KEEPALIVE))
        // Otherwise the driver leaves a connection to this machine for the server's unix socket.
        .prefer_socket(Some(false));
    let hosts = match &parameters.socket {
        Some(path) if names.is_empty() => {
            // A connection by a socket stays on this machine, and checks no certificate.
            match parameters.mode.as_deref() {
                None | Some("DISABLED") if parameters.authorities.is_none() => {}
                _ => {
                    return Err(wrong(
                        "a \"socket\" has no TLS: leave out \"ssl-ca\", and \"ssl-mode\" unless it is DISABLED",
                    ));
                }
            }
            vec![Host {
                name: path.clone(),
                options: base.socket(Some(path)).into(),
            }]
        }
        Some(_) => return Err(wrong("it has a host and a \"socket\"")),
        None => {
            let addresses = names.split(',').map(|name| host_and_port(name, 3306));
            let addresses = addresses.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
            over_tcp(&addresses, &base, &parameters)?
        }
    };
    Ok(Location { hosts, options })
}

fn parameters(query: &str, options: &mut MysqlOptions) -> Result<Parameters, Error> {
    let mut parameters = Parameters::default();
    let mut given = HashSet::new();
    for parameter in query.split('&').filter(|one| !one.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = decoded(value)?;
        match name {
            "ssl-mode" => parameters.mode = Some(value.to_ascii_uppercase()),
            "ssl-ca" => parameters.authorities = Some(value),
            "socket" => parameters.socket = Some(value),
            "max_connections" => options.max_connections = number(name, &value, 1..=10_000)?,
            "timeout" => {
                let seconds = number(name, &value, 1..=3600)?;
                options.timeout = Duration::from_secs(seconds as u64);
            }
            _ => {
                return Err(wrong(
                    "its parameters are ssl-mode, ssl-ca, socket, max_connections and timeout",
                ));
            }
        }
        if !given.insert(name) {
            return Err(wrong(&format!("\"{name}\" is given twice")));
        }
    }
    Ok(parameters)
}

/// The options of each host, with TLS unless all are this machine or that was turned off.
fn over_tcp(
    addresses: &[(String, u16)],
    base: &OptsBuilder,
    parameters: &Parameters,
) -> Result<Vec<Host<Opts>>, Error> {
    let is_local =
        |name: &str| name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let local = addresses.iter().all(|(name, _)| is_local(name));
    let tls = match parameters.mode.as_deref() {
        Some("DISABLED") if parameters.authorities.is_some() => {
            return Err(wrong(
                "\"ssl-ca\" is for TLS, which \"ssl-mode\" turns off: leave one of them out",
            ));
        }
        Some("DISABLED") => None,
        None if local && parameters.authorities.is_none() => None,
        Some("REQUIRED" | "VERIFY_IDENTITY") | None => {
            let pem = parameters
                .authorities
                .as_ref()
                .map(std::fs::read)
                .transpose();
            let pem = pem.map_err(|error| wrong(&format!("\"ssl-ca\" can't be read: {error}")))?;
            let tls = tls::verified(pem.as_deref());
            Some(tls.map_err(|problem| wrong(&format!("TLS can't be set up: {problem}")))?)
        }
        Some(_) => {
            return Err(wrong(
                "\"ssl-mode\" is VERIFY_IDENTITY (also if it is REQUIRED, or is missing), or \
                 DISABLED",
            ));
        }
    };
    let host = |(name, port): &(String, u16)| {
        let options = base.clone().ip_or_hostname(name).tcp_port(*port);
        Host {
            name: format!("{name}:{port}"),
            options: Opts::from(options.ssl_opts(tls.clone())),
        }
    };
    Ok(addresses.iter().map(host).collect())
}

fn decoded(text: &str) -> Result<String, Error> {
    grantor_store_connection::decoded(text).map_err(wrong)
}

fn number(name: &str, value: &str, range: RangeInclusive<usize>) -> Result<usize, Error> {
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = range.into_inner();
        wrong(&format!("\"{name}\" is a number from {least} to {most}"))
    })
}

fn wrong(problem: &str) -> Error {
    Error::configuration(format!("the URL of the MySQL database is wrong: {problem}"))
}

#[cfg(test)]
mod tests;
