//! The options of a group's command line.

use std::time::Duration;

use crate::Result;

/// The options of a group's command line.
#[derive(Debug, Clone)]
pub struct Options {
    /// `--json`: one object a line instead of a table.
    pub json: bool,
    /// `--save`: keep the instruction counts as the new baseline.
    pub save: bool,
    /// `--rounds N`: turns for each side; 5 by default.
    pub rounds: usize,
    /// `--seconds S`: how long a server is measured in each turn; 3 by default.
    pub window: Duration,
    /// Other arguments: parts of the names of the rows to measure; none means all.
    pub only: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            json: false,
            save: false,
            rounds: 5,
            window: Duration::from_secs(3),
            only: Vec::new(),
        }
    }
}

impl Options {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    ///
    /// An unknown option, or a number that is none.
    pub fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--json" => options.json = true,
                "--save" => options.save = true,
                "--rounds" => options.rounds = value()?.parse::<usize>()?.max(1),
                "--seconds" => {
                    options.window = Duration::try_from_secs_f64(value()?.parse()?)?;
                }
                option if option.starts_with('-') => {
                    return Err(format!(
                        "unknown option {option}; known are --json, --save, --rounds, --seconds"
                    )
                    .into());
                }
                _ => options.only.push(argument),
            }
        }
        Ok(options)
    }

    /// Returns whether the row is to be measured.
    #[must_use]
    pub fn wants(&self, bench: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| bench.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_read() {
        let options = read("--json --rounds 7 --seconds 0.5 jwt").unwrap();
        assert!(options.json && !options.save);
        assert_eq!(options.rounds, 7);
        assert_eq!(options.window, Duration::from_millis(500));
        assert!(options.wants("jwt_eddsa") && !options.wants("opaque_memory"));
        assert!(Options::default().wants("anything"));
    }

    #[test]
    fn unknown_and_unfinished_options_are_refused() {
        for line in ["--fast", "--rounds", "--rounds x", "--seconds -1"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
