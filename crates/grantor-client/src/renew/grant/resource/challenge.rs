//! The challenge of a resource in a 401 or a 403 (RFC 9728 section 5.1, RFC 6750 section 3,
//! RFC 9470 section 3).

use grantor_core::{AuthenticateChallenge, Scope};
use http::HeaderMap;
use url::Url;

/// The challenge of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResourceChallenge {
    /// Where its metadata is.
    pub(super) resource_metadata: Option<Url>,
    /// The scope that the request needs.
    pub(super) scope: Option<Scope>,
    pub(super) demand: Demand,
}

/// The demand of a challenge: what a token lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Demand {
    /// Nothing that is named: another token may do.
    #[default]
    Token,
    /// A wider scope (RFC 6750 section 3.1).
    Scope,
    /// A user who signed in in another way or later (RFC 9470).
    Authentication {
        acr_values: Option<String>,
        max_age: Option<String>,
    },
}

impl ResourceChallenge {
    /// Reads the challenges of an answer, of the schemes for access tokens alone.
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let challenges = AuthenticateChallenge::from_headers(headers);
        let of_tokens = || {
            let all = challenges.iter();
            all.filter(|challenge| challenge.is("Bearer") || challenge.is("DPoP"))
        };
        let get = |name: &str| of_tokens().find_map(|challenge| challenge.get(name));
        let text = |name| get(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            resource_metadata: get("resource_metadata").and_then(|text| Url::parse(text).ok()),
            scope: get("scope")
                .and_then(|text| Scope::parse(text).ok())
                .filter(|scope| !scope.is_empty()),
            demand: match get("error") {
                Some("insufficient_scope") => Demand::Scope,
                Some("insufficient_user_authentication") => Demand::Authentication {
                    acr_values: text("acr_values"),
                    max_age: text("max_age")
                        .filter(|age| age.bytes().all(|byte| byte.is_ascii_digit())),
                },
                _ => Demand::Token,
            },
        }
    }

    /// Returns whether it takes a user who signs in anew.
    pub(crate) fn asks_for_sign_in(&self) -> bool {
        matches!(self.demand, Demand::Authentication { .. })
    }

    /// The parameters of the authorization request that meet it, beside the scope.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        let Demand::Authentication {
            acr_values,
            max_age,
        } = &self.demand
        else {
            return Vec::new();
        };
        let named = [("acr_values", acr_values), ("max_age", max_age)];
        let named = named.into_iter();
        named
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::WWW_AUTHENTICATE;

    use super::*;

    fn read(values: &[&'static str]) -> ResourceChallenge {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        let headers = values.map(|value| (WWW_AUTHENTICATE, value)).collect();
        ResourceChallenge::from_headers(&headers)
    }

    #[test]
    fn reads_the_parameters_that_lead_on() {
        let challenge = read(&[
            "Basic realm=\"x\", scope=\"of another\"",
            "Bearer resource_metadata=\"https://a.example/m\", scope=\"a b\", \
             error=\"insufficient_scope\"",
        ]);
        let url = challenge.resource_metadata.as_ref().map(Url::as_str);
        assert_eq!(url, Some("https://a.example/m"));
        assert_eq!(challenge.scope.as_ref().unwrap().as_str(), "a b");
        assert_eq!(challenge.demand, Demand::Scope);
        assert_eq!(challenge.parameters(), []);
    }

    #[test]
    fn reads_how_the_user_is_to_sign_in() {
        let challenge = read(&["DPoP error=\"insufficient_user_authentication\", \
             acr_values=\"gold silver\", max_age=\"5\""]);
        let parameters = challenge.parameters();
        let parameters: Vec<_> = parameters.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(
            parameters,
            [("acr_values", "gold silver"), ("max_age", "5")]
        );
        let odd = read(&["Bearer error=insufficient_user_authentication, max_age=\"-1\""]);
        assert_eq!(odd.parameters(), []);
    }

    #[test]
    fn what_says_nothing_leads_nowhere() {
        for values in [
            &[][..],
            &["Bearer"],
            &["Bearer error=\"invalid_token\", resource_metadata=\"x\", scope=\"\\\"\""],
            &["Negotiate abc"],
        ] {
            assert_eq!(read(values), ResourceChallenge::default(), "{values:?}");
        }
    }
}
