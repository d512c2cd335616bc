//! The parameter `prompt`.

use std::fmt;

/// The pages that a client asks the server to show (OpenID Connect Core section 3.1.2.1), as a set.
///
/// `none` must be the only value: with another value the parameter can't be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompt {
    /// Nothing may be shown.
    pub none: bool,
    /// The user proves again who they are.
    pub login: bool,
    /// The user is asked again what they allow.
    pub consent: bool,
    /// The user chooses with which account.
    pub select_account: bool,
    /// The user makes an account (Initiating User Registration 1.0).
    pub create: bool,
    /// Values that are not known here, in their order.
    pub other: Vec<String>,
}

/// `prompt` has `none` beside another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidPrompt;

impl fmt::Display for InvalidPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("has \"none\" beside another value")
    }
}

impl std::error::Error for InvalidPrompt {}

impl Prompt {
    /// Reads values separated by spaces.
    ///
    /// # Errors
    /// `none` beside another value.
    pub fn parse(text: &str) -> Result<Self, InvalidPrompt> {
        let mut prompt = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                "create" => prompt.create = true,
                other => prompt.other.push(other.to_owned()),
            }
        }
        match prompt.none && !prompt.is_alone() {
            true => Err(InvalidPrompt),
            false => Ok(prompt),
        }
    }

    /// Returns whether there is nothing but `none`.
    fn is_alone(&self) -> bool {
        let others = self.login || self.consent || self.select_account || self.create;
        !others && self.other.is_empty()
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            (self.none, "none"),
            (self.login, "login"),
            (self.consent, "consent"),
            (self.select_account, "select_account"),
            (self.create, "create"),
        ];
        let known = known
            .iter()
            .filter(|(is_in, _)| *is_in)
            .map(|(_, name)| *name);
        let mut separator = "";
        for value in known.chain(self.other.iter().map(String::as_str)) {
            write!(f, "{separator}{value}")?;
            separator = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone() {
        assert!(Prompt::parse("none").unwrap().none);
        assert!(Prompt::parse(" none none").unwrap().none);
        for bad in ["none login", "consent none", "none x"] {
            assert_eq!(Prompt::parse(bad), Err(InvalidPrompt), "{bad}");
        }
    }

    #[test]
    fn is_a_set_that_keeps_what_it_does_not_know() {
        let prompt = Prompt::parse("x login  consent login y").unwrap();
        assert!(prompt.login && prompt.consent && !prompt.select_account);
        assert_eq!(prompt.other, ["x", "y"]);
        assert_eq!(prompt.to_string(), "login consent x y");
        assert_eq!(Prompt::parse(&prompt.to_string()), Ok(prompt));
    }
}
