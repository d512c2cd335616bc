//! Tests of reading JSON.

use super::*;

fn check(json: &[u8], expected: Result<(), Error>) {
    let text = String::from_utf8_lossy(json);
    let found = object(json, Part::Header).map(|_| ());
    assert_eq!(found, expected, "{text}");
    let found = split(json, Part::Header, &["a", "x"]).map(|_| ());
    assert_eq!(found, expected, "{text}, split");
}

#[test]
fn finds_duplicates_at_any_depth() {
    let duplicate = Err(Error::DuplicateMember(Part::Header));
    check(br#"{"a":{"a":1},"b":[{"a":2},{"a":3}]}"#, Ok(()));
    check(br#"{"a":1,"a":1}"#, duplicate);
    check(br#"{"a":1,"\u0061":1}"#, duplicate);
    check(br#"{"x":{"a":1,"a":1}}"#, duplicate);
    check(br#"{"x":[[{"a":1,"b":2,"a":1}]]}"#, duplicate);
}

#[test]
fn known_members_are_put_aside() {
    let json = br#"{"a":1,"b":2,"\u0078":null,"s":"\u0074","t":"t"}"#;
    let (known, others) = split(json, Part::Header, &["x", "a", "y", "s", "t"]).unwrap();
    let expected = [
        Some(Value::Null),
        Some(1.into()),
        None,
        Some("t".into()),
        Some("t".into()),
    ];
    assert_eq!(known, expected.map(|value| value.map(Member::from)));
    assert_eq!(others, Map::from_iter([("b".to_owned(), 2.into())]));
}

#[test]
fn takes_nothing_but_one_object_in_utf_8() {
    let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep = [b"{\"a\":".as_slice(), &[b'['; 1000]].concat();
    for bad in [
        b"".as_slice(),
        b"[]",
        b"null",
        b"{}{}",
        b"{} x",
        b"{\"a\":1,}",
        b"{\"a\":NaN}",
        b"{\"a\":Infinity}",
        b"{\"a\":1e999}",
        b"{\"a\":01}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\n\"}",
        b"\xef\xbb\xbf{}",
        b"{/**/}",
        &utf_16,
        &deep,
    ] {
        check(bad, Err(Error::Json(Part::Header)));
    }
}
