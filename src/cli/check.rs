//! `passerby check`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::failure::CliError;
use super::import::ignored;
use super::print::{self, Paint};
use crate::appdir::{Import, Problem};
use crate::auth::{self, Surroundings};
use crate::model::{ClientAppId, with_causes};
use crate::server::{Directory, DirectoryError};

#[derive(Args)]
pub(super) struct CheckArgs {
    /// The app directories.
    #[arg(value_name = "DIR", required = true)]
    directories: Vec<PathBuf>,
    /// Lists the files that are no part of the app.
    #[arg(long)]
    verbose: bool,
    /// Prints an array of `{directory, valid, client_app_id, name, config_version, problems, warnings, ignored}`.
    /// Problems and warnings are `{file, line, column, json_path, message, hint}`.
    #[arg(long)]
    json: bool,
}

/// What was found in one directory.
#[derive(Serialize)]
struct Checked {
    directory: PathBuf,
    valid: bool,
    client_app_id: Option<ClientAppId>,
    name: Option<String>,
    config_version: Option<u32>,
    problems: Vec<Finding>,
    warnings: Vec<Finding>,
    ignored: Vec<String>,
}

#[derive(Serialize)]
struct Finding {
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    json_path: Option<String>,
    message: String,
    hint: Option<String>,
    #[serde(skip)]
    text: String,
}

impl From<Problem> for Finding {
    fn from(problem: Problem) -> Finding {
        let text = problem.to_string();
        let Problem { file, line, column, json_path, message, hint } = problem;
        Finding { file, line, column, json_path, message, hint, text }
    }
}

pub(super) fn check(args: &CheckArgs) -> Result<(), CliError> {
    let checked: Vec<Checked> = args.directories.iter().map(|directory| look(directory)).collect();
    if args.json {
        print::json(&checked);
    } else {
        checked.iter().for_each(|checked| say(checked, args.verbose));
    }
    match checked.iter().filter(|checked| !checked.valid).count() {
        0 => Ok(()),
        invalid => Err(CliError::Invalid { invalid, checked: checked.len() }),
    }
}

fn look(directory: &Path) -> Checked {
    let mut checked = Checked {
        directory: directory.to_owned(),
        valid: false,
        client_app_id: None,
        name: None,
        config_version: None,
        problems: Vec::new(),
        warnings: Vec::new(),
        ignored: Vec::new(),
    };
    match Directory::load(directory).and_then(|directory| directory.import()) {
        Ok(import) => {
            let secret = |name: &str| {
                import.secrets.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
            };
            let around = Surroundings { secret: &secret, knows_all_secrets: false, mails: None };
            let foreseen = auth::concerns(&import.config, &import.files, &around);
            let Import { client_app_id, config, warnings, ignored, .. } = import;
            let warnings = warnings.into_iter().chain(foreseen.into_iter().map(Problem::from));
            checked.valid = true;
            checked.client_app_id = client_app_id;
            checked.config_version = Some(config.format.number());
            checked.name = Some(config.name);
            checked.warnings = warnings.map(Finding::from).collect();
            checked.ignored = ignored;
        }
        Err(DirectoryError::Invalid { problems, .. }) => {
            checked.problems = problems.0.into_iter().map(Finding::from).collect();
        }
        Err(other) => checked.problems.push(unreadable(&other)),
    }
    checked
}

/// A directory that cannot be read at all.
fn unreadable(error: &DirectoryError) -> Finding {
    let message = with_causes(error, ": ");
    let text = message.clone();
    Finding { file: ".".to_owned(), line: None, column: None, json_path: None, message, hint: None, text }
}

fn say(checked: &Checked, verbose: bool) {
    let directory = checked.directory.display();
    let mut text = String::new();
    for problem in &checked.problems {
        text.push_str(&format!(
            "  {} {}\n",
            print::paint_out("problem:", Paint::Red),
            print::plain(&problem.text)
        ));
    }
    for warning in &checked.warnings {
        text.push_str(&format!("  {} {}\n", print::paint_out("warning:", Paint::Yellow), warning.text));
    }
    let verdict = match (checked.config_version, &checked.client_app_id) {
        (Some(version), Some(app)) => format!("{} (app {app}, version {version})", good()),
        (Some(version), None) => format!("{} (no app id, version {version})", good()),
        (None, _) => print::paint_out("not valid", Paint::Red),
    };
    text.push_str(&ignored(&checked.ignored, verbose));
    print::out(&format!("{directory}: {verdict}\n{text}"));
}

fn good() -> String {
    print::paint_out("valid", Paint::Green)
}
