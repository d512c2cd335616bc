use crate::authorization::context::AuthorizationContext;
use crate::error::Error;

/// `prompt` is made of known values, and `none` is the only one if it is there (OpenID Connect Core
/// section 3.1.2.1).
pub(in crate::authorization) fn run(context: &mut AuthorizationContext<'_>) -> Result<(), Error> {
    if let Some(prompt) = context.request.extra("prompt") {
        let values: Vec<&str> = prompt.split(' ').filter(|v| !v.is_empty()).collect();
        let known = ["none", "login", "consent", "select_account"];
        if !values.iter().all(|value| known.contains(value)) {
            return Err(Error::invalid_request("\"prompt\" has an unknown value"));
        }
        if values.contains(&"none") && values.len() > 1 {
            return Err(Error::invalid_request(
                "\"prompt\" has \"none\" beside another value",
            ));
        }
    }
    if let Some(age) = context.request.extra("max_age")
        && age.parse::<u32>().is_err()
    {
        return Err(Error::invalid_request(
            "\"max_age\" is not a number of seconds",
        ));
    }
    Ok(())
}
