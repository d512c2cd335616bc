//! An authorization request that pages carry through the browser.

use grantor_core::{AuthorizationRequest, Params, Timestamp};
use grantor_jose::base64url;
use grantor_jose::check::holds;
use grantor_jose::digest::MacKey;

use crate::identifier::Identifier;
use crate::services::Services;

/// An authorization request on its way through pages, under a MAC: the very parameters that were
/// checked, when they came, and the identifier of the grant that they may lead to. Pages send it
/// back, so that nothing is kept on the server before the user decides, and one request leads to one
/// grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedRequest {
    pub(crate) origin: Origin,
    /// The parameters of the request; of one of a device, the user code that was typed in and the browser
    /// that sent it.
    pub(crate) form: String,
    pub(crate) started_at: Timestamp,
    pub(crate) grant: Identifier,
}

/// Where a request is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It came through the browser, or was pushed.
    Client,
    /// A device made it, and it is stored under the identifier of its grant.
    Device,
}

/// The first letter of a sealed request of a device; the others begin with a digit.
const DEVICE: &str = "d";

const PURPOSE: &[u8] = b"grantor/interaction/2";

impl SealedRequest {
    /// The longest request in bytes. It goes into forms and into the query of a redirect, and proxies
    /// refuse longer ones.
    pub(crate) const MAX_FORM: usize = 8 * 1024;

    pub(super) fn new(services: &Services, form: String, now: Timestamp) -> Self {
        Self {
            origin: Origin::Client,
            form,
            started_at: now,
            grant: Identifier::at(now, services.environment.random_bytes()),
        }
    }

    /// The request of a device, whose user has typed in its code in this browser.
    pub(super) fn of_device(
        device: Identifier,
        user_code: &str,
        browser: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            origin: Origin::Device,
            form: format!("{user_code} {browser}"),
            started_at: now,
            grant: device,
        }
    }

    /// The user code that was typed in, and the browser that sent it; none but for a request of a device.
    pub(super) fn typed(&self) -> Option<(&str, &str)> {
        match self.origin {
            Origin::Client => None,
            Origin::Device => self.form.split_once(' '),
        }
    }

    pub(super) fn seal(&self, key: &MacKey) -> String {
        let origin = match self.origin {
            Origin::Client => "",
            Origin::Device => DEVICE,
        };
        let head = format!("{origin}{}.{}", self.started_at.as_millis(), self.grant);
        let mac = key.sign(&[PURPOSE, head.as_bytes(), self.form.as_bytes()]);
        let form = base64url::encode(&self.form);
        format!("{head}.{form}.{}", base64url::encode(mac))
    }

    /// Opens a request that this server sealed not too long ago.
    pub(super) fn open(text: &str, services: &Services, now: Timestamp) -> Option<Self> {
        let opened = Self::verify(text, &services.page_keys.mac)?;
        let fresh = now < opened.started_at + services.config.interaction_lifetime;
        holds("interaction.age", fresh).then_some(opened)
    }

    fn verify(text: &str, key: &MacKey) -> Option<Self> {
        let (head, rest) = text
            .match_indices('.')
            .nth(1)
            .map(|(at, _)| text.split_at(at))?;
        let (form, mac) = rest.strip_prefix('.')?.split_once('.')?;
        let form = String::from_utf8(base64url::decode(form).ok()?).ok()?;
        let mac = base64url::decode(mac).ok()?;
        let is_genuine = key.verify(&[PURPOSE, head.as_bytes(), form.as_bytes()], &mac);
        if !holds("interaction.mac", is_genuine) {
            return None;
        }
        let (started_at, grant) = head.split_once('.')?;
        let (origin, started_at) = match started_at.strip_prefix(DEVICE) {
            Some(started_at) => (Origin::Device, started_at),
            None => (Origin::Client, started_at),
        };
        Some(Self {
            origin,
            form,
            started_at: Timestamp::from_millis(started_at.parse().ok()?),
            grant: Identifier::parse(grant)?,
        })
    }

    /// The request that is in it.
    pub(super) fn request(&self) -> Option<AuthorizationRequest> {
        let params = Params::parse(self.form.as_bytes()).ok()?;
        Some(AuthorizationRequest::from_params(&params))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_cannot_be_changed() {
        let key = MacKey::new(&[1; 32]);
        let now = Timestamp::from_secs(1_760_000_000);
        let request = SealedRequest {
            origin: Origin::Client,
            form: "client_id=a".into(),
            started_at: now,
            grant: Identifier::at(now, [7; 10]),
        };
        let device = SealedRequest {
            origin: Origin::Device,
            ..request.clone()
        };
        assert_eq!(
            SealedRequest::verify(&device.seal(&key), &key),
            Some(device)
        );
        let sealed = request.seal(&key);
        assert_eq!(SealedRequest::verify(&sealed, &key), Some(request));
        assert_eq!(SealedRequest::verify(&sealed, &MacKey::new(&[2; 32])), None);
        for i in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[i] = if changed[i] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(SealedRequest::verify(&changed, &key), None, "{i}");
        }
        for text in ["", ".", "..", "...", &format!("{sealed}.")] {
            assert_eq!(SealedRequest::verify(text, &key), None);
        }
    }
}
