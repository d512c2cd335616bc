//! Tests of the data folder.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use super::*;
#[test]
fn neither_folder_nor_files_may_be_another_users() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let config = Config {
        data: data.clone(),
        ..Config::default()
    };
    opened(&config).unwrap();
    for path in [
        data.clone(),
        data.join("grantor.db"),
        data.join("master.key"),
    ] {
        // Only root can give a file away, so only root sees this.
        if chown(&path, Some(12_345), None).is_err() {
            return;
        }
        let error = opened(&config).unwrap_err();
        assert!(error.contains("belongs to the user 12345"), "{error}");
        chown(&path, Some(0), None).unwrap();
    }
    opened(&config).unwrap();
}

fn opened(config: &Config) -> Result<(), String> {
    let opened = crate::block_on(open(config));
    opened.map(drop).map_err(|error| error.to_string())
}

#[test]
fn neither_folder_nor_database_may_be_written_to_by_others() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let config = Config {
        data: data.clone(),
        ..Config::default()
    };
    opened(&config).unwrap();
    for (path, own, shared) in [
        (data.clone(), 0o700, [0o777, 0o770, 0o1777]),
        (data.join("grantor.db"), 0o600, [0o666, 0o660, 0o622]),
    ] {
        for mode in shared {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = opened(&config).unwrap_err();
            assert!(error.contains(&format!("set it to {own:04o}")), "{error}");
        }
        set_permissions(&path, Permissions::from_mode(own)).unwrap();
    }
    set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    opened(&config).unwrap();
}
