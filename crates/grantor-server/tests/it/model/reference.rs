//! The model: what was issued to whom, and whether it is valid.
//!
//! It knows the rules and none of the server's records: no generations, no MACs, no versions.

use std::collections::{BTreeMap, BTreeSet};

/// Seconds that access tokens, refresh tokens, codes and the grace period last.
pub(super) const ACCESS: i64 = 300;
pub(super) const REFRESH: i64 = 3600;
pub(super) const CODE: i64 = 60;
pub(super) const GRACE: i64 = 60;

/// A client, a user or a session, by its name.
pub(super) type Name = String;

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) now: i64,
    pub(super) grants: Vec<Grant>,
    pub(super) tokens: Vec<AccessToken>,
    /// How often each client was removed.
    removals: BTreeMap<Name, u32>,
    ended_sessions: BTreeSet<Name>,
}

#[derive(Debug)]
pub(super) struct Grant {
    pub(super) client: Name,
    pub(super) public: bool,
    pub(super) user: Name,
    session: Name,
    removals: u32,
    pub(super) code: String,
    pub(super) verifier: String,
    code_ends: i64,
    state: State,
    /// Every refresh token, the current one last.
    pub(super) refresh: Vec<RefreshToken>,
    last_used: i64,
    /// When the current refresh token took the place of another.
    rotated_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    Live,
    Ended,
}

#[derive(Debug)]
pub(super) struct RefreshToken {
    pub(super) text: String,
    issued_at: i64,
}

#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) text: String,
    pub(super) client: Name,
    ends: i64,
    of: Origin,
    revoked: bool,
}

/// What a token is valid under.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin {
    Grant(usize),
    Client {
        removals: u32,
    },
    /// The token that it was exchanged for, and what became of the client.
    Token {
        parent: usize,
        removals: u32,
    },
}

/// What the server must do with a code or a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    Refused,
    /// With the refresh token that is current.
    Same,
    /// With a new refresh token.
    New,
}

impl Model {
    /// Nothing was issued yet.
    pub(super) fn at(now: i64) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    pub(super) fn removals(&self, client: &str) -> u32 {
        self.removals.get(client).copied().unwrap_or_default()
    }

    pub(super) fn allow(
        &mut self,
        client: &str,
        public: bool,
        user: &str,
        session: &str,
        code: (String, String),
    ) {
        self.grants.push(Grant {
            client: client.to_owned(),
            public,
            user: user.to_owned(),
            session: session.to_owned(),
            removals: self.removals(client),
            code: code.0,
            verifier: code.1,
            code_ends: self.now + CODE,
            state: State::Code,
            refresh: Vec::new(),
            last_used: 0,
            rotated_at: None,
        });
    }

    /// The last grant whose code was not used.
    pub(super) fn new_code(&self) -> Option<usize> {
        self.grants.iter().rposition(|one| one.state == State::Code)
    }

    /// Whether everything that a grant was made under is still there.
    fn is_current(&self, grant: &Grant) -> bool {
        grant.removals == self.removals(&grant.client)
            && !self.ended_sessions.contains(&grant.session)
    }

    pub(super) fn redeem(&mut self, id: usize, client: &str, verifier: &str) -> Expected {
        let grant = &self.grants[id];
        let is_right = grant.client == client && grant.verifier == verifier;
        let is_current = self.is_current(grant);
        let now = self.now;
        let grant = &mut self.grants[id];
        match grant.state {
            _ if !is_right => Expected::Refused,
            State::Ended => Expected::Refused,
            State::Live => {
                grant.state = State::Ended;
                Expected::Refused
            }
            State::Code if now < grant.code_ends && is_current => {
                grant.state = State::Live;
                grant.last_used = now;
                Expected::New
            }
            State::Code => Expected::Refused,
        }
    }

