use grantor_core::{Params, Secret, Timestamp};
use grantor_jose::base64url;
use grantor_jose::digest::MacKey;

use crate::Config;

/// An authorization request on its way through pages: the very parameters that were checked, and
/// when they came, under a MAC. It is what a page sends back, so that nothing is kept on the server
/// and nothing can change between the page and the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) form: String,
    pub(crate) started_at: Timestamp,
}

const PURPOSE: &[u8] = b"grantor/interaction/1";
const CSRF: &[u8] = b"grantor/csrf/1";

impl Ticket {
    /// The longest request in bytes: a ticket goes into forms and into the query of a redirect, and
    /// what is between the browser and the server bears no longer ones.
    pub(crate) const MAX_FORM: usize = 8 * 1024;

    pub(crate) fn seal(&self, key: &MacKey) -> String {
        let started = self.started_at.as_millis().to_string();
        let mac = key.sign(&[PURPOSE, started.as_bytes(), self.form.as_bytes()]);
        let form = base64url::encode(&self.form);
        format!("{started}.{form}.{}", base64url::encode(mac))
    }

    /// Opens a ticket of this server that is not too old.
    pub(crate) fn open(text: &str, key: &MacKey, config: &Config, now: Timestamp) -> Option<Self> {
        let mut parts = text.split('.');
        let (started, form, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let form = String::from_utf8(base64url::decode(form).ok()?).ok()?;
        let mac = base64url::decode(mac).ok()?;
        if !key.verify(&[PURPOSE, started.as_bytes(), form.as_bytes()], &mac) {
            return None;
        }
        let started_at = Timestamp::from_millis(started.parse().ok()?);
        let fresh = now < started_at + config.interaction_lifetime;
        fresh.then_some(Self { form, started_at })
    }
}

/// Proof that a form was sent from a page that this browser was shown for this very request, with
/// this login.
pub(crate) fn csrf(key: &MacKey, browser: &Secret, ticket: &str, session: Option<&str>) -> String {
    let session = session.unwrap_or_default();
    let parts = [
        CSRF,
        browser.expose().as_bytes(),
        ticket.as_bytes(),
        session.as_bytes(),
    ];
    base64url::encode(key.sign(&parts))
}

/// The parameters of a ticket.
pub(crate) fn params(ticket: &Ticket) -> Option<Params<'_>> {
    Params::parse(ticket.form.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use grantor_core::Issuer;
    use std::time::Duration;

    #[test]
    fn a_ticket_cannot_be_changed_and_ends() {
        let config = Config::new(Issuer::parse("https://a.example").unwrap());
        let key = MacKey::new(&[1; 32]);
        let now = Timestamp::from_secs(1_760_000_000);
        let ticket = Ticket {
            form: "client_id=a".into(),
            started_at: now,
        };
        let sealed = ticket.seal(&key);
        assert_eq!(Ticket::open(&sealed, &key, &config, now), Some(ticket));
        let late = now + Duration::from_secs(3600);
        assert_eq!(Ticket::open(&sealed, &key, &config, late), None);
        let other = MacKey::new(&[2; 32]);
        assert_eq!(Ticket::open(&sealed, &other, &config, now), None);
        for i in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[i] = if changed[i] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(Ticket::open(&changed, &key, &config, now), None, "{i}");
        }
    }
}
