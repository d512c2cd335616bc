//! The rooms in the map of the code, which is prose: a room that nobody names there is not found by
//! whoever reads it.

use crate::Findings;
use crate::rooms::House;

/// The rooms of a crate that its section of ARCHITECTURE.md does not name.
pub(crate) fn unmapped(map: &str, house: &House) -> Findings {
    let section = section(map, house.name);
    let named = |room: &str| {
        let names = [format!("`{room}`"), format!("`{room}/`")];
        names.iter().any(|name| section.contains(name))
    };
    let missing = house.rooms.iter().filter(|room| !named(room));
    missing
        .map(|room| {
            format!(
                "ARCHITECTURE.md names no room `{room}` of {}: add it",
                house.name
            )
        })
        .collect()
}

/// From the heading of a crate to the next one.
fn section<'a>(map: &'a str, name: &str) -> &'a str {
    let heading = format!("### `crates/{name}`\n");
    let (_, rest) = map.split_once(&heading).unwrap_or_default();
    rest.split("\n### ").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: House = House {
        name: "grantor-a",
        rooms: &["low", "high"],
        beside: &[],
    };

    #[test]
    fn a_room_without_a_line_is_found() {
        let whole = "### `crates/grantor-a`\n\n| `low`, `high/` | all |\n";
        assert!(unmapped(whole, &HOUSE).is_empty());
        let elsewhere = "### `crates/grantor-a`\n\n`low`\n\n### `crates/grantor-b`\n\n`high`\n";
        let expected = "ARCHITECTURE.md names no room `high` of grantor-a: add it";
        assert_eq!(unmapped(elsewhere, &HOUSE), [expected]);
        assert_eq!(unmapped("", &HOUSE).len(), 2);
    }
}
