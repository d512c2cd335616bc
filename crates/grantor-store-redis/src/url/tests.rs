//! What the URLs of stores in Redis say.

use super::*;

fn read(url: &str) -> Result<Location, String> {
    parse(url, &RedisOptions::default()).map_err(|error| error.to_string())
}

fn tcp(host: &str, port: u16) -> Address {
    Address::Tcp(host.to_owned(), port)
}

#[test]
fn address_login_and_parameters_are_read() {
    let location = read("redis://user:p%40w@[::1]:7/3?timeout=9").unwrap();
    assert_eq!(location.servers, Servers::Single(tcp("::1", 7)));
    let login = &location.access.login;
    assert_eq!(login.username(), Some("user"));
    assert_eq!(login.password(), Some("p@w"));
    assert_eq!(login.db(), 3);
    assert_eq!(location.options.timeout, Duration::from_secs(9));
    assert!(location.access.tls.is_none() && !location.access.cluster);

    let location = read("redis+unix:///run/a%20b.sock?db=2").unwrap();
    let path = Address::Unix(PathBuf::from("/run/a b.sock"));
    assert_eq!(location.servers, Servers::Single(path));
    assert_eq!(location.access.login.db(), 2);
    let location = read("rediss://cache.example").unwrap();
    assert_eq!(
        location.servers,
        Servers::Single(tcp("cache.example", 6379))
    );
    assert!(location.access.tls.is_some());
}

#[test]
fn sentinels_and_what_they_watch_are_read() {
    let url = "redis+sentinel://user:pw@s1,s2:7,s3/main/4?wait=2&sentinel_password=other";
    let location = read(url).unwrap();
    let sentinels = vec![tcp("s1", 26379), tcp("s2", 7), tcp("s3", 26379)];
    assert_eq!(
        location.servers,
        Servers::Sentinel(sentinels, "main".to_owned())
    );
    assert_eq!(location.access.login.password(), Some("pw"));
    assert_eq!(location.access.login.db(), 4);
    let theirs = &location.sentinel_access.login;
    assert_eq!(
        (theirs.username(), theirs.password()),
        (None, Some("other"))
    );
    assert_eq!(theirs.db(), 0);
    assert_eq!(location.wait, Some(2));
    let location = read("rediss+sentinel://s1/main").unwrap();
    assert!(location.access.tls.is_some() && location.sentinel_access.tls.is_some());
    assert_eq!(location.wait, None);
}

#[test]
fn servers_of_a_cluster_are_read() {
    let location = read("redis+cluster://:pw@c1,c2:7000/?wait=0").unwrap();
    let servers = vec![tcp("c1", 6379), tcp("c2", 7000)];
    assert_eq!(location.servers, Servers::Cluster(servers));
    assert_eq!(location.access.login.password(), Some("pw"));
    assert!(location.access.cluster);
    assert_eq!(location.wait, Some(0));
}

#[test]
fn a_wrong_url_says_what_is_wrong_and_never_the_password() {
    for (url, problem) in [
        ("redis://u:hunter2@h:x", "a port"),
        ("redis://u:hunter2@h/x", "a number"),
        ("redis://u:hunter2@h/?db=-1", "a number"),
        ("redis://u:hunter2@h/?protocol=resp3", "parameters"),
        ("redis://u:hunter2@h/?wait=1", "\"wait\""),
        ("redis://u:hun@ter2@h/", "%40"),
        ("redis://hunter2@h/", "no password"),
        ("redis://hunter2:@h/", "no password"),
        ("redis+sentinel://hunter2@h/main", "no password"),
        (
            "redis+sentinel://u:hunter2@h/main?sentinel_username=x",
            "no \"sentinel_password\"",
        ),
        ("redis://u:hunter2@h/?timeout=0", "from 1 to 3600"),
        ("redis://u:hunter2@h/?timeout=3601", "from 1 to 3600"),
        (
            "redis://u:hunter2@h/?timeout=1&timeout=2",
            "\"timeout\" is given twice",
        ),
        (
            "redis+sentinel://h/main?sentinel_password=hunter2&sentinel_password=hunter2",
            "\"sentinel_password\" is given twice",
        ),
        ("redis://u:hunter2@h/?hunter2=1&hunter2=2", "parameters"),
        ("redis://u:hunter2@h/3?db=3", "twice"),
        ("redis+unix:///s?db=3&db=3", "twice"),
        ("redis://u:hunter2@h/?tlsrootcert=/a", " rediss://,"),
        (
            "redis+sentinel://u:hunter2@h/main?tlsrootcert=/a",
            "rediss+sentinel://",
        ),
        (
            "redis+cluster://u:hunter2@h?tlsrootcert=/a",
            "rediss+cluster://",
        ),
        ("redis+unix:///s?tlsrootcert=/a", "a unix socket"),
        ("redis://u:hunter2@h/?sentinel_username=x", "no sentinel"),
        ("http://u:hunter2@h/", "begins with"),
        ("redis:///hunter2", "begins with"),
        ("hunter2", "redis://USER"),
        ("redis+sentinel://u:hunter2@h", "the NAME"),
        ("redis+sentinel://u:hunter2@h/main/x", "a number"),
        ("redis+cluster://u:hunter2@h/3", "begins with"),
        ("redis+cluster://u:hunter2@h?db=3", "one database"),
        ("redis+cluster://u:hunter2@h,", "no host"),
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
