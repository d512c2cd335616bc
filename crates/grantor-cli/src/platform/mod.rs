//! Modes of files and limits of the process, by what the system has for them.
//!
//! The fallback leaves it to the user's own folders to keep others out. The tests compile both and hold
//! them to the same; `--cfg grantor_portable` takes the fallback everywhere.

#[cfg(any(test, grantor_portable, not(unix)))]
mod portable;
#[cfg(all(unix, not(grantor_portable)))]
mod unix;

#[cfg(any(grantor_portable, not(unix)))]
pub(crate) use self::portable::{allow_open_files, is_open_to_all, mode_for_writers};
#[cfg(all(unix, not(grantor_portable)))]
pub(crate) use self::unix::{allow_open_files, is_open_to_all, mode_for_writers};

#[cfg(test)]
mod tests {
    use grantor_store::private_files::create_folder;

    /// The same questions to each.
    macro_rules! asks {
        ($name:ident, $platform:path) => {
            #[test]
            fn $name() {
                use $platform as platform;
                let parent = tempfile::tempdir().unwrap();
                let folder = parent.path().join("a").join("b");
                assert_eq!(platform::mode_for_writers(&folder), None);
                create_folder(&folder).unwrap();
                assert_eq!(platform::mode_for_writers(&folder), None);
                assert!(!platform::is_open_to_all(&folder));
                platform::allow_open_files(64);
            }
        };
    }

    asks!(others_may_not_write_to_a_private_folder, super);
    asks!(the_fallback_knows_no_modes, super::portable);
}
