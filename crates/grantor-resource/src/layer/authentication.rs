//! How and when the user must have been authenticated (RFC 9470).

use std::time::Duration;

use grantor_core::Timestamp;

use crate::Claims;

/// Requirements on the authentication behind a token. Without any, every token meets them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Authentication {
    /// One of them, the preferred one first; any if there are none.
    pub(super) acr_values: Vec<String>,
    pub(super) max_age: Option<Duration>,
}

impl Authentication {
    pub(crate) fn with_acr_values(
        mut self,
        acr_values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.acr_values
            .extend(acr_values.into_iter().map(Into::into));
        self
    }

    pub(crate) fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Without the time no token is known to be young enough.
    pub(crate) fn is_met_by(&self, claims: &Claims, now: Option<Timestamp>) -> bool {
        let acr = claims.acr.as_ref();
        let has_acr =
            self.acr_values.is_empty() || acr.is_some_and(|acr| self.acr_values.contains(acr));
        let is_recent = self.max_age.is_none_or(|max_age| {
            let times = now.zip(claims.auth_time);
            times.is_some_and(|(now, auth_time)| now.since(auth_time) <= max_age)
        });
        has_acr && is_recent
    }

    /// These requirements, and those of a layer around them where these say nothing.
    pub(super) fn within(mut self, outer: &Self) -> Self {
        if self.acr_values.is_empty() {
            self.acr_values.clone_from(&outer.acr_values);
        }
        self.max_age = match (self.max_age, outer.max_age) {
            (Some(inner), Some(outer)) => Some(inner.min(outer)),
            (inner, outer) => inner.or(outer),
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(required: &Authentication, acr: Option<&str>, auth_time: Option<i64>) -> bool {
        let claims = Claims {
            acr: acr.map(str::to_owned),
            auth_time: auth_time.map(Timestamp::from_secs),
            ..Claims::default()
        };
        required.is_met_by(&claims, Some(Timestamp::from_secs(1000)))
    }

    #[test]
    fn one_of_the_acr_values_is_enough_and_another_is_not() {
        let required = Authentication::default().with_acr_values(["gold", "silver"]);
        for (acr, met) in [
            (Some("gold"), true),
            (Some("silver"), true),
            (Some("bronze"), false),
            (Some("gold silver"), false),
            (None, false),
        ] {
            assert_eq!(check(&required, acr, None), met, "{acr:?}");
        }
        assert!(check(&Authentication::default(), None, None));
    }

    #[test]
    fn an_authentication_is_recent_for_exactly_max_age() {
        let required = Authentication::default().with_max_age(Duration::from_secs(300));
        for (auth_time, met) in [(Some(699), false), (Some(700), true), (None, false)] {
            assert_eq!(check(&required, None, auth_time), met, "{auth_time:?}");
        }
        let recent = Claims {
            auth_time: Some(Timestamp::from_secs(1000)),
            ..Claims::default()
        };
        assert!(!required.is_met_by(&recent, None));
    }
}
