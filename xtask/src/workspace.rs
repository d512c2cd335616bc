//! Where things are: the clone, and the target directory that clones share.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The folder that holds the workspace's Cargo.toml.
///
/// Asked of the cargo that runs this: in a target directory that clones share, the program may have
/// been compiled by another clone, which cargo does not tell apart.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let running = env::var_os("CARGO_MANIFEST_DIR");
        let compiled = || env!("CARGO_MANIFEST_DIR").into();
        let manifest = running.map_or_else(compiled, PathBuf::from);
        manifest.parent().unwrap_or(&manifest).to_owned()
    });
    &ROOT
}

/// Where cargo writes.
///
/// Outside the clone, so that the next clone on the same machine finds the dependencies compiled.
pub(crate) fn target_directory() -> PathBuf {
    chosen_target_directory(
        env::var_os("CARGO_TARGET_DIR").map(PathBuf::from),
        env::var_os("XDG_CACHE_HOME").map(PathBuf::from),
        env::home_dir(),
    )
}

fn chosen_target_directory(
    named: Option<PathBuf>,
    cache: Option<PathBuf>,
    home: Option<PathBuf>,
) -> PathBuf {
    if let Some(named) = named {
        return root().join(named);
    }
    match cache.or_else(|| home.map(|home| home.join(".cache"))) {
        Some(cache) => cache.join("grantor").join("target"),
        None => root().join("target"),
    }
}

/// `cargo`, at the workspace's root, with the target directory that clones share.
pub(crate) fn cargo() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target_directory());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_directory_is_the_named_one_then_the_cache() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(
            chosen_target_directory(path("/named"), path("/cache"), path("/ada")),
            Path::new("/named")
        );
        assert_eq!(
            chosen_target_directory(None, path("/cache"), path("/ada")),
            Path::new("/cache/grantor/target")
        );
        assert_eq!(
            chosen_target_directory(None, None, path("/ada")),
            Path::new("/ada/.cache/grantor/target")
        );
        assert_eq!(
            chosen_target_directory(None, None, None),
            root().join("target")
        );
    }
}
