//! `passerby completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::CliError;
use super::{Cli, print};

#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// The shell, such as bash: `passerby completions bash > /etc/bash_completion.d/passerby`.
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "passerby", &mut script);
    print::out(&String::from_utf8_lossy(&script));
    Ok(())
}
