//! The URLs that are fetched at all.

use std::net::IpAddr;

use grantor_http::{Addresses, is_public_address};
use grantor_jose::check::holds;
use url::{Host, Url};

use super::FetchError;

/// Whether the server fetches from a URL at all. Names are judged when they are resolved, by the
/// transport; hosts that are addresses are judged here too.
pub(crate) fn check_url(url: &Url, addresses: Addresses) -> Result<(), FetchError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::Refused("a URL with a user name is not fetched"));
    }
    if addresses == Addresses::Any {
        return match grantor_core::is_secure(url) {
            true => Ok(()),
            false => Err(FetchError::Refused(
                "only https is fetched, and http on a loopback address",
            )),
        };
    }
    if !holds("fetch.https", url.scheme() == "https") {
        return Err(FetchError::Refused("only https is fetched"));
    }
    let is_public = match url.host() {
        Some(Host::Domain(name)) => !grantor_core::is_localhost_name(name),
        Some(Host::Ipv4(v4)) => is_public_address(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => is_public_address(IpAddr::V6(v6)),
        None => false,
    };
    match holds("fetch.public_address", is_public) {
        true => Ok(()),
        false => Err(FetchError::Refused(
            "the host is this machine, or has no public address",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, addresses: Addresses, fetched: bool) {
        let url = Url::parse(url).unwrap();
        assert_eq!(check_url(&url, addresses).is_ok(), fetched, "{url}");
    }

    #[test]
    fn only_https_to_public_hosts_is_fetched() {
        for url in [
            "http://app.example/",
            "ftp://app.example/",
            "file:///etc/passwd",
            "https://user@app.example/",
            "https://:secret@app.example/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            check(url, Addresses::Public, false);
        }
        check("https://app.example/client.json", Addresses::Public, true);
        check("https://app.example:8443/c?x=1", Addresses::Public, true);
        check("https://1.1.1.1/", Addresses::Public, true);
    }

    #[test]
    fn with_any_address_allowed_plain_http_stays_on_this_machine() {
        check("http://127.0.0.1:1/", Addresses::Any, true);
        check("https://10.0.0.1/", Addresses::Any, true);
        check("http://10.0.0.1/", Addresses::Any, false);
        check("http://app.example/", Addresses::Any, false);
        check("https://user@10.0.0.1/", Addresses::Any, false);
    }
}
