//! What the servers have answered, and so what must be true from then on.

/// A grant, as its client knows it.
#[derive(Debug)]
pub(super) struct Grant {
    /// The code that it was given by.
    pub(super) code: String,
    /// The newest refresh token.
    pub(super) refresh_token: String,
    /// Every access token.
    pub(super) access_tokens: Vec<String>,
    /// Whether it was revoked, or its code replayed.
    pub(super) ended: bool,
}

/// The grants of one client program.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) grants: Vec<Grant>,
    /// Access tokens of the service itself.
    pub(super) service_tokens: Vec<String>,
}

impl Model {
    /// One of the grants that have not ended; none if there is none.
    pub(super) fn living(&mut self, draw: usize) -> Option<&mut Grant> {
        let mut living: Vec<_> = self.grants.iter_mut().filter(|g| !g.ended).collect();
        match living.len() {
            0 => None,
            number => Some(living.swap_remove(draw % number)),
        }
    }

    /// An access token, and whether it must be active.
    pub(super) fn access_token(&self, draw: usize) -> Option<(&str, bool)> {
        let grant = self.grants.get(draw % self.grants.len().max(1))?;
        let tokens = &grant.access_tokens;
        let token = tokens.get(draw / 7 % tokens.len().max(1))?;
        Some((token, !grant.ended))
    }

    pub(super) fn number_of_living(&self) -> usize {
        self.grants.iter().filter(|grant| !grant.ended).count()
    }
}
