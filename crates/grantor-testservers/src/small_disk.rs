//! A disk that is full soon.

use std::path::Path;
use std::process::Command;

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::Error;

/// A file system of some megabytes in memory. It needs root's rights.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Makes one of so many megabytes.
    ///
    /// # Errors
    /// The process is not root's, or may not mount.
    pub fn new(megabytes: u32) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Err(Error::new("a small disk needs root's rights"));
        }
        let disk = Self(tempfile::tempdir()?);
        disk.mount(&format!("size={megabytes}m"))?;
        Ok(disk)
    }

    /// Makes it larger, with what is on it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn grow(&self, megabytes: u32) -> Result<(), Error> {
        self.mount(&format!("remount,size={megabytes}m"))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn mount(&self, options: &str) -> Result<(), Error> {
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]);
        let output = mount.arg(self.path()).output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Error::new(format!(
                "mount failed: {}",
                String::from_utf8_lossy(&output.stderr)
            ))),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A server on it may end only now.
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
    }
}
