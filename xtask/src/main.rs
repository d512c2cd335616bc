//! Everything a contributor runs: `cargo xtask`.
//!
//! Each command is one file. This one names them and reads the arguments; it uses the standard
//! library alone, because a fresh clone compiles it before anything else.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to its user"
)]

mod applications;
mod arguments;
mod bench;
mod differential;
mod extra;
mod footprint;
mod fuzz;
mod gate;
mod install;
mod interop;
mod mutate;
mod portable;
mod process;
mod stores;
mod workspace;
mod wrapper;

use std::process::ExitCode;

use arguments::Arguments;
use process::Failure;

const HELP: &str = "\
cargo xtask COMMAND

  test [--no-interop]            format, lints, documentation, tests, foreign programs
  ci                             the same, as the gate runs it
  interop [NAME]                 one foreign program against ours, mcp-server, or all
  browser                        the pages in a real browser
  bench [GROUP] [--json]         figures of one group (main unless named)
  stores [PACKAGE]               long runs of the stores with servers that fail
  fuzz [TARGET] [--seconds N]    fuzz one target or all, 60 seconds each unless told
  mutate [CHECK]                 security checks turned off: the test of each must fail
  footprint [--time]             crates and lines that grantor adds to an application
  applications                   clients of applications that add grantor
  differential                   grantor-jose against other implementations
  extra                          slow checks: those of them that are installed
";

fn main() -> ExitCode {
    if let Some(outcome) = wrapper::as_compiler() {
        return outcome;
    }
    let arguments = Arguments::from_command_line();
    match command(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn command(mut arguments: Arguments) -> Result<(), Failure> {
    let Some(name) = arguments.positional() else {
        print!("{HELP}");
        return Ok(());
    };
    match name.as_str() {
        "test" => {
            let interop = !arguments.flag("--no-interop");
            arguments.finish()?;
            gate::run(&gate::Settings::for_contributor(interop))
        }
        "ci" => {
            arguments.finish()?;
            gate::run(&gate::Settings::for_ci())
        }
        "interop" => {
            let name = arguments.positional();
            arguments.finish()?;
            interop::programs(name.as_deref())
        }
        "browser" => {
            arguments.finish()?;
            interop::browser()
        }
        "bench" => {
            let json = arguments.flag("--json");
            let group = arguments.positional();
            arguments.finish()?;
            bench::run_group(group.as_deref().unwrap_or("main"), json)
        }
        "stores" => {
            let only = arguments.positional();
            arguments.finish()?;
            stores::run_all(only.as_deref())
        }
        "fuzz" => {
            let seconds = arguments.number("--seconds")?.unwrap_or(60);
            let target = arguments.positional();
            arguments.finish()?;
            fuzz::run_targets(target.as_deref(), seconds)
        }
        "mutate" => {
            let only = arguments.positional();
            arguments.finish()?;
            mutate::run_all(only.as_deref())
        }
        "footprint" => {
            let timed = arguments.flag("--time");
            arguments.finish()?;
            footprint::measure(timed)
        }
        "applications" => {
            arguments.finish()?;
            applications::run_all()
        }
        "differential" => {
            arguments.finish()?;
            differential::run_all()
        }
        "extra" => {
            arguments.finish()?;
            extra::run_all()
        }
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        unknown => Err(Failure::new(format!("no command {unknown:?}\n\n{HELP}"))),
    }
}
