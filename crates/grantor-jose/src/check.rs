//! The names of security checks. A build of the tests alone can turn one of them off.
//!
//! `cargo xtask mutate` compiles the workspace with `--cfg grantor_mutate`, names one check in the
//! environment, and expects the test of that check to fail: so the test is known to look at it. In
//! every other build a check can't be turned off, and its name costs nothing. It is no feature of
//! cargo, since a feature that one crate asks for is on for all.

/// The variable that names the check to turn off, in a build with `--cfg grantor_mutate`.
#[cfg(grantor_mutate)]
const VARIABLE: &str = "GRANTOR_MUTATE";

/// Returns whether the check of this name has passed, or is turned off.
#[must_use]
#[inline]
pub fn holds(name: &str, has_passed: bool) -> bool {
    has_passed || is_off(name)
}

/// Returns whether the check of this name is turned off: never, but in a build for `cargo xtask mutate`.
#[cfg(not(grantor_mutate))]
#[must_use]
#[inline]
pub const fn is_off(_name: &str) -> bool {
    false
}

/// Returns whether the check of this name is turned off.
#[cfg(grantor_mutate)]
#[must_use]
pub fn is_off(name: &str) -> bool {
    std::env::var_os(VARIABLE).is_some_and(|off| off == name)
}

#[cfg(all(test, not(grantor_mutate)))]
mod tests {
    use super::*;

    #[test]
    fn no_check_is_ever_off() {
        assert!(!is_off("code.client"));
        assert!(!holds("code.client", false));
        assert!(holds("code.client", true));
    }
}
