//! Tests of URLs of databases.

use super::*;

fn read(url: &str) -> Result<Location, String> {
    parse(url, &MysqlOptions::default()).map_err(|error| error.to_string())
}

#[test]
fn hosts_ports_and_parameters_are_read() {
    let url = "mysql://a%40b:p%2Fw:x@one:1,[::1]:2,three/d%20b?ssl-mode=disabled\
               &max_connections=3&timeout=7";
    let location = read(url).unwrap();
    let hosts: Vec<_> = location
        .hosts
        .iter()
        .map(|host| (host.options.ip_or_hostname(), host.options.tcp_port()))
        .collect();
    assert_eq!(hosts, [("one", 1), ("::1", 2), ("three", 3306)]);
    let first = &location.hosts[0].options;
    assert_eq!(first.user(), Some("a@b"));
    assert_eq!(first.pass(), Some("p/w:x"));
    assert_eq!(first.db_name(), Some("d b"));
    assert!(!first.prefer_socket());
    assert!(first.client_found_rows());
    assert_eq!(location.options.max_connections, 3);
    assert_eq!(location.options.timeout, Duration::from_secs(7));

    let location = read("mariadb://u@/db?socket=/run/mysqld/mysqld.sock").unwrap();
    let socket = location.hosts[0].options.socket();
    assert_eq!(socket, Some("/run/mysqld/mysqld.sock"));
    read("mysql://u@/db?socket=/s&ssl-mode=disabled").unwrap();
}

#[test]
fn only_this_machine_is_reached_without_tls_unless_that_is_said() {
    for (url, is_protected) in [
        ("mysql://u@127.0.0.1/d", false),
        ("mysql://u@localhost,[::1]/d", false),
        ("mysql://u@127.0.0.1,db/d", true),
        ("mysql://u@db/d", true),
        ("mysql://u@db/d?ssl-mode=REQUIRED", true),
        ("mysql://u@127.0.0.1/d?ssl-mode=verify_identity", true),
        ("mysql://u@db/d?ssl-mode=DISABLED", false),
    ] {
        let authority = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../grantor-http/tests/certificates/authority.pem"
        );
        let url = match (is_protected, url.contains('?')) {
            (true, true) => format!("{url}&ssl-ca={authority}"),
            (true, false) => format!("{url}?ssl-ca={authority}"),
            (false, _) => url.to_owned(),
        };
        let location = read(&url).unwrap();
        for host in location.hosts {
            let tls = host.options.ssl_opts();
            assert_eq!(tls.is_some(), is_protected, "{url}");
            assert!(tls.is_none_or(|tls| !tls.skip_domain_validation()
                && !tls.accept_invalid_certs()
                && tls.disable_built_in_roots()));
        }
    }
}

#[test]
fn a_wrong_url_says_what_is_wrong_and_never_the_password() {
    for (url, problem) in [
        ("mysql://u:hunter2", "mysql://USER"),
        ("mysql://u:hunter2@h", "mysql://USER"),
        ("postgres://u:hunter2@h/d", "mysql://USER"),
        ("mysql://u:hunter2@h/", "a user and a database"),
        ("mysql://:hunter2@h/d", "a user and a database"),
        ("mysql://u:hunter2@/d", "no host"),
        ("mysql://u:hunter2@h:x/d", "a port"),
        ("mysql://u:hun@ter2@h/d", "%40"),
        ("mysql://u:hun/ter2@h/d", "%2F"),
        ("mysql://u:hunter2%ff@h/d", "UTF-8"),
        (
            "mysql://u:hunter2@h/d?ssl-mode=PREFERRED",
            "VERIFY_IDENTITY",
        ),
        ("mysql://u:hunter2@h/d?ssl-mode=", "VERIFY_IDENTITY"),
        ("mysql://u:hunter2@h/d?max_connections=0", "from 1 to"),
        ("mysql://u:hunter2@h/d?timeout=never", "from 1 to"),
        ("mysql://u:hunter2@h/d?no_such=1", "its parameters are"),
        ("mysql://u:hunter2@h/d?ssl-ca=/no/such", "can't be read"),
        ("mysql://u:hunter2@h/d?socket=/s", "a host and"),
        ("mysql://u:hunter2@/d?socket=/s&ssl-mode=NONSENSE", "no TLS"),
        ("mysql://u:hunter2@/d?socket=/s&ssl-mode=REQUIRED", "no TLS"),
        ("mysql://u:hunter2@/d?socket=/s&ssl-ca=/nope", "no TLS"),
        (
            "mysql://u:hunter2@h/d?ssl-mode=DISABLED&ssl-ca=/nope",
            "\"ssl-ca\" is for TLS",
        ),
        (
            "mysql://u:hunter2@h/d?timeout=1&timeout=2",
            "\"timeout\" is given twice",
        ),
    ] {
        let error = read(url).map(drop).unwrap_err();
        assert!(error.contains(problem), "{url}: {error}");
        assert!(!error.contains("hun") && !error.contains("ter2"), "{error}");
    }
}
