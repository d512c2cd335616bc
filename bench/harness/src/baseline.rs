//! The instruction counts that a run is compared with.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::Result;

/// The instruction counts to compare with, by group and bench, in `bench/baseline.json`.
#[derive(Debug, Clone)]
pub struct Baseline {
    path: PathBuf,
    counts: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Baseline {
    /// Reads a baseline; a file that does not exist is an empty one.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no baseline.
    pub fn read(path: PathBuf) -> Result<Self> {
        let counts = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path, counts })
    }

    /// The file in the folder of all groups.
    #[must_use]
    pub fn usual_path() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../baseline.json"))
    }

    /// The instructions that were counted when the baseline was saved.
    #[must_use]
    pub fn instructions(&self, group: &str, bench: &str) -> Option<u64> {
        self.counts.get(group)?.get(bench).copied()
    }

    /// Keeps a new count, in memory.
    pub fn keep(&mut self, group: &str, bench: &str, instructions: u64) {
        let counts = self.counts.entry(group.to_owned()).or_default();
        counts.insert(bench.to_owned(), instructions);
    }

    /// Writes the counts back.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn save(&self) -> Result<()> {
        let mut text = serde_json::to_string_pretty(&self.counts)?;
        text.push('\n');
        Ok(fs::write(&self.path, text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_by_group() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("baseline.json");
        let mut baseline = Baseline::read(path.clone()).unwrap();
        baseline.keep("main", "opaque", 10);
        baseline.keep("jose", "opaque", 20);
        baseline.save().unwrap();
        let again = Baseline::read(path.clone()).unwrap();
        assert_eq!(again.instructions("main", "opaque"), Some(10));
        assert_eq!(again.instructions("jose", "opaque"), Some(20));
        assert_eq!(again.instructions("main", "other"), None);
        fs::write(&path, "[]").unwrap();
        assert!(Baseline::read(path).is_err());
    }
}
