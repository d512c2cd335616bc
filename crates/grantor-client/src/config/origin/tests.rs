//! Which origins are the same, and which a token may go to.

use super::*;

fn check(origin: &str, uri: &str) -> bool {
    check_with(origin, uri, LocalhostNames::ByDns)
}

fn check_with(origin: &str, uri: &str, names: LocalhostNames) -> bool {
    let origins = Origins::default().with(Origin::parse(origin).unwrap(), 0);
    origins.find(&uri.parse().unwrap(), names).is_ok()
}

#[test]
fn the_same_origin_in_other_writing() {
    assert!(check("https://api.example", "https://api.example/x?y"));
    assert!(check("https://api.example", "https://API.example:443/"));
    assert!(check("https://api.example:443", "https://api.example/"));
    assert!(check("http://[::1]:8080", "http://[::1]:8080/"));
    assert!(check("http://127.0.0.1", "http://127.0.0.1:80/"));
}

#[test]
fn other_origins() {
    for uri in [
        "http://api.example/",
        "https://api.example:444/",
        "https://api.example.evil.example/",
        "https://evil.example/https://api.example",
        "https://api.example@evil.example/",
        "https://api.example:443@evil.example/",
        "/x",
        "api.example",
    ] {
        assert!(!check("https://api.example", uri), "{uri}");
    }
}

#[test]
fn http_below_localhost_is_for_clients_that_resolve_it_themselves() {
    for (origin, uri) in [
        ("http://api.localhost:3000", "http://api.localhost:3000/x"),
        ("http://api.localhost:3000", "http://API.LOCALHOST:3000/x"),
        ("http://api.localhost", "http://api.localhost:80/"),
        ("http://api.localhost.", "http://api.localhost./"),
    ] {
        assert!(check_with(origin, uri, LocalhostNames::Loopback), "{uri}");
        assert!(!check_with(origin, uri, LocalhostNames::ByDns), "{uri}");
        let (ids, origin) = (OriginIds::default(), Origin::parse(origin).unwrap());
        let (id, uri) = (ids.id(&origin), uri.parse().unwrap());
        assert!(ids.check(id, &uri, LocalhostNames::Loopback).is_ok());
        assert!(ids.check(id, &uri, LocalhostNames::ByDns).is_err());
    }
    // The identity of the issuer does not depend on the resolver here.
    let secure = "https://api.localhost/";
    assert!(check(secure, secure));
    let other = "http://other.localhost:3000/";
    let named = "http://api.localhost:3000";
    assert!(!check_with(named, other, LocalhostNames::Loopback));
    let origins = Origins::default().with(Origin::parse(named).unwrap(), 0);
    let error = origins.find(&named.parse().unwrap(), LocalhostNames::ByDns);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("http://api.localhost:3000 over this client"),
        "{error}"
    );
}

