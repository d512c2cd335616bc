//! Which refresh tokens a login has spent: a program may have kept one, and hand it in again.

use grantor_core::Secret;
use grantor_jose::base64url;
use grantor_jose::digest::sha256;

/// So many: of a token that lives an hour, for more than two days.
const MAX_REMEMBERED: usize = 64;
/// The first 66 bits of a fingerprint, in base64url: nobody draws the same by chance.
const LENGTH: usize = 11;

/// Adds a token to those that were spent. The oldest goes.
pub(super) fn add(spent: &[String], token: &Secret) -> Vec<String> {
    let over = (spent.len() + 1).saturating_sub(MAX_REMEMBERED);
    let mut spent: Vec<_> = spent.iter().skip(over).cloned().collect();
    spent.push(name(token));
    spent
}

/// Returns whether a token is among them.
pub(super) fn has(spent: &[String], token: &Secret) -> bool {
    spent.contains(&name(token))
}

/// A fingerprint of a refresh token.
pub(super) fn fingerprint(secret: &Secret) -> String {
    base64url::encode(sha256(secret.expose().as_bytes()))
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
        let spent = (0..100).fold(Vec::new(), |spent, n| add(&spent, &token(n)));
        let known: Vec<_> = (0..101).filter(|n| has(&spent, &token(*n))).collect();
        assert_eq!(known, (36..100).collect::<Vec<_>>());
    }
}
