//! The base URL of a session.

use url::Url;

use crate::error::Error;

/// The base of a session: a path on it leads below it, whether it ends with a slash or not.
pub(super) fn base_url(base: &str) -> Result<Url, Error> {
    // A text that is no URL may hold a password, so it is not repeated.
    let mut url = Url::parse(base)
        .map_err(|error| format!("the base URL is not a URL ({error}): begin it with https://"))
        .map_err(Error::configuration)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration(
            "the base URL holds a name or a password, which would replace the token",
        ));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}
