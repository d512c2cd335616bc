//! Private files, by what the system has for them.
//!
//! On Unix modes keep others out. The fallback leaves that to the folder, and nothing sees to it that
//! the name of a new file survives a loss of power. The tests compile both and hold them to the same;
//! `--cfg grantor_portable` takes the fallback everywhere.

#[cfg(any(test, grantor_portable, not(unix)))]
mod portable;
#[cfg(all(unix, not(grantor_portable)))]
mod unix;

#[cfg(any(grantor_portable, not(unix)))]
pub(crate) use self::portable::{create_new, foreign_owner, mode_for_others, sync_with_directory};
#[cfg(all(unix, not(grantor_portable)))]
pub(crate) use self::unix::{create_new, foreign_owner, mode_for_others, sync_with_directory};

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;

    /// The same questions to each.
    macro_rules! asks {
        ($name:ident, $platform:path) => {
            #[test]
            fn $name() {
                use $platform as platform;
                let directory = tempfile::tempdir().unwrap();
                let path = directory.path().join("file");
                let file = platform::create_new(&path).unwrap();
                platform::sync_with_directory(&file, &path).unwrap();
                assert_eq!(platform::mode_for_others(&path), None);
                assert_eq!(platform::foreign_owner(&path), None);
                let again = platform::create_new(&path).unwrap_err();
                assert_eq!(again.kind(), ErrorKind::AlreadyExists);
                fs::remove_file(&path).unwrap();
                assert_eq!(platform::mode_for_others(&path), None);
            }
        };
    }

    asks!(a_new_file_is_private_and_made_once, super);
    asks!(the_fallback_makes_a_file_once, super::portable);
}
