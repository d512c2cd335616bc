//! The paths of the endpoints.

use std::collections::HashSet;

/// Where the endpoints lie, below the issuer. The metadata says so, so clients find them anywhere.
///
/// The places of the metadata itself are fixed (RFC 8414 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paths {
    /// The authorization endpoint: `/authorize`.
    pub authorization: String,
    /// Where forms of pages go, and where the site's own pages lead back to: `/authorize/continue`.
    pub resume: String,
    /// The pushed authorization request endpoint: `/par`.
    pub pushed_authorization: String,
    /// The device authorization endpoint: `/device_authorization`.
    pub device_authorization: String,
    /// The page where users type in the code that a device shows: `/device`. Devices show its URL, so
    /// it should be short.
    pub verification: String,
    /// The token endpoint: `/token`.
    pub token: String,
    /// The introspection endpoint: `/introspect`.
    pub introspection: String,
    /// The revocation endpoint: `/revoke`.
    pub revocation: String,
    /// The public keys: `/jwks`.
    pub jwks: String,
    /// Where clients register themselves, if they may: `/register`.
    pub registration: String,
    /// Where they read, change and end their registration: `/register/client`.
    pub client_configuration: String,
    /// Whether the server can do its work, if that is asked here: `/healthz`.
    pub health: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            authorization: "/authorize".to_owned(),
            resume: "/authorize/continue".to_owned(),
            pushed_authorization: "/par".to_owned(),
            device_authorization: "/device_authorization".to_owned(),
            verification: "/device".to_owned(),
            token: "/token".to_owned(),
            introspection: "/introspect".to_owned(),
            revocation: "/revoke".to_owned(),
            jwks: "/jwks".to_owned(),
            registration: "/register".to_owned(),
            client_configuration: "/register/client".to_owned(),
            health: "/healthz".to_owned(),
        }
    }
}

impl Paths {
    /// Everything that is wrong with these paths and those of a site's own pages.
    pub(crate) fn problems(&self, of_site: &[&str]) -> Vec<String> {
        let own = [
            &self.authorization,
            &self.resume,
            &self.pushed_authorization,
            &self.device_authorization,
            &self.verification,
            &self.token,
            &self.introspection,
            &self.revocation,
            &self.jwks,
            &self.registration,
            &self.client_configuration,
            &self.health,
        ];
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        for path in own
            .into_iter()
            .map(String::as_str)
            .chain(of_site.iter().copied())
        {
            if !is_path(path) {
                problems.push(format!(
                    "the path {path:?} must begin with \"/\", end without it, and have letters, digits, \
                     \"-\", \".\", \"_\" and \"~\" between"
                ));
            }
            if path.starts_with("/.well-known/") {
                problems.push(format!("the path {path:?} is kept for metadata"));
            }
            if !seen.insert(path) {
                problems.push(format!("two endpoints or pages lie at {path:?}"));
            }
        }
        problems
    }
}

/// Returns whether a path needs no escaping and has one way to be written (RFC 3986 section 2.3).
fn is_path(path: &str) -> bool {
    let is_segment = |segment: &str| {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        !matches!(segment, "" | "." | "..") && segment.bytes().all(unreserved)
    };
    let segments = path.strip_prefix('/').map(|rest| rest.split('/'));
    segments.is_some_and(|mut segments| segments.all(is_segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Paths), of_site: &[&str], told: &[&str]) {
        let mut paths = Paths::default();
        change(&mut paths);
        let problems = paths.problems(of_site);
        assert_eq!(problems.len(), told.len(), "{problems:?}");
        for (problem, told) in problems.iter().zip(told) {
            assert!(problem.contains(told), "{problem}");
        }
    }

    #[test]
    fn no_two_lie_at_one_path() {
        check(|_| {}, &["/account"], &[]);
        check(
            |paths| paths.token = "/jwks".to_owned(),
            &[],
            &["two endpoints"],
        );
        check(|_| {}, &["/token"], &["two endpoints"]);
        check(|_| {}, &["/a", "/a"], &["two endpoints"]);
    }

    #[test]
    fn a_path_has_one_way_to_be_written() {
        for bad in [
            "", "token", "/", "/to/", "//to", "/a b", "/%74", "/a/../b", "/t?x", "/\u{fc}",
        ] {
            check(
                |paths| paths.token = bad.to_owned(),
                &[],
                &["must begin with"],
            );
        }
        check(
            |paths| paths.token = "/oauth2/v1.0/token".to_owned(),
            &[],
            &[],
        );
        let well_known = "/.well-known/jwks.json".to_owned();
        check(
            |paths| paths.jwks = well_known,
            &[],
            &["is kept for metadata"],
        );
    }
}
