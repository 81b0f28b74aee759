//! The command line: one file per command.

mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::ConfigError;
use crate::server::ServerError;

/// Lets people into an app before they have a name: guests first, accounts later.
///
/// Start with an example: `passerby serve examples/news`. Beside a running server, the other commands work through
/// it; without one, they open its data directory themselves.
#[derive(Parser)]
#[command(version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    /// A file with settings; see `default.toml` for all of them.
    #[arg(long, global = true, value_name = "FILE", env = "PASSERBY_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 failed · 2 wrong usage · 3 invalid app directory or settings · \
    4 not found · 5 the data directory is in use by a server that does not answer";

#[derive(Subcommand)]
enum Command {
    /// Serves the apps in the store, after importing the given app directories if they are new or changed.
    Serve(serve::ServeArgs),
}

/// What a command failed with.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error("{0}")]
    Usage(String),
    #[error("failed to start: {0}")]
    Runtime(std::io::Error),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        match self {
            CliError::Config(_) | CliError::Server(ServerError::Directory(_)) => 3,
            CliError::Usage(_) => 2,
            CliError::Server(_) | CliError::Runtime(_) => 1,
        }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command {
        Command::Serve(args) => serve::serve(cli.config.as_ref(), args),
    }
}

/// An error with its causes, each on a line of its own.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str("\n  because: ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
