//! What stands behind the question mark of a URL.

use std::collections::HashSet;
use std::time::Duration;

use grantor_store::Error;

use super::{Servers, decoded, number, wrong};
use crate::RedisOptions;

/// The parameters of a URL that are no options.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) authorities: Option<String>,
    pub(super) database: Option<u64>,
    pub(super) sentinel_username: Option<String>,
    pub(super) sentinel_password: Option<String>,
    pub(super) wait: Option<usize>,
}

impl Parameters {
    pub(super) fn parse(query: &str, options: &mut RedisOptions) -> Result<Self, Error> {
        let mut parameters = Self::default();
        let mut given = HashSet::new();
        for parameter in query.split('&').filter(|one| !one.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = decoded(value)?;
            match name {
                "timeout" => {
                    let seconds = value.parse().ok();
                    let seconds = seconds.filter(|seconds| (1..=3600).contains(seconds));
                    let seconds = seconds.ok_or_else(|| {
                        wrong("\"timeout\" is a number of seconds from 1 to 3600")
                    })?;
                    options.timeout = Duration::from_secs(seconds);
                }
                "tlsrootcert" => parameters.authorities = Some(value),
                "db" => parameters.set_database(&value)?,
                "wait" => {
                    let replicas = number(&value, 1000)?;
                    parameters.wait = usize::try_from(replicas).ok();
                }
                "sentinel_username" => parameters.sentinel_username = Some(value),
                "sentinel_password" => parameters.sentinel_password = Some(value),
                _ => {
                    return Err(wrong(
                        "its parameters are timeout, tlsrootcert, db, wait, sentinel_username and \
                         sentinel_password",
                    ));
                }
            }
            if !given.insert(name) {
                return Err(wrong(&format!("\"{name}\" is given twice")));
            }
        }
        Ok(parameters)
    }

    pub(super) fn set_database(&mut self, text: &str) -> Result<(), Error> {
        match self.database.replace(number(text, 1_000_000)?) {
            None => Ok(()),
            Some(_) => Err(wrong("it names a database twice")),
        }
    }

    /// Refuses parameters that mean nothing for these servers.
    pub(super) fn check(&self, servers: &Servers) -> Result<(), Error> {
        let user = self.sentinel_username.is_some();
        let password = self.sentinel_password.is_some();
        match servers {
            Servers::Single(_) if self.wait.is_some() => Err(wrong(
                "\"wait\" is for sentinels and clusters, where replicas take over",
            )),
            Servers::Single(_) | Servers::Cluster(_) if user || password => {
                Err(wrong("it has a login for sentinels and no sentinel"))
            }
            Servers::Cluster(_) if self.database.is_some() => {
                Err(wrong("a cluster has one database only"))
            }
            _ if user && !password => Err(wrong(
                "it has a \"sentinel_username\" and no \"sentinel_password\"",
            )),
            _ => Ok(()),
        }
    }
}

/// A certificate that no connection would check. `kind` is of what the URL is.
pub(super) fn without_tls(kind: &str) -> Error {
    let scheme = match kind {
        "unix" => return wrong("\"tlsrootcert\" is for TLS, which a unix socket has not"),
        "" => "rediss://".to_owned(),
        kind => format!("rediss+{kind}://"),
    };
    wrong(&format!(
        "\"tlsrootcert\" is for TLS: begin the URL with {scheme}, or leave it out"
    ))
}