#[test]
fn rejects_what_is_no_origin() {
    for text in [
        "http://localhost.example.com",
        "http://xlocalhost",
        "http://api.localhost.example",
        "api.example",
        "https://u@api.example",
        "http://api.example",
        "mailto:a@b",
        "https://:pw@api.example",
        "https://u:pw@api.example",
    ] {
        assert!(Origin::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_origin_of_a_base_url_is_taken() {
    for base in [
        "https://api.example/v1",
        "https://api.example/v1/?a=b",
        "https://api.example/#x",
    ] {
        assert!(check(base, "https://api.example/v2"), "{base}");
        assert!(!check(base, "https://api.example:444/v1"), "{base}");
    }
}

#[test]
fn an_error_names_the_whole_origin() {
    let origins = Origins::default();
    for (uri, named) in [
        ("http://127.0.0.1:8080/x?token=t", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        (
            "https://u:hunter2@api.example:444/",
            "https://api.example:444",
        ),
        ("https://api.example/", "https://api.example"),
    ] {
        let error = origins
            .find(&uri.parse().unwrap(), LocalhostNames::Loopback)
            .unwrap_err();
        let message = error.to_string();
        assert!(message.contains(&format!("for {named}: ")), "{message}");
        // As it says.
        assert!(check(named, uri.replace("u:hunter2@", "").as_str()));
    }
    let error = Origin::parse("http://api.example:3000").unwrap_err();
    assert!(error.contains("http://api.example:3000"), "{error}");
}

#[test]
fn an_error_repeats_no_password() {
    for text in [
        "https://hunter2@api.example",
        "https://u:hunter2@api.example",
        "https://:hunter2@api.example/",
        "https://u:hunter2@api.example:99999",
        "https://u:hunter2@api example",
        "http://u:hunter2@api.example",
        "http://api.example/hunter2?key=hunter2#hunter2",
        "hunter2",
        "u:hunter2@api.example",
    ] {
        let error = Origin::parse(text).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = Origin::parse("https://:pw@api.example:8443").unwrap_err();
    assert!(error.contains("https://api.example:8443 has a name or a password"));
}

#[test]
fn numbers_stay_in_range() {
    let ids = OriginIds::default();
    let origin = |n: u32| Origin::parse(&format!("https://h{n}.example")).unwrap();
    let drawn: Vec<_> = (0..100).map(|n| ids.id(&origin(n))).collect();
    assert_eq!(ids.id(&origin(5)), drawn[5]);
    assert_eq!(drawn[62], 62);
    assert_eq!(drawn[99], OriginIds::LAST);
}

#[test]
fn a_number_is_good_for_its_origin_and_the_last_one_for_all_that_share_it() {
    let ids = OriginIds::default();
    for n in 0..100 {
        ids.id(&Origin::parse(&format!("https://h{n}.example")).unwrap());
    }
    let check = |id, n: u32| {
        let uri = format!("https://h{n}.example/x").parse().unwrap();
        ids.check(id, &uri, LocalhostNames::ByDns).is_ok()
    };
    let all_of = |id| (0..=100).filter(|n| check(id, *n)).collect::<Vec<_>>();
    for id in [0, 5, 62] {
        assert_eq!(all_of(id), [u32::from(id)]);
    }
    assert_eq!(all_of(OriginIds::LAST), (63..100).collect::<Vec<_>>());
    let few = OriginIds::default();
    few.id(&Origin::parse("https://h0.example").unwrap());
    let uri = "https://h0.example/".parse().unwrap();
    let check = |id| few.check(id, &uri, LocalhostNames::ByDns).is_ok();
    assert!(check(0));
    assert!(!check(1) && !check(OriginIds::LAST));
}

#[test]
fn a_port_that_is_none_is_no_port_of_the_origin() {
    let ids = OriginIds::default();
    let id = ids.id(&Origin::parse("https://api.example").unwrap());
    let check = |uri: &str| ids.check(id, &uri.parse().unwrap(), LocalhostNames::ByDns);
    for same in [
        "https://API.example:443/",
        "https://api.example:/",
        "https://u@api.example/",
    ] {
        assert!(check(same).is_ok(), "{same}");
    }
    for other in [
        "https://api.example:65979/",
        "https://api.example:99999999999999999999/",
        "https://u:443@api.example:8443/",
        "https://api.example.:443/",
    ] {
        let error = check(other).unwrap_err().to_string();
        assert!(!error.contains("u:443"), "{error}");
    }
}

#[test]
fn an_origin_that_stands_for_several_is_named_as_none() {
    for several in ["https://*.example", "https://*", "https://a.*.example:8443"] {
        let error = Origin::parse(several).unwrap_err();
        assert!(error.contains("stands for several"), "{error}");
    }
}

#[test]
fn a_refusal_over_dns_shows_no_password() {
    let origins = Origins::default();
    let origin = Origin::parse("http://api.localhost:1").unwrap();
    let origins = origins.with(origin, 0);
    let uri = "http://ada:hunter2@api.localhost:1/".parse().unwrap();
    let error = origins.find(&uri, LocalhostNames::ByDns).unwrap_err();
    assert!(
        error.to_string().contains("http://api.localhost:1 over"),
        "{error}"
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
