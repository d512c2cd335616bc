//! A line on a terminal that says how far a command is.

use std::io::{IsTerminal, Write};

use grantor_store::Store;

use crate::output::Output;

/// How many characters the bar has.
const WIDTH: u64 = 30;

/// The progress of a command through the records of a store.
pub(super) struct Progress {
    verb: &'static str,
    is_shown: bool,
    /// How many records there are, if the store can tell.
    total: Option<u64>,
}

impl Progress {
    /// Through the records of `store`. Nothing is shown unless standard error is a terminal.
    pub(super) async fn new(output: &Output, verb: &'static str, store: &dyn Store) -> Self {
        let is_shown = !output.is_json() && std::io::stderr().is_terminal();
        let mut total = None;
        if let Some(listing) = store.listing().filter(|_| is_shown) {
            // Without a total the command works as well.
            total = listing.count().await.ok().flatten();
        }
        Self {
            verb,
            is_shown,
            total,
        }
    }

    pub(super) fn show(&self, records: u64) {
        if self.is_shown {
            let line = line(records, self.total, self.verb);
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K{line}");
        }
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn line(records: u64, total: Option<u64>, verb: &str) -> String {
    // The total is from the beginning, and may be less than what is found.
    let Some(total) = total.filter(|total| *total > 0).map(|t| t.max(records)) else {
        return format!("{records} records {verb}");
    };
    let part = |of: u64| usize::try_from(u128::from(records) * u128::from(of) / u128::from(total));
    let (done, percent) = (part(WIDTH).unwrap_or(0), part(100).unwrap_or(0));
    let left = usize::try_from(WIDTH).unwrap_or(0) - done;
    let bar = "#".repeat(done) + &".".repeat(left);
    format!("[{bar}] {percent:3} %  {records} of {total} records {verb}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_what_is_done_of_the_total() {
        let dots = ".".repeat(30);
        let expected = format!("[{dots}]   0 %  0 of 200 records copied");
        assert_eq!(line(0, Some(200), "copied"), expected);
        let half = "#".repeat(15) + &".".repeat(15);
        let expected = format!("[{half}]  50 %  100 of 200 records copied");
        assert_eq!(line(100, Some(200), "copied"), expected);
        let full = "#".repeat(30);
        let expected = format!("[{full}] 100 %  201 of 201 records copied");
        assert_eq!(line(201, Some(200), "copied"), expected);
        assert_eq!(line(7, None, "copied"), "7 records copied");
        assert_eq!(line(0, Some(0), "copied"), "0 records copied");
        let expected = format!("[{full}] 100 %  {0} of {0} records copied", u64::MAX);
        assert_eq!(line(u64::MAX, Some(1), "copied"), expected);
    }
}
