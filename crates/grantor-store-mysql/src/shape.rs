//! What the tables must be. Those of another shape would not keep the contract: without its primary key
//! a creation wins beside another one, and an engine without transactions keeps halves of statements.

use std::collections::BTreeMap;

use grantor_store::Error;
use mysql_async::Row;

use crate::connection::Connection;
use crate::error::not_opened;

/// A table.
struct Table {
    name: &'static str,
    /// Name, type without the width of a number, and whether it may be NULL.
    columns: &'static [(&'static str, &'static str, bool)],
    primary_key: &'static [&'static str],
}

const TABLES: [Table; 4] = [
    Table {
        name: "grantor_schema",
        columns: &[("version", "int", false)],
        primary_key: &["version"],
    },
    Table {
        name: "grantor_records",
        columns: &[
            ("record_key", "varbinary(64)", false),
            ("version", "varbinary(16)", false),
            ("expires_at", "bigint", true),
            ("sweep_at", "bigint", true),
            ("value", "mediumblob", false),
        ],
        primary_key: &["record_key"],
    },
    Table {
        name: "grantor_counts",
        columns: &[
            ("count_key", "varbinary(64)", false),
            ("window_length", "bigint", false),
            ("starts_at", "bigint", false),
            ("ends_at", "bigint", false),
            ("total", "bigint unsigned", false),
        ],
        primary_key: &["count_key", "window_length", "starts_at"],
    },
    Table {
        name: "grantor_times",
        columns: &[
            ("name", "varbinary(32)", false),
            ("millis", "bigint", false),
        ],
        primary_key: &["name"],
    },
];

const ENGINES: &str = "SELECT table_name, COALESCE(engine, 'none') FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name LIKE 'grantor\\_%'";
const COLUMNS: &str = "SELECT table_name, column_name, column_type, is_nullable
    FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name LIKE 'grantor\\_%'";
/// An index on the first bytes of a column has their number in brackets.
const UNIQUE_KEYS: &str = "SELECT table_name, index_name,
        CONCAT(column_name, COALESCE(CONCAT('(', sub_part, ')'), ''))
    FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name LIKE 'grantor\\_%' AND non_unique = 0
    ORDER BY table_name, index_name, seq_in_index";

/// What was found of one table.
#[derive(Default)]
struct Found {
    engine: Option<String>,
    /// Type and whether it may be NULL, by name.
    columns: BTreeMap<String, (String, bool)>,
    /// The columns of each unique index, by its name.
    unique: BTreeMap<String, Vec<String>>,
}

/// Refuses tables that somebody else has made, or has changed.
pub(crate) async fn check(connection: &mut Connection) -> Result<(), Error> {
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for row in read(connection, ENGINES).await? {
        found.entry(text(&row, 0)).or_default().engine = Some(text(&row, 1));
    }
    for row in read(connection, COLUMNS).await? {
        let described = (without_width(&text(&row, 2)), text(&row, 3) == "YES");
        let table = found.entry(text(&row, 0)).or_default();
        table.columns.insert(text(&row, 1), described);
    }
    for row in read(connection, UNIQUE_KEYS).await? {
        let table = found.entry(text(&row, 0)).or_default();
        let columns = table.unique.entry(text(&row, 1)).or_default();
        columns.push(text(&row, 2));
    }
    for table in &TABLES {
        let problem = match found.get(table.name) {
            Some(found) => table.problem(found),
            None => Some("it is missing".to_owned()),
        };
        if let Some(problem) = problem {
            let name = table.name;
            return Err(Error::configuration(format!(
                "the table {name} in MySQL is not as grantor makes it: {problem}; restore it from a \
                 backup, or rename all tables that begin with grantor_, or use another database"
            )));
        }
    }
    Ok(())
}

impl Table {
    /// What is wrong with it. Further columns and indexes do no harm, unless an index is unique: a
    /// write would meet the record of another key there.
    fn problem(&self, found: &Found) -> Option<String> {
        let engine = found.engine.as_deref().unwrap_or("none");
        if !engine.eq_ignore_ascii_case("InnoDB") {
            return Some(format!("its engine is {engine} and not InnoDB"));
        }
        for (name, kind, nullable) in self.columns {
            match found.columns.get(*name) {
                None => return Some(format!("it has no column {name}")),
                Some((is, null)) if is != kind || null != nullable => {
                    let null = if *nullable { "NULL" } else { "NOT NULL" };
                    return Some(format!("its column {name} is not {kind} {null}"));
                }
                Some(_) => {}
            }
        }
        let key = self.primary_key;
        match found.unique.get("PRIMARY") {
            Some(columns) if columns == key => {}
            _ => return Some(format!("its primary key is not ({})", key.join(", "))),
        }
        let other = found.unique.keys().find(|index| *index != "PRIMARY");
        other.map(|index| format!("it has another unique index, {index}"))
    }
}

async fn read(connection: &mut Connection, query: &str) -> Result<Vec<Row>, Error> {
    let rows = connection.text(query).await;
    rows.map_err(|error| not_opened(&error))
}

/// A text of a row; empty where it has none.
fn text(row: &Row, place: usize) -> String {
    let value = row.get_opt::<String, _>(place);
    value.and_then(Result::ok).unwrap_or_default()
}

/// MariaDB tells the width by which a number is shown, MySQL does not.
fn without_width(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.split_once("int(").zip(kind.split_once(')')) {
        Some(((before, _), (_, after))) => format!("{before}int{after}"),
        None => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_of_a_number_is_no_part_of_its_type() {
        for (told, kind) in [
            ("int(11)", "int"),
            ("bigint(20) unsigned", "bigint unsigned"),
            ("bigint unsigned", "bigint unsigned"),
            ("varbinary(64)", "varbinary(64)"),
            ("mediumblob", "mediumblob"),
        ] {
            assert_eq!(without_width(told), kind);
        }
    }
}
