use grantor_core::{BoxFuture, ErrorCode};

use crate::Error;
use crate::authorization::table::Checked;

/// `prompt` is made of known values, and `none` stands alone (OpenID Connect Core section 3.1.2.1).
pub(in crate::authorization) fn run<'a>(
    checked: &'a mut Checked<'_>,
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(std::future::ready(check(checked)))
}

fn check(checked: &Checked<'_>) -> Result<(), Error> {
    let refuse = |description: &str| Error::refused(ErrorCode::InvalidRequest, description);
    if let Some(prompt) = checked.request.extra("prompt") {
        let values: Vec<&str> = prompt.split(' ').filter(|v| !v.is_empty()).collect();
        let known = ["none", "login", "consent", "select_account"];
        if !values.iter().all(|value| known.contains(value)) {
            return Err(refuse("\"prompt\" has an unknown value"));
        }
        if values.contains(&"none") && values.len() > 1 {
            return Err(refuse("\"prompt\" has \"none\" beside another value"));
        }
    }
    if let Some(age) = checked.request.extra("max_age")
        && age.parse::<u32>().is_err()
    {
        return Err(refuse("\"max_age\" is not a number of seconds"));
    }
    Ok(())
}
