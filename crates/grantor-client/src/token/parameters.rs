//! The parameters of a token as part of a cache key.

use grantor_core::{Scope, TokenParameters};

/// A text that is equal for parameters that differ in nothing but their order.
pub(crate) fn canonical(parameters: &TokenParameters) -> String {
    let mut scope: Vec<_> = parameters.scope.iter().flat_map(Scope::iter).collect();
    let mut resource = parameters.resource.clone();
    let mut audience = parameters.audience.clone();
    let mut extra = parameters.extra.clone();
    scope.sort_unstable();
    scope.dedup();
    resource.sort_unstable();
    audience.sort_unstable();
    extra.sort_unstable();
    // The debug form quotes, so that no two lists run together.
    let mut text = format!("{scope:?}{resource:?}{audience:?}{extra:?}");
    // Texts of tokens without details are those of earlier versions, whose records are found by them.
    if let Some(details) = &parameters.authorization_details {
        text.push_str(&details.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use grantor_core::AuthorizationDetails;

    use super::*;

    fn text(scope: &str, resource: &[&str]) -> String {
        canonical(&TokenParameters {
            scope: Scope::parse(scope).ok(),
            resource: resource.iter().map(|&text| text.to_owned()).collect(),
            ..TokenParameters::default()
        })
    }

    #[test]
    fn order_says_nothing_and_lists_keep_apart() {
        assert_eq!(text("a b", &["x", "y"]), text("b a", &["y", "x"]));
        assert_ne!(text("a", &["x", "y"]), text("a", &["x\", \"y"]));
        assert_ne!(text("a", &[]), text("a b", &[]));
    }

    #[test]
    fn details_are_part_of_which_token_it_is() {
        let text = |details: Option<&str>| {
            canonical(&TokenParameters {
                authorization_details: details
                    .map(|details| AuthorizationDetails::parse(details).unwrap()),
                ..TokenParameters::default()
            })
        };
        let one = text(Some(r#"[{"type":"a","x":1}]"#));
        assert_eq!(one, text(Some(r#"[{"x":1,"type":"a"}]"#)));
        for other in [None, Some("[]"), Some(r#"[{"type":"a"}]"#)] {
            assert_ne!(one, text(other));
        }
    }
}
