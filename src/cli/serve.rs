//! `passerby serve`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;

use super::client_app_id;
use super::failure::CliError;
use super::print::{self, Paint};
use crate::auth::{DEV_EMAIL, DEV_PASSWORD};
use crate::config::{Config, ConfigError, LogFormat, Settings};
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

pub(super) fn serve(file: Option<&PathBuf>, args: ServeArgs) -> Result<(), CliError> {
    let config = Config::load(file, args.settings)?;
    if args.app.is_some() && args.directories.len() != 1 {
        return Err(CliError::Usage("`--app` names the app of one directory: give exactly one".to_owned()));
    }
    start_log(&config)?;
    let serve = Serve { directories: args.directories, app: args.app };
    let (json, data) = (args.json, config.data.clone());
    // If nobody reads it, there is nobody to tell.
    let announce =
        move |ready: &Ready| if json { print::json(ready) } else { print::out(&welcome(ready, &data)) };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Runtime)?;
    runtime.block_on(async { Ok(server::run(config, serve, announce, stop_signal()?).await?) })
}

/// Log lines go to standard error, so that standard output holds the ready line alone.
fn start_log(config: &Config) -> Result<(), CliError> {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&config.log).map_err(|error| {
        ConfigError::Contradiction(format!(
            "`log` must be a level or a filter, not `{}`: {error}",
            config.log
        ))
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let ansi = std::io::stderr().is_terminal();
    // Fails only when a log was started before, as tests of the library may.
    let _ = match config.log_format {
        LogFormat::Text => log.with_ansi(ansi).with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(())
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

/// What a newcomer sees: where everything is, and what to do with it.
fn welcome(ready: &Ready, data: &Path) -> String {
    let bold = |text: &str| print::paint_out(text, Paint::Bold);
    let mut text = format!("\n{}\n\n", print::paint_out("Passerby is ready.", Paint::Green));
    let mut facts = Vec::new();
    for app in &ready.apps {
        facts.push(("app", format!("{}{}", app.client_app_id, if app.created { " (new)" } else { "" })));
        facts.extend(app.try_url.iter().map(|url| ("page", url.clone())));
    }
    facts.push(("base URL", ready.client_url.clone()));
    facts.push(("console", ready.admin_url.clone()));
    facts.extend(ready.metrics_url.iter().map(|url| ("metrics", url.clone())));
    facts.push(("data", data.display().to_string()));
    if let Some(admin) = &ready.first_admin {
        facts.push(("sign in", format!("with the key pair in {}", admin.path.display())));
        // A journal is a log, and a terminal is not.
        if std::io::stdout().is_terminal() {
            facts.push(("public", admin.public_key.clone()));
            facts.push(("private", admin.private_key.expose().clone()));
        }
    }
    if ready.dev {
        facts.push(("dev admin", format!("{DEV_EMAIL} / {DEV_PASSWORD} (this machine only)")));
    }
    for (name, fact) in facts {
        text.push_str(&format!("  {name:<10}{}\n", bold(&fact)));
    }
    // What is shown is to work: it is shown of an app that takes guests, if one does.
    match ready.apps.iter().find(|app| app.takes_guests).or(ready.apps.first()) {
        Some(app) if app.takes_guests => text.push_str(&first_steps(&ready.client_url, app, data)),
        Some(app) => text.push_str(&format!(
            "\nNo guest can log in to {}: its provider anon-user is disabled, or not there.\n",
            app.client_app_id
        )),
        None => text.push_str(&format!(
            "\nThere is no app yet. Take one in:\n\n  {} import DIR{}\n",
            me(),
            at(data)
        )),
    }
    if let Some(directory) = ready.apps.iter().find_map(|app| app.directory.as_deref()) {
        text.push_str(&format!(
            "\nAfter a change of the directory, have it taken in while this runs:\n\n  {} import {}{}\n",
            me(),
            shown(directory),
            at(data)
        ));
    }
    text.push_str("\nCtrl-C stops it.\n");
    text
}

/// A login by hand, the same with the SDK, and who came.
fn first_steps(base_url: &str, app: &ReadyApp, data: &Path) -> String {
    let id = &app.client_app_id;
    let page = match &app.try_url {
        Some(_) => "Open the page, or log a guest in by hand:",
        None => "Log a guest in:",
    };
    format!(
        "\n{page}\n\n  curl -X POST {base_url}/api/client/v2.0/app/{id}/auth/providers/anon-user/login\n\n\
         The same from a web app:\n\n  \
         import {{ App, Credentials }} from \"realm-web\";\n  \
         const app = new App({{ id: \"{id}\", baseUrl: \"{base_url}\" }});\n  \
         const user = await app.logIn(Credentials.anonymous());\n  \
         console.log(user.id);\n\n\
         See who came, in another terminal:\n\n  {} users list {id}{}\n",
        me(),
        at(data)
    )
}

/// A directory as somebody in the same place would name it.
fn shown(directory: &Path) -> String {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| directory.strip_prefix(here).ok().map(Path::to_owned));
    match inside {
        Some(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Some(inside) => inside.display().to_string(),
        None => directory.display().to_string(),
    }
}

/// How this program was called, so that what is printed can be run as it stands, in a clone too.
fn me() -> String {
    let called = std::env::args().next().unwrap_or_default();
    if called.contains('/') { called } else { "passerby".to_owned() }
}

/// The flag that another command needs to find the same store; none where it looks anyway.
fn at(data: &Path) -> String {
    let looked_at = Config::load(None, Settings::default()).is_ok_and(|defaults| defaults.data == data);
    if looked_at { String::new() } else { format!(" --data {}", data.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(apps: Vec<ReadyApp>) -> Ready {
        let url = "http://127.0.0.1:8080".to_owned();
        Ready {
            client_url: url.clone(),
            admin_url: url,
            metrics_url: None,
            apps,
            first_admin: None,
            dev: false,
        }
    }

    fn news() -> ReadyApp {
        ReadyApp {
            client_app_id: "news-aaaaa".parse().unwrap(),
            name: "news".to_owned(),
            created: true,
            try_url: Some("http://127.0.0.1:8081/news-aaaaa/".to_owned()),
            directory: Some("/apps/news".into()),
            takes_guests: true,
        }
    }

    #[test]
    fn where_no_guest_can_log_in_that_is_said_instead_of_how() {
        let closed = || ReadyApp { takes_guests: false, ..news() };
        let text = welcome(&ready(vec![closed()]), Path::new("/data"));
        assert!(text.contains("\nNo guest can log in to news-aaaaa: "), "{text}");
        assert!(!text.contains("curl"), "{text}");
        let open = ReadyApp { client_app_id: "open-aaaaa".parse().unwrap(), ..news() };
        let text = welcome(&ready(vec![closed(), open]), Path::new("/data"));
        assert!(text.contains("/app/open-aaaaa/auth/providers/anon-user/login\n"), "{text}");
    }

    #[test]
    fn a_newcomer_is_shown_a_login_and_who_came() {
        let text = welcome(&ready(vec![news()]), Path::new("/data"));
        for told in [
            "news-aaaaa (new)",
            "http://127.0.0.1:8081/news-aaaaa/",
            "  console   http://127.0.0.1:8080\n",
            "curl -X POST http://127.0.0.1:8080/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login\n",
            "const app = new App({ id: \"news-aaaaa\", baseUrl: \"http://127.0.0.1:8080\" });",
            "users list news-aaaaa --data /data\n",
            " import /apps/news --data /data\n",
            "Ctrl-C stops it.",
        ] {
            assert!(text.contains(told), "no `{told}` in\n{text}");
        }
    }

    #[test]
    fn without_an_app_the_way_to_one_is_shown() {
        let text = welcome(&ready(Vec::new()), Path::new("passerby-data"));
        assert!(text.contains(" import DIR\n"), "{text}");
    }
}
