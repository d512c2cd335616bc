//! The data of a server: made by its own scripts, or copied.

use std::fs::{self, File};
use std::path::Path;

use super::MariaDb;
use crate::Error;
use crate::process::{give, unprivileged};

impl MariaDb {
    /// Runs the server's own scripts, as `mariadb-install-db` does, which needs a package more.
    pub(super) fn make_data(&self) -> Result<(), Error> {
        fs::create_dir(self.data())?;
        give(&self.data())?;
        let script = self.folder.path().join("script.sql");
        fs::write(&script, script_of(Path::new("/usr/share/mysql"))?)?;
        let output = unprivileged(&[])
            .arg(&self.program)
            .args(self.common())
            .arg("--bootstrap")
            .stdin(File::open(&script)?)
            .output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(Error::new(format!(
                "mariadbd --bootstrap failed: {}",
                String::from_utf8_lossy(&output.stderr)
            ))),
        }
    }

    /// A server that has a copy of this one's data and does not run yet. This one must not run.
    pub(crate) fn copy(&self, settings: &[&str]) -> Result<Self, Error> {
        let copy = Self::prepare(settings)?;
        let copied = unprivileged(&[])
            .args(["cp", "-a"])
            .args([self.data(), copy.data()])
            .status()?;
        match copied.success() {
            true => Ok(copy),
            false => Err(Error::new("the data can't be copied")),
        }
    }
}

/// The statements that make the system's tables, the database and the users, each on lines of its
/// own.
fn script_of(folder: &Path) -> Result<String, Error> {
    let mut script = "CREATE DATABASE mysql;\nUSE mysql;\n".to_owned();
    for name in [
        "mysql_system_tables.sql",
        "mysql_performance_tables.sql",
        "mysql_system_tables_data.sql",
    ] {
        script += &fs::read_to_string(folder.join(name))?;
    }
    let password = MariaDb::PASSWORD;
    script += "\nCREATE DATABASE grantor;\nFLUSH PRIVILEGES;\n";
    for (user, rights) in [
        (
            "administrator",
            "*.* TO 'administrator'@'%' WITH GRANT OPTION",
        ),
        ("grantor", "grantor.* TO 'grantor'@'%'"),
    ] {
        script += &format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{password}';\n");
        script += &format!("GRANT ALL ON {rights};\n");
    }
    Ok(script)
}
