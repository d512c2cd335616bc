//! Which refresh tokens a login has spent: a program may have kept one, and hand it in again.

use grantor_core::Secret;

use super::state::fingerprint;

/// So many: of a token that lives an hour, for more than two days.
const KEPT: usize = 64;
/// The first 66 bits of a fingerprint, in base64url: nobody draws the same by chance.
const LENGTH: usize = 11;

/// Adds a token to those that were spent, which stand one behind the other. The oldest goes.
pub(super) fn add(spent: &str, token: &Secret) -> String {
    let mut spent = spent.to_owned();
    spent.push_str(&name(token));
    let over = spent.len().saturating_sub(KEPT * LENGTH);
    spent.split_off(over)
}

/// Whether a token is among them.
pub(super) fn has(spent: &str, token: &Secret) -> bool {
    let name = name(token);
    let mut all = spent.as_bytes().chunks(LENGTH);
    all.any(|one| one == name.as_bytes())
}

fn name(token: &Secret) -> String {
    let mut name = fingerprint(token);
    name.truncate(LENGTH);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_known() {
        let token = |n: usize| Secret::new(format!("token {n}"));
        let spent = (0..100).fold(String::new(), |spent, n| add(&spent, &token(n)));
        let known: Vec<_> = (0..101).filter(|n| has(&spent, &token(*n))).collect();
        assert_eq!(known, (36..100).collect::<Vec<_>>());
    }
}
