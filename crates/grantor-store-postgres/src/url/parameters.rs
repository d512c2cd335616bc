//! The parameters of a URL: where they begin, and their names.

/// What the driver reads.
pub(super) const PASSED_ON: [&str; 14] = [
    "user",
    "password",
    "dbname",
    "host",
    "port",
    "options",
    "application_name",
    "channel_binding",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "tcp_user_timeout",
    "hostaddr",
];

/// The names of all parameters, without the password and those that can have one value or none.
pub(super) fn names() -> String {
    let known = OWN.iter().chain(&PASSED_ON);
    let shown =
        known.filter(|name| !["password", "hostaddr", "target_session_attrs"].contains(name));
    shown.copied().collect::<Vec<_>>().join(", ")
}

/// Up to the query, and the query. It begins at the first "?" behind the "@" that ends the password,
/// which may have a "?" itself. If there is a "?" before any "@", and then the name of a parameter, the
/// URL has no password, and the "@" is in the query.
pub(super) fn split(url: &str) -> (&str, &str) {
    let behind = |from: usize| url[from..].find('?').map(|at| from + at);
    let at = url.find('@').unwrap_or(0);
    let query = match behind(0) {
        Some(query) if query < at && !begins_with_parameter(&url[query + 1..]) => behind(at),
        query => query,
    };
    match query {
        Some(query) => (&url[..query], &url[query + 1..]),
        None => (url, ""),
    }
}

/// What this store reads.
const OWN: [&str; 6] = [
    "sslmode",
    "sslrootcert",
    "connect_timeout",
    "max_connections",
    "timeout",
    "target_session_attrs",
];

fn begins_with_parameter(query: &str) -> bool {
    let query = query.trim_start_matches('&');
    let name = query.split_once('=').map_or("", |(name, _)| name);
    OWN.contains(&name) || PASSED_ON.contains(&name)
}
