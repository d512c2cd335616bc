//! Assertions that can't work.

use std::time::Duration;

use grantor_jose::jws::Header;

use super::{Assertion, AssertionSubject};

/// Claims that are set otherwise, and how.
const OWN_CLAIMS: [(&str, &str); 5] = [
    ("iss", "issuer"),
    ("sub", "subject"),
    ("aud", "audience"),
    ("exp", "lifetime"),
    ("iat", "backdate"),
];

impl Assertion {
    /// Names what can't work with any server.
    fn check(&self, problems: &mut Vec<String>) {
        for (claim, function) in OWN_CLAIMS {
            if self.claims.contains_key(claim) {
                problems.push(format!(
                    "\"{claim}\" of an assertion is no further claim: use \"{function}\""
                ));
            }
        }
        if self.claims.contains_key("nbf") && !self.backdated.is_zero() {
            problems.push(
                "an assertion has \"nbf\" twice: by \"claim\" and by \"backdate\"".to_owned(),
            );
        }
        for member in Header::OWN_MEMBERS {
            if self.header.contains_key(member) {
                problems.push(format!(
                    "\"{member}\" in the header of an assertion is no further member"
                ));
            }
        }
        if self.lifetime < Duration::from_secs(1) {
            problems.push("the lifetime of an assertion is less than a second".to_owned());
        }
    }

    /// Names what can't work in a grant.
    pub(crate) fn check_grant(&self, problems: &mut Vec<String>) {
        self.check(problems);
        // RFC 7523 section 3, items 1 and 2.
        if self.issuer.as_deref().unwrap_or_default().is_empty() {
            problems.push("the assertion needs an \"issuer\"".to_owned());
        }
    }

    /// Names what can't work where a client says who it is.
    pub(crate) fn check_client(&self, client_id: &str, problems: &mut Vec<String>) {
        self.check(problems);
        // RFC 7523 section 3, items 1 and 2: both are the client.
        let other = |text: &str| text != client_id;
        let subject = match &self.subject {
            AssertionSubject::Named(subject) => Some(subject.as_str()),
            AssertionSubject::Issuer | AssertionSubject::Nobody => None,
        };
        if self.issuer.as_deref().is_some_and(other) || subject.is_some_and(other) {
            problems.push(
                "issuer and subject of a client's assertion are its \"client_id\": name neither"
                    .to_owned(),
            );
        }
    }
}
