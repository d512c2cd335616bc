use std::collections::HashMap;

/// Logins with refresh tokens that rotate, and what happens when a spent one comes back.
#[derive(Debug, Default)]
pub(super) struct Families {
    families: Vec<Family>,
    by_token: HashMap<String, usize>,
    pub(super) allow_repeats: bool,
    pub(super) reuses: usize,
}

#[derive(Debug)]
struct Family {
    tokens: Vec<String>,
    ended: bool,
}

impl Families {
    /// The first refresh token of a new login.
    pub(super) fn begin(&mut self) -> String {
        let family = self.families.len();
        self.families.push(Family {
            tokens: Vec::new(),
            ended: false,
        });
        self.add(family)
    }

    /// The successor of a refresh token; none if it is not, or no longer, good.
    pub(super) fn rotate(&mut self, presented: &str) -> Option<String> {
        let family = *self.by_token.get(presented)?;
        let Family { tokens, ended } = &self.families[family];
        if *ended {
            return None;
        }
        let generation = tokens.iter().position(|token| token == presented)?;
        if generation + 1 == tokens.len() {
            return Some(self.add(family));
        }
        if self.allow_repeats && generation + 2 == tokens.len() {
            return tokens.last().cloned();
        }
        self.reuses += 1;
        self.families[family].ended = true;
        None
    }

    /// Ends the login of a refresh token.
    pub(super) fn end(&mut self, token: &str) {
        if let Some(family) = self.by_token.get(token) {
            self.families[*family].ended = true;
        }
    }

    pub(super) fn is_current(&self, token: &str) -> bool {
        let family = self.by_token.get(token).map(|at| &self.families[*at]);
        family.is_some_and(|f| !f.ended && f.tokens.last().is_some_and(|last| last == token))
    }

    fn add(&mut self, family: usize) -> String {
        let tokens = &mut self.families[family].tokens;
        let token = format!("refresh-{family}-{}", tokens.len());
        tokens.push(token.clone());
        self.by_token.insert(token.clone(), family);
        token
    }
}