    /// `which` counts the refresh tokens of the grant.
    pub(super) fn refresh(&mut self, id: usize, which: usize, client: &str) -> Expected {
        let grant = &self.grants[id];
        if grant.client != client || grant.state != State::Live || !self.is_current(grant) {
            return Expected::Refused;
        }
        let now = self.now;
        let grant = &mut self.grants[id];
        let is_young = now < grant.last_used + REFRESH;
        let current = grant.refresh.len() - 1;
        if which == current {
            return match (is_young, grant.public) {
                (false, _) => Expected::Refused,
                (true, true) => {
                    grant.last_used = now;
                    grant.rotated_at = Some(now);
                    Expected::New
                }
                (true, false) => {
                    // Written at most once every tenth of its life.
                    if grant.last_used + REFRESH / 10 <= now {
                        grant.last_used = now;
                    }
                    Expected::Same
                }
            };
        }
        let in_grace = grant.rotated_at.is_some_and(|at| now < at + GRACE);
        if which + 1 == current && in_grace && is_young {
            return Expected::Same;
        }
        if now < grant.refresh[which].issued_at + REFRESH {
            grant.state = State::Ended;
        }
        Expected::Refused
    }

    /// Keeps what a grant was answered.
    pub(super) fn granted(&mut self, id: usize, access: String, refresh: &str) {
        let now = self.now;
        let grant = &mut self.grants[id];
        if grant.refresh.last().is_none_or(|last| last.text != refresh) {
            grant.refresh.push(RefreshToken {
                text: refresh.to_owned(),
                issued_at: now,
            });
        }
        let client = grant.client.clone();
        self.issued(access, &client, ACCESS, Origin::Grant(id));
    }

    pub(super) fn issued(&mut self, text: String, client: &str, lifetime: i64, of: Origin) {
        self.tokens.push(AccessToken {
            text,
            client: client.to_owned(),
            ends: self.now + lifetime,
            of,
            revoked: false,
        });
    }

    /// How many seconds a token has left.
    pub(super) fn left(&self, id: usize) -> i64 {
        self.tokens[id].ends - self.now
    }

    /// How many tokens a token was exchanged for, one after the other.
    pub(super) fn depth(&self, id: usize) -> usize {
        match self.tokens[id].of {
            Origin::Token { parent, .. } => 1 + self.depth(parent),
            _ => 0,
        }
    }

    pub(super) fn is_valid(&self, id: usize) -> bool {
        let token = &self.tokens[id];
        let holds = match token.of {
            Origin::Grant(grant) => {
                let grant = &self.grants[grant];
                grant.state == State::Live && self.is_current(grant)
            }
            Origin::Client { removals } => removals == self.removals(&token.client),
            Origin::Token { parent, removals } => {
                removals == self.removals(&token.client) && self.is_valid(parent)
            }
        };
        holds && !token.revoked && self.now < token.ends
    }

    pub(super) fn is_refresh_token_valid(&self, id: usize, which: usize) -> bool {
        let grant = &self.grants[id];
        grant.state == State::Live
            && which + 1 == grant.refresh.len()
            && self.now < grant.last_used + REFRESH
            && self.is_current(grant)
    }

    pub(super) fn revoke_access_token(&mut self, id: usize, client: &str) {
        let token = &mut self.tokens[id];
        token.revoked |= token.client == client;
    }

    /// A public client's token that was replaced long ago ends nothing.
    pub(super) fn revoke_refresh_token(&mut self, id: usize, which: usize, client: &str) {
        let grant = &mut self.grants[id];
        let is_recent = which + 2 >= grant.refresh.len();
        if grant.client == client && (!grant.public || is_recent) {
            grant.state = State::Ended;
        }
    }

    pub(super) fn remove_client(&mut self, client: &str) {
        *self.removals.entry(client.to_owned()).or_default() += 1;
    }

    pub(super) fn end_session(&mut self, session: &str) {
        self.ended_sessions.insert(session.to_owned());
    }

    /// Ends what a user allowed a client, or all clients.
    pub(super) fn end_consent(&mut self, user: &str, client: Option<&str>) {
        let of_user = self.grants.iter_mut().filter(|grant| grant.user == user);
        for grant in of_user {
            if client.is_none_or(|client| grant.client == client) {
                grant.state = State::Ended;
            }
        }
    }
}
