//! Logins and their refresh tokens: rotation, grace, reuse.

use std::collections::HashMap;
use std::time::Duration;

use grantor_core::Scope;

/// The rotation of a refresh token that is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// It is spent, and there is a new one. If it comes back, its login ends (RFC 9700 section
    /// 4.14.2).
    #[default]
    Strict,
    /// It is spent, and there is a new one. It may come back until that is used, and gives the same
    /// successor.
    Grace,
    /// It stays good, and no other comes with an answer.
    Fixed,
}

/// Logins with refresh tokens, and what happens when a spent one comes back.
#[derive(Debug, Default)]
pub(super) struct Logins {
    logins: Vec<Login>,
    by_token: HashMap<String, usize>,
    pub(super) rotation: Rotation,
    pub(super) lifetime: Option<Duration>,
    pub(super) reuses: usize,
}

#[derive(Debug, Default)]
struct Login {
    tokens: Vec<String>,
    expires_at: Option<Duration>,
    scope: Option<Scope>,
    subject: Option<String>,
    /// The client that it belongs to; none: the first client that uses it.
    client_id: Option<String>,
    ended: bool,
}

impl Login {
    fn is_over(&self, now: Option<Duration>) -> bool {
        let end = self.expires_at.zip(now);
        self.ended || end.is_some_and(|(end, now)| now >= end)
    }
}

/// The result of using a refresh token.
pub(super) struct Refreshed {
    pub(super) login: usize,
    /// The refresh token to answer with.
    pub(super) next: Option<String>,
    pub(super) scope: Option<Scope>,
    pub(super) subject: Option<String>,
}

impl Logins {
    /// A new login, and its first refresh token.
    pub(super) fn begin(
        &mut self,
        scope: Option<Scope>,
        subject: Option<String>,
        client_id: Option<String>,
        now: Option<Duration>,
    ) -> (usize, String) {
        let login = self.logins.len();
        self.logins.push(Login {
            scope,
            subject,
            client_id,
            ..Login::default()
        });
        (login, self.add(login, now))
    }

    /// Uses a refresh token; none if it is not, or no longer, good, or is another client's.
    pub(super) fn refresh(
        &mut self,
        presented: &str,
        client_id: Option<&str>,
        now: Option<Duration>,
    ) -> Option<Refreshed> {
        let login = *self.by_token.get(presented)?;
        let known = &mut self.logins[login];
        if known.is_over(now) {
            return None;
        }
        let owner = known.client_id.as_deref();
        if owner.is_some() && owner != client_id {
            return None;
        }
        known.client_id = client_id.map(str::to_owned);
        let known = &self.logins[login];
        let generation = known.tokens.iter().position(|token| token == presented)?;
        let current = generation + 1 == known.tokens.len();
        let grace = self.rotation == Rotation::Grace && generation + 2 == known.tokens.len();
        let next = if self.rotation == Rotation::Fixed && current {
            None
        } else if current {
            Some(self.add(login, now))
        } else if grace {
            known.tokens.last().cloned()
        } else {
            self.reuses += 1;
            self.logins[login].ended = true;
            return None;
        };
        let Login { scope, subject, .. } = &self.logins[login];
        Some(Refreshed {
            login,
            next,
            scope: scope.clone(),
            subject: subject.clone(),
        })
    }

    /// Ends the login of a refresh token, and says which it was.
    pub(super) fn end(&mut self, token: &str) -> Option<usize> {
        let login = *self.by_token.get(token)?;
        self.logins[login].ended = true;
        Some(login)
    }

    pub(super) fn is_current(&self, token: &str, now: Option<Duration>) -> bool {
        let login = self.by_token.get(token).map(|at| &self.logins[*at]);
        login.is_some_and(|login| {
            !login.is_over(now) && login.tokens.last().is_some_and(|last| last == token)
        })
    }

    fn add(&mut self, login: usize, now: Option<Duration>) -> String {
        let known = &mut self.logins[login];
        let token = format!("refresh-{login}-{}", known.tokens.len());
        known.tokens.push(token.clone());
        let end = now.zip(self.lifetime);
        known.expires_at = end.map(|(now, lifetime)| now.saturating_add(lifetime));
        self.by_token.insert(token.clone(), login);
        token
    }
}
