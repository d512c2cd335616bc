use super::*;

fn check(origin: &str, uri: &str) -> bool {
    let origins = Origins::default().with(Origin::parse(origin).unwrap(), 0);
    origins.find(&uri.parse().unwrap()).is_ok()
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
fn rejects_what_is_no_origin() {
    for text in [
        "api.example",
        "https://api.example/v1",
        "https://u@api.example",
        "http://api.example",
        "mailto:a@b",
        "https://:pw@api.example",
        "https://u:pw@api.example",
        "https://api.example/?",
        "https://api.example/?a=b",
        "https://api.example/#x",
        "https://api.example#",
    ] {
        assert!(Origin::parse(text).is_err(), "{text}");
    }
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
        "https://api.example/hunter2",
        "https://api.example/?key=hunter2",
        "https://api.example/#hunter2",
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
        ids.check(id, &uri).is_ok()
    };
    let all_of = |id| (0..=100).filter(|n| check(id, *n)).collect::<Vec<_>>();
    for id in [0, 5, 62] {
        assert_eq!(all_of(id), [u32::from(id)]);
    }
    assert_eq!(all_of(OriginIds::LAST), (63..100).collect::<Vec<_>>());
    let few = OriginIds::default();
    few.id(&Origin::parse("https://h0.example").unwrap());
    let uri = "https://h0.example/".parse().unwrap();
    assert!(few.check(0, &uri).is_ok());
    assert!(few.check(1, &uri).is_err() && few.check(OriginIds::LAST, &uri).is_err());
}
