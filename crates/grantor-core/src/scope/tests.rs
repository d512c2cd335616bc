//! Tests of scopes.

use super::*;
use proptest::prelude::*;

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

#[test]
fn keeps_order_and_drops_repeats() {
    assert_eq!(scope("b a  b").as_str(), "b a");
    assert_eq!(scope("").iter().count(), 0);
}

#[test]
fn rejects_other_characters() {
    for bad in ["a\"b", "a\\b", "a\tb", "ä", "a\nb"] {
        assert_eq!(Scope::parse(bad), Err(InvalidScope::Character), "{bad:?}");
    }
}

#[test]
fn a_server_limits_how_many_values_it_reads() {
    let most = |text| Scope::parse_at_most(text, 2).map(|scope| scope.to_string());
    assert_eq!(most("a  b "), Ok("a b".to_owned()));
    assert_eq!(most("a b c"), Err(InvalidScope::TooMany { most: 2 }));
    assert_eq!(most("a a a"), Err(InvalidScope::TooMany { most: 2 }));
    assert_eq!(Scope::parse_at_most("", 0), Ok(Scope::default()));
}

#[test]
fn many_values_are_a_set_as_few_are() {
    let text = |range: std::ops::Range<u32>| {
        let values: Vec<_> = range.map(|n| format!("v{n}")).collect();
        values.join(" ")
    };
    let all = scope(&format!("{} {}", text(0..1000), text(500..1500)));
    assert_eq!(all.as_str(), text(0..1500));
    assert!(scope(&text(700..720)).is_subset(&all));
    assert!(!scope(&text(1490..1510)).is_subset(&all));
    assert_eq!(
        all.intersection(&scope(&text(1490..2000))),
        scope(&text(1490..1500))
    );
}

#[test]
fn is_a_set() {
    assert!(scope("a").is_subset(&scope("b a")));
    assert!(!scope("a c").is_subset(&scope("b a")));
    assert!(scope("a b").same_as(&scope("b a")));
    assert_eq!(scope("a b").intersection(&scope("c b")), scope("b"));
    assert_eq!(scope("a b").union(&scope("c b")), scope("a b c"));
    assert!(!scope("read").contains("rea"));
}

proptest! {
    #[test]
    fn round_trips(text in "[ !#-\\[\\]-~]{0,40}") {
        let once = Scope::parse(&text).unwrap();
        prop_assert_eq!(Scope::parse(once.as_str()).unwrap(), once);
    }
}
