//! The `grantor` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    grantor_cli::main()
}
