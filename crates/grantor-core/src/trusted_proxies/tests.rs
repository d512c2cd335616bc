//! Tests of the client's address behind proxies.

use super::*;

#[track_caller]
fn check(header: ProxyHeader, peer: &str, values: &[&str], expected: Option<&str>) {
    let networks = ["10.0.0.0/8", "2001:db8::/32", "203.0.113.1"];
    let proxies = TrustedProxies::parse(networks, header).unwrap();
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header.name(), value.parse().unwrap());
    }
    let peer = PeerAddress(peer.parse().unwrap());
    let expected = expected.map(|address| address.parse::<IpAddr>().unwrap());
    assert_eq!(
        proxies.client_address(peer, &headers),
        expected,
        "{values:?}"
    );
}

#[test]
fn named_proxies_are_believed_and_nobody_before_them() {
    let check = |values: &[&str], expected| {
        check(ProxyHeader::XForwardedFor, "10.0.0.1", values, expected);
    };
    check(&["198.51.100.7"], Some("198.51.100.7"));
    check(&["192.0.2.9, 198.51.100.7"], Some("198.51.100.7"));
    check(
        &["192.0.2.9", "198.51.100.7,10.9.9.9"],
        Some("198.51.100.7"),
    );
    check(&["198.51.100.7:4711, 203.0.113.1"], Some("198.51.100.7"));
    check(&["[2001:db8:1::1]:80, [2001:db9::1]"], Some("2001:db9::1"));
    check(&["::ffff:198.51.100.7"], Some("198.51.100.7"));
    // A client in the network of the proxies.
    check(&["10.0.0.9"], Some("10.0.0.9"));
    check(&["10.0.0.9, 10.0.0.2"], Some("10.0.0.9"));
}

#[test]
fn an_address_that_many_share_is_nobodys() {
    for values in [
        &[][..],
        &[""],
        &["unknown"],
        &["192.0.2.9, x"],
        &["x, 10.0.0.9"],
    ] {
        check(ProxyHeader::XForwardedFor, "10.0.0.1", values, None);
    }
    // Proxies that were not named.
    for peer in ["127.0.0.1", "::1", "192.168.1.1", "100.64.0.1", "fe80::1"] {
        check(ProxyHeader::XForwardedFor, peer, &["192.0.2.9"], None);
        check(ProxyHeader::XForwardedFor, peer, &[], Some(peer));
    }
}

#[test]
fn a_stranger_is_not_believed() {
    let stranger = "198.51.100.7";
    check(
        ProxyHeader::XForwardedFor,
        stranger,
        &["192.0.2.9"],
        Some(stranger),
    );
    check(
        ProxyHeader::Forwarded,
        stranger,
        &["for=192.0.2.9"],
        Some(stranger),
    );
    check(
        ProxyHeader::Forwarded,
        "::ffff:198.51.100.7",
        &[],
        Some(stranger),
    );
}

#[test]
fn forwarded_is_read_with_its_parameters() {
    let check = |value, expected| {
        check(ProxyHeader::Forwarded, "203.0.113.1", &[value], expected);
    };
    check(
        "for=192.0.2.60;proto=http;by=203.0.113.43",
        Some("192.0.2.60"),
    );
    check(
        "proto=https; For=\"[2001:db9::17]:4711\"",
        Some("2001:db9::17"),
    );
    check("for=192.0.2.43, for=198.51.100.17", Some("198.51.100.17"));
    check("for=192.0.2.43, for=10.0.0.1", Some("192.0.2.43"));
    check("for=10.0.0.1", Some("10.0.0.1"));
    check("for=192.0.2.43, for=_hidden", None);
    check("for=192.0.2.43, proto=http", None);
}

#[test]
fn the_other_header_is_not_read() {
    let proxies = TrustedProxies::parse(["10.0.0.1"], ProxyHeader::Forwarded).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(X_FORWARDED_FOR, "192.0.2.9".parse().unwrap());
    let peer = PeerAddress("10.0.0.1".parse().unwrap());
    assert_eq!(proxies.client_address(peer, &headers), None);
}

#[test]
fn a_text_that_is_no_network_is_named() {
    let error = TrustedProxies::parse(["10.0.0.0/8", "proxy"], ProxyHeader::Forwarded);
    let expected = "\"proxy\" is no IP address and no network such as 10.0.0.0/8";
    assert_eq!(error.unwrap_err().to_string(), expected);
}
