use std::fmt;

use grantor_core::{GrantRequest, Scope, TokenRequest};

use crate::Wanted;

/// What an access token is asked to be good for.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) scope: Option<Scope>,
    pub(crate) resource: Vec<String>,
    pub(crate) audience: Vec<String>,
    pub(crate) extra: Vec<(String, String)>,
}

impl Ask {
    pub(crate) fn request(&self, grant: GrantRequest) -> TokenRequest {
        TokenRequest {
            grant,
            scope: self.scope.clone(),
            resource: self.resource.clone(),
            audience: self.audience.clone(),
            extra: self.extra.clone(),
        }
    }

    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            scope: self.scope.clone(),
            resource: self.resource.clone(),
            audience: self.audience.clone(),
            parameters: self.extra.clone(),
        }
    }

    /// A text that is equal for the same wishes; the order within them says nothing.
    pub(crate) fn canonical(&self) -> String {
        let mut scope: Vec<_> = self.scope.iter().flat_map(Scope::iter).collect();
        let mut resource = self.resource.clone();
        let mut audience = self.audience.clone();
        let mut extra = self.extra.clone();
        scope.sort_unstable();
        scope.dedup();
        resource.sort_unstable();
        audience.sort_unstable();
        extra.sort_unstable();
        // The debug form quotes, so that no two lists run together.
        format!("{scope:?}{resource:?}{audience:?}{extra:?}")
    }
}

/// Further parameters may be secret: their names are shown.
impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra.iter().map(|(name, _)| name).collect();
        f.debug_struct("Ask")
            .field("scope", &self.scope)
            .field("resource", &self.resource)
            .field("audience", &self.audience)
            .field("extra", &names)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(scope: &str, resource: &[&str]) -> String {
        let ask = Ask {
            scope: Scope::parse(scope).ok(),
            resource: resource.iter().map(|&text| text.to_owned()).collect(),
            ..Ask::default()
        };
        ask.canonical()
    }

    #[test]
    fn order_says_nothing_and_lists_keep_apart() {
        assert_eq!(ask("a b", &["x", "y"]), ask("b a", &["y", "x"]));
        assert_ne!(ask("a", &["x", "y"]), ask("a", &["x\", \"y"]));
        assert_ne!(ask("a", &[]), ask("a b", &[]));
    }
}
