//! Which scope is requested: what the program says, or what the resource needs, with all that was
//! requested before.

use grantor_core::{Scope, TokenParameters};

use super::challenge::ResourceChallenge;
use super::found::FoundServer;
use super::{ResourceGrant, ResourceState};

/// The value that asks for a refresh token (OpenID Connect Core section 11).
const OFFLINE_ACCESS: &str = "offline_access";

/// How long the values that demands may add up to are, in bytes: they have to fit into a URL.
const MAX_SCOPE_LENGTH: usize = 4000;

impl ResourceGrant {
    /// The scope of the next request, which is noted. Without one from the program it is that of the
    /// resource's challenge, or else of its metadata; what a step-up needs is added to what was
    /// requested before.
    pub(super) fn next_scope(
        &self,
        parameters: &TokenParameters,
        found: &FoundServer,
        step_up: Option<&ResourceChallenge>,
    ) -> Option<Scope> {
        let mut state = self.lock();
        let own = parameters.scope.as_ref().or(self.scope.as_ref());
        let base = own.cloned().or_else(|| needed(&state, found));
        let added = step_up.and_then(|challenge| challenge.scope.clone());
        let parts = [state.requested.clone(), base, added].into_iter().flatten();
        let mut scope = parts.reduce(|all, part| all.union(&part));
        let own = scope.as_mut().filter(|_| self.wants_refresh_token(found));
        if let (Some(scope), Ok(offline)) = (own, Scope::parse(OFFLINE_ACCESS)) {
            *scope = scope.union(&offline);
        }
        state.requested.clone_from(&scope);
        scope
    }

    /// Returns whether a refresh token has to be asked for by a scope value that the server lists.
    fn wants_refresh_token(&self, found: &FoundServer) -> bool {
        let metadata = found
            .metadata
            .as_ref()
            .filter(|_| self.settings.user.is_some());
        metadata.is_some_and(|metadata| {
            let mut listed = metadata.scopes_supported.iter();
            listed.any(|value| value == OFFLINE_ACCESS)
        })
    }
}

impl ResourceState {
    /// All that was requested so far, with what was refused.
    pub(super) fn known_scope(&self) -> Option<Scope> {
        let parts = [&self.requested, &self.refused].into_iter().flatten();
        parts.cloned().reduce(|all, part| all.union(&part))
    }
}

/// Returns whether a scope may be added to what is known: an API could invent new values without end.
pub(super) fn has_room(known: Option<&Scope>, scope: &Scope) -> bool {
    let known = known.map_or(0, |known| known.as_str().len());
    known + scope.as_str().len() <= MAX_SCOPE_LENGTH
}

/// The scope that the resource says its requests need.
fn needed(state: &ResourceState, found: &FoundServer) -> Option<Scope> {
    let listed = || Scope::parse(&found.scopes.join(" ")).ok();
    let scope = state.scope.clone().or_else(listed);
    scope.filter(|scope| !scope.is_empty())
}
