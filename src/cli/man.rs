//! `passerby man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::failure::CliError;
use super::{Cli, print};

#[derive(Args)]
pub(super) struct ManArgs {
    /// Writes a page for every command into this directory, such as /usr/local/share/man/man1; without it, the page of
    /// `passerby` itself is printed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn man(args: &ManArgs) -> Result<(), CliError> {
    let command = Cli::command();
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        let failed = |source| CliError::Write { path: PathBuf::from("passerby.1"), source };
        clap_mangen::Man::new(command).render(&mut page).map_err(failed)?;
        print::out(&String::from_utf8_lossy(&page));
        return Ok(());
    };
    let failed = |source| CliError::Write { path: dir.clone(), source };
    std::fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(command, dir).map_err(failed)?;
    print::out(&format!(
        "Wrote the manual to {}: man -l {}\n",
        dir.display(),
        dir.join("passerby.1").display()
    ));
    Ok(())
}
