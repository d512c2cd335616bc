//! The issuer that a token must have: one, or one of a family of tenants.

use std::fmt;

use grantor_jose::jwt::claimed_issuer;
use grantor_jose::{Error, jwt::Claims};

use crate::issuer::Issuer;

/// The issuer that an ID token must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerRule(Rule);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Exactly(String),
    /// The text before and after the tenant's identifier.
    Tenant(String, String),
}

/// The text is no URL with `{tenantid}` as one whole segment of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidIssuerTemplate;

impl fmt::Display for InvalidIssuerTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a template of issuers is an https URL with {PLACE} as one segment of its path"
        )
    }
}

impl std::error::Error for InvalidIssuerTemplate {}

/// The place of the tenant in a template, as the metadata of Microsoft's `common` writes it.
const PLACE: &str = "{tenantid}";

impl IssuerRule {
    /// This issuer, byte for byte (OpenID Connect Core section 3.1.3.7 step 2).
    #[must_use]
    pub fn exactly(issuer: &Issuer) -> Self {
        Self(Rule::Exactly(issuer.as_str().to_owned()))
    }

    /// The issuers of all tenants, as `https://login.microsoftonline.com/{tenantid}/v2.0`: in a token the
    /// place has the tenant's identifier, which is the claim `tid` too. Whoever has a tenant there can
    /// sign in, so the application has to look at `tid`.
    ///
    /// # Errors
    /// The text is no such template.
    pub fn danger_any_tenant(template: &str) -> Result<Self, InvalidIssuerTemplate> {
        let (before, after) = template.split_once(PLACE).ok_or(InvalidIssuerTemplate)?;
        // An issuer whatever the tenant is, with nothing of the host or of another segment in the place.
        let sample = format!("{before}{SAMPLE}{after}");
        let path_begins = before.find("://").and_then(|at| before[at + 3..].find('/'));
        let whole = before.ends_with('/') && (after.is_empty() || after.starts_with('/'));
        let once = !sample.contains(['{', '}']);
        match path_begins.is_some() && whole && once && Issuer::parse(&sample).is_ok() {
            true => Ok(Self(Rule::Tenant(before.to_owned(), after.to_owned()))),
            false => Err(InvalidIssuerTemplate),
        }
    }

    /// The issuer that this token must have, to be compared with its claim once it is verified.
    pub(super) fn of(&self, token: &str) -> Result<String, Error> {
        let (before, after) = match &self.0 {
            Rule::Exactly(issuer) => return Ok(issuer.clone()),
            Rule::Tenant(before, after) => (before, after),
        };
        let claimed = claimed_issuer(token)?;
        match tenant(&claimed, before, after) {
            Some(_) => Ok(claimed),
            None => Err(Error::WrongIssuer),
        }
    }

    /// Compares the tenant of the issuer with the claim `tid`.
    pub(super) fn check(&self, claims: &Claims) -> Result<(), Error> {
        let Rule::Tenant(before, after) = &self.0 else {
            return Ok(());
        };
        let issuer = claims.issuer.as_deref().unwrap_or_default();
        match claims.text("tid")? {
            Some(tid) if tenant(issuer, before, after) == Some(tid) => Ok(()),
            Some(_) => Err(Error::InvalidClaim("tid")),
            None => Err(Error::MissingClaim("tid")),
        }
    }
}

/// The identifier of the tenant, a UUID.
fn tenant<'a>(issuer: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let tenant = issuer.strip_prefix(before)?.strip_suffix(after)?;
    let shape = SAMPLE.bytes().map(|byte| byte == b'-');
    let fits = tenant.len() == SAMPLE.len()
        && tenant.bytes().zip(shape).all(|(byte, dash)| match dash {
            true => byte == b'-',
            false => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        });
    fits.then_some(tenant)
}

const SAMPLE: &str = "00000000-0000-0000-0000-000000000000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_the_tenant_as_a_segment_of_its_path() {
        for good in [
            "https://login.example/{tenantid}/v2.0",
            "https://login.example/{tenantid}",
        ] {
            assert!(IssuerRule::danger_any_tenant(good).is_ok(), "{good}");
        }
        for bad in [
            "https://login.example/v2.0",
            "https://{tenantid}.example/v2.0",
            "https://{tenantid}/v2.0",
            "https://login.example/x{tenantid}/v2.0",
            "https://login.example/{tenantid}x",
            "https://login.example/{tenantid}/{tenantid}",
            "http://login.example/{tenantid}/v2.0",
            "{tenantid}",
        ] {
            assert!(IssuerRule::danger_any_tenant(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tenant_is_a_uuid_in_lower_case() {
        let tenant = |issuer| tenant(issuer, "https://a.example/", "/v2.0");
        let good = "0f3c9a1e-0000-4000-8000-00000000000a";
        let issuer = format!("https://a.example/{good}/v2.0");
        assert_eq!(tenant(&issuer), Some(good));
        for bad in [
            "https://a.example//v2.0",
            "https://a.example/common/v2.0",
            "https://a.example/0f3c9a1e-0000-4000-8000-00000000000A/v2.0",
            "https://a.example/0f3c9a1e-0000-4000-8000-0000000000/a/v2.0",
            "https://b.example/0f3c9a1e-0000-4000-8000-00000000000a/v2.0",
            "https://a.example/v2.0",
        ] {
            assert_eq!(tenant(bad), None, "{bad}");
        }
    }
}
