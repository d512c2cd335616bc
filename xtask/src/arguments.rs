//! The command line: names, flags and numbers, each taken once.

use crate::process::Failure;

/// The rest of the command line; every question takes its answer out.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    pub(crate) fn from_command_line() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// The first argument that is not an option.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let first = self.0.first()?;
        if first.starts_with("--") {
            return None;
        }
        Some(self.0.remove(0))
    }

    /// Returns whether an option without a value was given.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let position = self.0.iter().position(|argument| argument == name);
        if let Some(position) = position {
            self.0.remove(position);
        }
        position.is_some()
    }

    /// The number that follows an option.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u64>, Failure> {
        let Some(position) = self.0.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        self.0.remove(position);
        if position == self.0.len() {
            return Err(Failure::new(format!("{name} needs a number")));
        }
        let value = self.0.remove(position);
        value
            .parse()
            .map(Some)
            .map_err(|_| Failure::new(format!("{name} needs a number, not {value:?}")))
    }

    /// Refuses whatever nobody asked for.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.0.first() {
            None => Ok(()),
            Some(unknown) => Err(Failure::new(format!("unexpected argument {unknown:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn takes_names_flags_and_numbers_in_any_order() {
        let mut given = arguments("fuzz --seconds 5 claims --json");
        assert_eq!(given.positional().as_deref(), Some("fuzz"));
        assert_eq!(given.number("--seconds").unwrap(), Some(5));
        assert!(given.flag("--json"));
        assert!(!given.flag("--json"));
        assert_eq!(given.positional().as_deref(), Some("claims"));
        given.finish().unwrap();
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(arguments("--verbose").finish().is_err());
        assert!(arguments("--seconds many").number("--seconds").is_err());
        assert!(arguments("--seconds").number("--seconds").is_err());
    }
}
