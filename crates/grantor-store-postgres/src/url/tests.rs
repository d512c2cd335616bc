//! Tests of URLs of databases.

use tokio_postgres::config::ChannelBinding;

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
        .map(|host| {
            (
                host.options.get_hosts()[0].clone(),
                host.options.get_ports()[0],
            )
        })
        .collect();
    let tcp = |name: &str| HostName::Tcp(name.to_owned());
    assert_eq!(
        hosts,
        [(tcp("one"), 1), (tcp("::1"), 2), (tcp("three"), 5432)]
    );
    let first = &location.hosts[0].options;
    assert_eq!(first.get_user(), Some("a@b"));
    assert_eq!(first.get_password(), Some(&b"p/w"[..]));
    assert_eq!(first.get_dbname(), Some("db"));
    assert_eq!(first.get_application_name(), Some("x y"));
    assert_eq!(location.options.max_connections, 3);
    assert_eq!(location.options.timeout, Duration::from_secs(7));

    // Each parameter that is taken has its effect.
    let url = "postgres://u@h/?channel_binding=require&keepalives=0&keepalives_idle=4\
               &keepalives_interval=5&keepalives_retries=6&tcp_user_timeout=7&connect_timeout=8\
               &options=-c%20search_path=s";
    let location = read(url).unwrap();
    let config = &location.hosts[0].options;
    assert_eq!(config.get_channel_binding(), ChannelBinding::Require);
    assert!(!config.get_keepalives());
    assert_eq!(config.get_keepalives_idle(), Duration::from_secs(4));
    assert_eq!(
        config.get_keepalives_interval(),
        Some(Duration::from_secs(5))
    );
    assert_eq!(config.get_keepalives_retries(), Some(6));
    assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(7)));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(8)));
    assert_eq!(config.get_options(), Some("-c search_path=s"));

    let location = read("postgres://u@h/?sslmode=disable&password=a+b%26").unwrap();
    let password = location.hosts[0].options.get_password();
    assert_eq!(password, Some(&b"a+b&"[..]));
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
        let found = location.hosts[0].options.get_ssl_mode();
        assert_eq!(found, ssl_mode, "{url}");
    }
}

#[test]
fn an_at_sign_or_a_question_mark_hides_no_parameter() {
    for (before, password) in [
        ("u:p@127.0.0.1/g", "p"),
        ("u:p@127.0.0.1", "p"),
        ("u:p?w@127.0.0.1/g", "p?w"),
        ("u:p/w?x=y@127.0.0.1/g", "p/w?x=y"),
    ] {
        let with = [
            "application_name=a@b&sslmode=require",
            "sslmode=require&application_name=a@b",
        ];
        for query in with {
            let url = format!("postgres://{before}?{query}");
            let config = &read(&url)
                .map_err(|error| format!("{url}: {error}"))
                .unwrap()
                .hosts[0];
            let config = &config.options;
            assert_eq!(config.get_ssl_mode(), SslMode::Require, "{url}");
            assert_eq!(config.get_application_name(), Some("a@b"), "{url}");
            assert_eq!(config.get_password(), Some(password.as_bytes()), "{url}");
            assert_eq!(config.get_hosts(), [HostName::Tcp("127.0.0.1".to_owned())]);
        }
    }
    for url in [
        "postgres://127.0.0.1/g?user=a@b&password=p@w&sslmode=require",
        "postgres:///g?host=127.0.0.1&user=a@b&password=p@w&sslmode=require",
        "postgres://127.0.0.1?sslmode=require&user=a@b&password=p@w",
    ] {
        let config = &read(url)
            .map_err(|error| format!("{url}: {error}"))
            .unwrap()
            .hosts[0];
        let config = &config.options;
        assert_eq!(config.get_ssl_mode(), SslMode::Require, "{url}");
        assert_eq!(config.get_user(), Some("a@b"), "{url}");
        assert_eq!(config.get_password(), Some(&b"p@w"[..]), "{url}");
    }
    // An "@" and a "?" in a password.
    let error = read("postgres://u:p@w?x@h/?sslmode=disable").map(drop);
    assert!(error.is_err());
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
        (
            "postgres://u:hunter2@h/?passfile=/a",
            "parameters are sslmode",
        ),
        (
            "postgres://u:hunter2@h/?load_balance_hosts=random",
            "parameters are",
        ),
        (
            "postgres://u:hunter2@h/?channel_binding=x",
            "postgres://USER",
        ),
        (
            "postgres://u:hunter2@h/?sslrootcert=/no/such",
            "can't be read",
        ),
        ("postgres://u:hunter2@h/?hostaddr=127.0.0.1", "hostaddr"),
        (
            "postgres://u:hunter2@h/?sslmode=require&sslmode=disable",
            "\"sslmode\" is there twice",
        ),
        (
            "postgres://u@h/?password=hunter2&password=ter2",
            "\"password\" is there twice",
        ),
        (
            "postgres:///?host=a&host=b&sslmode=disable",
            "\"host\" is there twice",
        ),
        ("postgres://u:hunter2@h/?hun=1&hun=ter2", "parameters are"),
        ("postgres://u:hunter2@h,/db", "hosts is empty"),
        ("postgres://u:hunter2@,h/db", "hosts is empty"),
        ("postgres://u:hunter2@h,:5433/db", "hosts is empty"),
        ("postgres://u:hunter2@/db?host=", "hosts is empty"),
    ] {
        let error = read(url).map(drop).unwrap_err();
        assert!(error.contains(problem), "{url}: {error}");
        assert!(!error.contains("hun") && !error.contains("ter2"), "{error}");
    }
}
