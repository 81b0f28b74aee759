//! `passerby serve`.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::config::{Config, LogFormat, Settings};
use crate::model::ClientAppId;
use crate::server::{self, Ready, ReadyApp, Serve};

/// What `serve` takes.
#[derive(Args)]
pub(super) struct ServeArgs {
    /// App directories to import when they are new, or changed since they were imported last.
    #[arg(value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// The app that the one directory is, when its files do not say.
    #[arg(long, value_name = "CLIENT_APP_ID", value_parser = client_app_id)]
    app: Option<ClientAppId>,
    /// Prints one JSON line when ready.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(super) fn client_app_id(text: &str) -> Result<ClientAppId, String> {
    text.parse()
        .map_err(|_| "expected an id such as news-abcde: ASCII letters, digits, `_`, `-`, `.`".to_owned())
}

pub(super) fn serve(file: Option<&PathBuf>, args: ServeArgs) -> Result<(), CliError> {
    let config = Config::load(file, args.settings)?;
    if args.app.is_some() && args.directories.len() != 1 {
        return Err(CliError::Usage("`--app` names the app of one directory: give exactly one".to_owned()));
    }
    start_log(&config);
    let serve = Serve { directories: args.directories, app: args.app };
    let json = args.json;
    let announce = move |ready: &Ready| if json { print_json(ready) } else { print_text(ready) };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    runtime.block_on(async { Ok(server::run(config, serve, announce, stop_signal()?).await?) })
}

/// Log lines go to standard error, so that standard output holds the ready line alone.
fn start_log(config: &Config) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let ansi = std::io::stderr().is_terminal();
    // Fails only when a log was started before, as tests of the library may.
    let _ = match config.log_format {
        LogFormat::Text => log.with_ansi(ansi).with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Done at Ctrl-C, or when the service manager asks. Listens from the call on: a stop that comes while the server is
/// still starting is a clean one too.
fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn print_json(ready: &Ready) {
    // The one line that scripts wait for; if nobody reads it, there is nobody to tell.
    let _ = writeln!(std::io::stdout(), "{}", serde_json::to_string(ready).unwrap_or_default());
}

fn print_text(ready: &Ready) {
    let mut text = String::from("\nPasserby is ready.\n\n");
    for app in &ready.apps {
        let made = if app.created { "  (new)" } else { "" };
        text.push_str(&format!("  app       {}{made}\n", app.client_app_id));
        if let Some(url) = &app.try_url {
            text.push_str(&format!("  page      {url}\n"));
        }
    }
    text.push_str(&format!("  base URL  {}\n", ready.client_url));
    if let Some(url) = &ready.metrics_url {
        text.push_str(&format!("  metrics   {url}\n"));
    }
    match ready.apps.first() {
        Some(app) => text.push_str(&first_steps(&ready.client_url, app)),
        None => text.push_str("\nThere is no app yet. Import one: passerby import DIR\n"),
    }
    text.push_str("\nCtrl-C stops it.\n");
    let _ = write!(std::io::stdout(), "{text}");
}

/// A login by hand, and the same with the SDK.
fn first_steps(base_url: &str, app: &ReadyApp) -> String {
    let id = &app.client_app_id;
    format!(
        "\nLog a guest in:\n\n  curl -X POST {base_url}/api/client/v2.0/app/{id}/auth/providers/anon-user/login\n\n\
         The same from a web app:\n\n  \
         import {{ App, Credentials }} from \"realm-web\";\n  \
         const app = new App({{ id: \"{id}\", baseUrl: \"{base_url}\" }});\n  \
         const user = await app.logIn(Credentials.anonymous());\n  \
         console.log(user.id);\n"
    )
}
