//! Forms of a site's pages.

use std::fmt;

use grantor_core::{Environment, Params, Secret};
use grantor_jose::base64url;
use grantor_jose::check::is_off;
use grantor_jose::seal::{Context, SealingKey};

use super::Submitted;
use crate::error::{Error, SiteMisuse};

/// A form of a site's page: where it goes, and its hidden inputs. They bind it to this browser, this
/// request, this login, and what is shown.
#[derive(Clone)]
pub struct Form {
    action: String,
    interaction: String,
    csrf: String,
}

impl Form {
    /// Where the form goes, by POST.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The names and values of its hidden inputs. They need no escaping in HTML.
    #[must_use]
    pub fn hidden(&self) -> Vec<(&'static str, &str)> {
        let all = [
            (INTERACTION, self.interaction.as_str()),
            (CSRF, self.csrf.as_str()),
        ];
        // A page outside of an interaction has none.
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The hidden inputs as HTML, for a template that puts it in unescaped.
    #[must_use]
    pub fn hidden_html(&self) -> String {
        let input =
            |(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        let inputs: Vec<String> = self.hidden().into_iter().map(input).collect();
        inputs.concat()
    }
}

impl fmt::Debug for Form {
    /// Leaves out the hidden inputs, whose worth is that others don't know them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

pub(crate) const INTERACTION: &str = "interaction";
pub(crate) const CSRF: &str = "csrf";

/// The most bytes of state in a form.
const MAX_STATE: usize = 1024;

/// The stage that a form belongs to. A form of the login is made for nobody in particular, one of the consent for
/// a user and for what they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Login,
    Consent,
    /// A page of the site's own.
    Page,
    /// The page where a user types in the code of a device.
    UserCode,
}

impl Stage {
    fn letter(self) -> &'static str {
        match self {
            Self::Login => "l",
            Self::Consent => "c",
            Self::Page => "p",
            Self::UserCode => "u",
        }
    }
}

/// Makes the CSRF tokens of forms, and opens them. A token holds the name and the state of its form,
/// sealed for all that the form is bound to.
pub(crate) struct FormKey<'a> {
    pub(crate) key: &'a SealingKey,
    pub(crate) environment: &'a Environment,
    pub(crate) stage: Stage,
    pub(crate) browser: &'a Secret,
    /// The sealed request.
    pub(crate) request: &'a str,
    /// The login, and what is shown; nothing at the login itself.
    pub(crate) binding: &'a str,
    pub(crate) action: &'a str,
}

impl FormKey<'_> {
    pub(super) fn make(&self, name: &str, state: &[u8]) -> Result<Form, Error> {
        if state.len() > MAX_STATE || name.len() > 64 {
            return Err(Error::Site(SiteMisuse::LargeFormState));
        }
        let version: [u8; 16] = self.environment.random_bytes();
        let name_length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        let plain = [&[name_length], name.as_bytes(), state].concat();
        let bound = self.bound();
        let sealed = self.key.seal(&context(&bound, &version), &plain);
        let sealed = sealed.map_err(|_| Error::Internal("a form can't be sealed".to_owned()))?;
        let token = base64url::encode([&version[..], &sealed].concat());
        Ok(Form {
            action: self.action.to_owned(),
            interaction: self.request.to_owned(),
            csrf: format!("{}.{token}", self.stage.letter()),
        })
    }

    /// The form whose token this is, if it was made for the same stage, browser, request and binding.
    pub(crate) fn open<'p>(&self, params: &'p Params<'p>) -> Option<Submitted<'p>> {
        let token = params.get(CSRF)?.strip_prefix(self.stage.letter())?;
        let bytes = base64url::decode(token.strip_prefix('.')?).ok()?;
        let (version, sealed) = bytes.split_first_chunk::<16>()?;
        let bound = self.bound();
        let plain = self.key.open(&context(&bound, version), sealed).ok()?;
        let (length, rest) = plain.split_first()?;
        let (name, state) = rest.split_at_checked(usize::from(*length))?;
        let name = String::from_utf8(name.to_vec()).ok()?;
        Some(Submitted::new(name, state.to_vec(), params))
    }

    fn bound(&self) -> Vec<u8> {
        let mut bound = Vec::new();
        let unless_off = |check, part| if is_off(check) { "" } else { part };
        for part in [
            self.stage.letter(),
            unless_off("form.browser", self.browser.expose()),
            unless_off("form.request", self.request),
            unless_off("form.shown", self.binding),
        ] {
            bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bound.extend_from_slice(part.as_bytes());
        }
        bound
    }
}

fn context<'a>(bound: &'a [u8], version: &'a [u8; 16]) -> Context<'a> {
    Context {
        kind: b"grantor/form/1",
        key: bound,
        version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(change: impl Fn(&mut FormKey<'_>), then: impl Fn(FormKey<'_>) -> T) -> T {
        let environment = grantor_http::system();
        let (key, browser) = (SealingKey::new(&[1; 32]), Secret::new("browser"));
        let mut form_key = FormKey {
            key: &key,
            environment: &environment,
            stage: Stage::Consent,
            browser: &browser,
            request: "request",
            binding: "alice",
            action: "/continue",
        };
        change(&mut form_key);
        then(form_key)
    }

    fn opens(csrf: &str, change: impl Fn(&mut FormKey<'_>)) -> Option<(String, Vec<u8>)> {
        let mut params = Params::new();
        params.push(CSRF, csrf.to_owned());
        with(change, |key| {
            let submitted = key.open(&params)?;
            Some((submitted.name().to_owned(), submitted.state().to_vec()))
        })
    }

    #[test]
    fn a_form_comes_back_with_its_name_and_state_and_only_to_where_it_was_shown() {
        let form = with(|_| {}, |key| key.make("totp", b"state").unwrap());
        let csrf = form.csrf.as_str();
        assert_eq!(
            opens(csrf, |_| {}),
            Some(("totp".to_owned(), b"state".to_vec()))
        );
        assert_eq!(opens(csrf, |key| key.stage = Stage::Login), None);
        assert_eq!(opens(csrf, |key| key.request = "other"), None);
        assert_eq!(opens(csrf, |key| key.binding = "bob"), None);
        for i in 0..csrf.len() {
            let mut changed = csrf.to_owned().into_bytes();
            changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(opens(&changed, |_| {}), None, "{i}");
        }
    }

    #[test]
    fn the_state_is_sealed_and_bounded() {
        let state = [b's'; MAX_STATE];
        let form = with(|_| {}, |key| key.make("n", &state).unwrap());
        assert!(!form.csrf.contains(&base64url::encode(&state[..30])));
        let error = with(|_| {}, |key| key.make("n", &[0; MAX_STATE + 1]).err());
        assert!(matches!(
            error,
            Some(Error::Site(SiteMisuse::LargeFormState))
        ));
    }

    #[test]
    fn nothing_of_it_is_printed() {
        let form = with(|_| {}, |key| key.make("n", b"").unwrap());
        assert!(!format!("{form:?}").contains(&form.csrf));
        assert!(form.hidden_html().contains(&form.csrf));
    }
}
