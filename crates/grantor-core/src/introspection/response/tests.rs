//! Tests of introspection responses.

use http::Response;

use super::*;

#[test]
fn an_inactive_answer_says_nothing_else() {
    assert_eq!(Introspection::inactive().to_json(), r#"{"active":false}"#);
}

#[test]
fn answers_round_trip() {
    for aud in [vec![], vec!["a".to_owned()], vec!["a".into(), "b".into()]] {
        let answer = Introspection {
            active: true,
            scope: Some(Scope::parse("read").unwrap()),
            exp: Some(5),
            aud,
            ..Introspection::default()
        };
        let read = Introspection::from_json(answer.to_json().as_bytes());
        assert_eq!(read, Ok(answer));
    }
}

#[test]
fn reads_what_servers_write_otherwise() {
    let json = r#"{"active":true,"scope":["a","b"],"exp":1.9e9,"nbf":"17","sub":5,"aud":null,
            "client_id":"","iss":null,"username":"ada"}"#;
    let read = Introspection::from_json(json.as_bytes()).unwrap();
    assert_eq!(read.scope.unwrap().as_str(), "a b");
    assert_eq!((read.exp, read.nbf), (Some(1_900_000_000), Some(17)));
    assert_eq!(read.sub.as_deref(), Some("5"));
    assert_eq!((read.client_id, read.iss), (None, None));
    assert!(read.aud.is_empty());
    assert_eq!(read.extra.keys().collect::<Vec<_>>(), ["username"]);
    let with_bom = Introspection::from_json(b"\xef\xbb\xbf{\"active\":false}");
    assert_eq!(with_bom, Ok(Introspection::inactive()));
}

#[test]
fn what_can_not_be_read_is_named_without_its_value() {
    for (member, value) in [
        ("active", "\"hunter2\""),
        ("scope", "[\"a\",2]"),
        ("scope", "\"hunter\\\"2\""),
        ("exp", "\"hunter2\""),
        ("nbf", "[]"),
        ("sub", "{\"hunter2\":1}"),
        ("aud", "[1]"),
        ("token_type", "true"),
    ] {
        let active = if member == "active" {
            ""
        } else {
            "\"active\":true,"
        };
        let json = format!("{{{active}\"{member}\":{value}}}");
        let error = Introspection::from_json(json.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("\"{member}\" is not ")),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
    for json in ["", "[]", "{}", "<html>", r#"{"active":null}"#] {
        let read = Introspection::from_json(json.as_bytes());
        assert_eq!(read, Err(InvalidIntrospection::Malformed), "{json}");
    }
}

#[test]
fn a_compressed_answer_is_called_so() {
    let response = Response::builder().header("content-encoding", "gzip");
    let error = Introspection::from_response(&response.body("\x1f").unwrap()).unwrap_err();
    assert!(
        error.to_string().contains("compressed with \"gzip\""),
        "{error}"
    );
}

#[test]
fn an_inactive_token_needs_nothing_else() {
    let read = Introspection::from_json(br#"{"active":false,"exp":"never","scope":1}"#);
    assert_eq!(read, Ok(Introspection::inactive()));
}
