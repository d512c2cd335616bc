//! Tests of parameters.

use super::*;
use proptest::prelude::*;

#[test]
fn an_empty_value_is_absent() {
    let params = Params::parse(b"a=&b=1&c").unwrap();
    assert_eq!(params.iter().collect::<Vec<_>>(), [("b", "1")]);
}

#[test]
fn rejects_repeated_parameters() {
    let repeated = InvalidParams::Repeated("a".into());
    assert_eq!(Params::parse(b"a=1&b=2&a=1"), Err(repeated.clone()));
    assert_eq!(Params::parse(b"a=1&%61=2"), Err(repeated));
}

#[test]
fn repeated_parameters_can_be_answered_later() {
    let params = Params::parse_repeated(b"a=1&b=2&a=3&b=&a=4&resource=x&resource=y").unwrap();
    assert_eq!(params.repeated(), ["a"]);
    assert_eq!(params.get("a"), Some("1"));
    assert_eq!(params.all("resource").count(), 2);
    let owned = params.into_owned();
    assert_eq!(owned.repeated(), ["a"]);
    let most = "a=1&".repeat(100);
    let params = Params::parse_repeated(most.as_bytes()).unwrap();
    assert_eq!((params.iter().count(), params.repeated().len()), (1, 1));
    let flood = "a=1&".repeat(101);
    assert_eq!(
        Params::parse_repeated(flood.as_bytes()),
        Err(InvalidParams::TooMany)
    );
}

#[test]
fn a_replacement_character_that_was_sent_is_a_character() {
    let params = Params::parse(b"a=%EF%BF%BD&b=%EF%BF%BD").unwrap();
    assert_eq!(params.get("b"), Some("\u{fffd}"));
    assert_eq!(
        Params::parse(b"a=%EF%BF%BD&b=%ff"),
        Err(InvalidParams::NotUtf8)
    );
}

#[test]
fn resource_and_audience_may_be_repeated() {
    let params = Params::parse(b"resource=x&resource=y&audience=z&audience=z").unwrap();
    assert_eq!(params.all("resource").collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(params.all("audience").count(), 2);
}

#[test]
fn rejects_what_is_not_utf8() {
    assert_eq!(Params::parse(b"a=%ff"), Err(InvalidParams::NotUtf8));
    assert_eq!(Params::parse(b"a=\xff"), Err(InvalidParams::NotUtf8));
}

#[test]
fn rejects_floods() {
    let form: String = (0..101).map(|i| format!("p{i}=1&")).collect();
    assert_eq!(Params::parse(form.as_bytes()), Err(InvalidParams::TooMany));
}

#[test]
fn debug_shows_no_values() {
    let params = Params::parse(b"client_secret=hunter2").unwrap();
    assert_eq!(format!("{params:?}"), r#"{"client_secret"}"#);
}

proptest! {
    #[test]
    fn round_trips(values in proptest::collection::vec("\\PC{1,12}", 0..6)) {
        let mut params = Params::new();
        for (i, value) in values.iter().enumerate() {
            params.push(format!("n{i}"), value.as_str());
        }
        let form = params.to_form();
        prop_assert_eq!(Params::parse(form.as_bytes()).unwrap(), params);
    }

    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = Params::parse(&bytes);
    }
}
