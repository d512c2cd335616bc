//! The folder of this system and the portable one, asked the same questions.

use std::fs;
use std::io::{Read, Write};

use tempfile::TempDir;

use super::{Found, portable};

/// The same questions to the folder of each kind.
macro_rules! directory_tests {
    ($name:ident, $platform:path) => {
        mod $name {
            use super::*;
            use $platform as platform;

            fn open(directory: &TempDir) -> platform::Directory {
                platform::Directory::open(directory.path()).unwrap()
            }

            #[test]
            fn files_are_created_moved_found_and_removed() {
                let temporary = TempDir::new().unwrap();
                let directory = open(&temporary);
                let mut file = directory.create("draft").unwrap();
                file.write_all(b"text").unwrap();
                assert!(directory.create("draft").is_err());
                directory.rename("draft", "record").unwrap();
                assert!(matches!(directory.find("draft"), Ok(Found::Nothing)));
                let Ok(Found::Opened(mut file)) = directory.find("record") else {
                    panic!("nothing is found");
                };
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                assert_eq!(text, "text");
                assert!(directory.names().unwrap().contains(&"record".into()));
                directory.sync().unwrap();
                assert!(directory.remove("record").unwrap());
                assert!(!directory.remove("record").unwrap());
                assert!(!directory.names().unwrap().contains(&"record".into()));
            }

            #[test]
            fn a_lock_excludes_others_until_it_is_given_up() {
                let temporary = TempDir::new().unwrap();
                let (one, other) = (open(&temporary), open(&temporary));
                one.try_lock().unwrap();
                assert!(other.try_lock().is_err());
                one.unlock().unwrap();
                other.try_lock().unwrap();
            }

            #[test]
            fn folders_and_files_are_made_once() {
                let temporary = TempDir::new().unwrap();
                let path = temporary.path().join("a").join("b");
                platform::create_directory(&path).unwrap();
                platform::create_directory(&path).unwrap();
                platform::create_file(&path.join("key")).unwrap();
                assert!(platform::create_file(&path.join("key")).is_err());
                platform::sync_directory(&path).unwrap();
                let metadata = fs::metadata(path.join("key")).unwrap();
                assert_eq!(platform::exposing_mode(&metadata), None);
                assert_eq!(platform::foreign_owner(&metadata), None);
                let directory = platform::Directory::open(&path).unwrap();
                assert_eq!(directory.exposing_mode().unwrap(), None);
                assert!(platform::Directory::open(&path.join("key")).is_err());
            }

            #[cfg(unix)]
            #[test]
            fn links_are_neither_folders_nor_files() {
                let temporary = TempDir::new().unwrap();
                let directory = open(&temporary);
                let link = temporary.path().join("link");
                std::os::unix::fs::symlink(temporary.path(), &link).unwrap();
                assert!(platform::Directory::open(&link).is_err());
                assert!(matches!(directory.find("link"), Ok(Found::NoFile)));
            }
        }
    };
}

directory_tests!(native, super::super);
directory_tests!(fallback, super::portable);
