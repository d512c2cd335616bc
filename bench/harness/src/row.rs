//! One line of a group's report.

use std::fmt::Write;

use serde::{Serialize, Serializer};

/// One line of a group's report.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The group.
    pub group: &'static str,
    /// The name of the measurement.
    pub bench: String,
    /// The median of what was measured.
    #[serde(serialize_with = "short")]
    pub value: f64,
    /// The value's unit.
    pub unit: &'static str,
    /// The name of the row that it was measured in turns with.
    pub beside: Option<String>,
    /// The median of the turns' ratios: this by the other.
    #[serde(serialize_with = "short_if_any")]
    pub ratio: Option<f64>,
    /// How far the ratios lie apart, or the values if there are no ratios, as a part of their
    /// median.
    #[serde(serialize_with = "short_if_any")]
    pub spread: Option<f64>,
    /// The most that the ratio may be, or the value if there is no ratio or that is to the baseline.
    pub bar: Option<f64>,
    /// Says whether it stays within the bar.
    pub holds: Holds,
}

/// Says whether a row stays within its bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "reports are read by matching all of it"
)]
pub enum Holds {
    /// It has no bar. `null` in JSON.
    Unasked,
    /// It does. `true` in JSON.
    Yes,
    /// It does not. `false` in JSON.
    No,
    /// Its values lie too far apart to tell, twice. `"noisy"` in JSON.
    Noisy,
}

impl Serialize for Holds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unasked => serializer.serialize_none(),
            Self::Yes => serializer.serialize_bool(true),
            Self::No => serializer.serialize_bool(false),
            Self::Noisy => serializer.serialize_str("noisy"),
        }
    }
}

impl Row {
    /// The row as one line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        // Strings, numbers and null always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The rows as a table.
pub(crate) fn table(rows: &[Row]) -> String {
    let heads = [
        "bench", "value", "unit", "beside", "ratio", "spread", "bar", "holds",
    ];
    let mut lines = vec![heads.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            let width = |line: &[String; 8]| line[column].chars().count();
            lines.iter().map(width).max().unwrap_or(0)
        })
        .collect();
    let mut table = String::new();
    for line in &lines {
        let mut text = String::new();
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            // Writing to a String cannot fail.
            let _ = match NUMBERS.contains(&column) {
                true => write!(text, "{cell:>width$}  "),
                false => write!(text, "{cell:<width$}  "),
            };
        }
        table.push_str(text.trim_end());
        table.push('\n');
    }
    table
}

fn cells(row: &Row) -> [String; 8] {
    let number = |value: Option<f64>| value.map_or_else(String::new, plain);
    [
        row.bench.clone(),
        plain(row.value),
        row.unit.to_owned(),
        row.beside.clone().unwrap_or_default(),
        number(row.ratio),
        row.spread
            .map_or_else(String::new, |spread| format!("{:.1} %", spread * 100.0)),
        number(row.bar),
        match row.holds {
            Holds::Unasked => "",
            Holds::Yes => "yes",
            Holds::No => "NO",
            Holds::Noisy => "noisy",
        }
        .to_owned(),
    ]
}

fn plain(value: f64) -> String {
    four_digits(value).to_string()
}

fn short<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(four_digits(*value))
}

fn short_if_any<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => short(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// Rounds the fraction so that four digits are left; whole numbers stay as they are.
fn four_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let places = (3 - value.abs().log10().floor() as i32).max(0);
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale
}

/// The columns that are set to the right.
const NUMBERS: [usize; 4] = [1, 4, 5, 6];

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            group: "main",
            bench: "opaque_memory".to_owned(),
            value: 14.312_345,
            unit: "µs",
            beside: Some("bare_axum".to_owned()),
            ratio: Some(1.234_56),
            spread: Some(0.031),
            bar: Some(1.4),
            holds: Holds::Yes,
        }
    }

    #[test]
    fn json_has_the_nine_members_in_order() {
        assert_eq!(
            row().json(),
            r#"{"group":"main","bench":"opaque_memory","value":14.31,"unit":"µs","beside":"bare_axum","ratio":1.235,"spread":0.031,"bar":1.4,"holds":true}"#
        );
        let bare = Row {
            beside: None,
            ratio: None,
            bar: None,
            holds: Holds::Unasked,
            ..row()
        };
        assert!(bare.json().contains(r#""beside":null,"ratio":null"#));
        let noisy = Row {
            holds: Holds::Noisy,
            ..row()
        };
        assert!(noisy.json().ends_with(r#""holds":"noisy"}"#));
    }

    #[test]
    fn a_table_lines_up() {
        let wide = Row {
            value: 123_456.0,
            ..row()
        };
        let expected = "\
bench           value  unit  beside     ratio  spread  bar  holds
opaque_memory   14.31  µs    bare_axum  1.235   3.1 %  1.4  yes
opaque_memory  123456  µs    bare_axum  1.235   3.1 %  1.4  yes
";
        assert_eq!(table(&[row(), wide]), expected);
    }
}
