//! The command line: what `build.rs` does, from a shell.

mod generate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Works on contracts of meshrpc services.
#[derive(Debug, Parser)]
#[command(
    name = "meshrpc",
    version,
    arg_required_else_help = true,
    after_help = "Example:\n  meshrpc generate proto --out src/contracts"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Generate(generate::Generate),
}

/// Runs the program.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Generate(command) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let style = clap::builder::Styles::styled();
            let style = style.get_error();
            anstream::eprintln!("{style}error:{style:#} {error}");
            ExitCode::FAILURE
        }
    }
}
