//! The steps, in order: one file for each promise or family of promises.

mod code;
mod cold;
mod discover;
mod introspect;
mod refresh;
mod reject;
mod renew;
mod revoke;

use std::pin::Pin;

use serde_json::Value;

use super::player::{Player, demand, expect, known};

/// The observation of a step, or the promise that did not hold, in a sentence.
pub(super) type Shown = Result<Seen, String>;

/// A step that held.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// For people.
    pub(super) line: String,
    /// For programs.
    pub(super) detail: Value,
}

type Step = for<'p> fn(&'p mut Player) -> Pin<Box<dyn Future<Output = Shown> + 'p>>;

/// Ids and steps. A later one uses what an earlier one left in the player.
pub(super) const STEPS: [(&str, Step); 10] = [
    ("discover", |player| Box::pin(discover::discover(player))),
    ("cold_100", |player| Box::pin(cold::cold_100(player))),
    ("renew_background", |player| {
        Box::pin(renew::renew_background(player))
    }),
    ("reject_401", |player| Box::pin(reject::reject_401(player))),
    ("code_pkce", |player| Box::pin(code::code_pkce(player))),
    ("refresh_rotate", |player| Box::pin(refresh::rotate(player))),
    ("refresh_grace", |player| Box::pin(refresh::grace(player))),
    ("refresh_reuse", |player| Box::pin(refresh::reuse(player))),
    ("introspect", |player| {
        Box::pin(introspect::introspect(player))
    }),
    ("revoke", |player| Box::pin(revoke::revoke(player))),
];

impl Seen {
    fn new(line: impl Into<String>, detail: Value) -> Self {
        Self {
            line: line.into(),
            detail,
        }
    }
}
