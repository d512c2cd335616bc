//! `grantor completions`.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Args, Completions};
use crate::error::{CliError, Exit};
use crate::output::Output;

pub(crate) fn run(args: &Completions, output: &Output) -> Result<ExitCode, CliError> {
    // Written here and not by the generator, which panics when nobody reads.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "grantor", &mut script);
    output.bytes(&script)?;
    Ok(Exit::Done.into())
}
