//! The app directories that `serve` is given: imported when first seen and when their content changed since;
//! otherwise the store rules, since somebody may have deployed by another way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ReadyApp, Serve};
use crate::appdir;
use crate::auth::{self, App, Arrival, Auth, Author};
use crate::model::{ClientAppId, ProviderType, with_causes};

/// Why an app directory was not taken in. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It cannot be read.
    #[error(transparent)]
    Load(#[from] appdir::LoadError),
    /// Its files are not valid.
    #[error("failed to understand the app directory {path}:\n{problems}")]
    Invalid {
        /// The directory.
        path: PathBuf,
        /// Every finding.
        problems: appdir::Problems,
    },
    /// It could not be made live.
    #[error("failed to import the app directory {path}")]
    Import {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: auth::Error,
    },
}

/// A directory as it was read from disk.
pub struct Directory {
    /// The canonical path, by which a directory without an app id is known.
    pub path: PathBuf,
    /// The files.
    pub tree: appdir::Tree,
}

impl Directory {
    /// Reads a directory.
    pub fn load(path: &Path) -> Result<Directory, DirectoryError> {
        let tree = appdir::load(path)?;
        Ok(Directory { path: path.canonicalize().unwrap_or_else(|_| path.to_owned()), tree })
    }

    /// The name of an app that has none of its own: the directory's.
    pub fn fallback_name(&self) -> String {
        self.path.file_name().map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Reads the configuration.
    pub fn import(&self) -> Result<appdir::Import, DirectoryError> {
        appdir::read(&self.tree, &self.fallback_name())
            .map_err(|problems| DirectoryError::Invalid { path: self.path.clone(), problems })
    }
}

/// A directory's app.
pub(super) struct Imported {
    app: Arc<App>,
    created: bool,
    path: PathBuf,
}

/// A directory that was read and is valid.
pub(super) struct Read {
    directory: Directory,
    import: appdir::Import,
}

/// Reads the directories that a server is started with. Before anything is imported, or made at all: a mistake in one
/// of them leaves everything as it was.
pub(super) fn read_all(serve: &Serve) -> Result<Vec<Read>, DirectoryError> {
    let read = serve.directories.iter().map(|path| {
        let directory = Directory::load(path)?;
        let import = directory.import()?;
        Ok(Read { directory, import })
    });
    read.collect()
}

/// Whether one of the directories has a page to show.
pub(super) fn have_pages(read: &[Read]) -> bool {
    read.iter().any(|Read { directory, .. }| has_page(&pages_of(&directory.path)))
}

fn pages_of(directory: &Path) -> PathBuf {
    directory.join("hosting/files")
}

fn has_page(root: &Path) -> bool {
    root.join("index.html").is_file()
}

/// Imports the directories, in order. `app` is the one that a single directory is.
pub(super) async fn import_all(
    auth: &Auth,
    read: Vec<Read>,
    app: Option<&ClientAppId>,
) -> Result<Vec<Imported>, DirectoryError> {
    let mut imported = Vec::new();
    for Read { directory, import } in read {
        imported.push(import_one(auth, directory, import, app.cloned()).await?);
    }
    Ok(imported)
}

/// Says what is to know of each app that is served.
pub(super) async fn warn_of_concerns(auth: &Auth) {
    for app in auth.apps() {
        match auth.concerns(&app).await {
            Ok(concerns) => {
                for concern in concerns {
                    tracing::warn!(app = %app.client_app_id, "{concern}");
                }
            }
            Err(error) => {
                tracing::warn!(app = %app.client_app_id, "{}", with_causes(&error, ": "));
            }
        }
    }
}

async fn import_one(
    auth: &Auth,
    directory: Directory,
    import: appdir::Import,
    app: Option<ClientAppId>,
) -> Result<Imported, DirectoryError> {
    let failed = |source| DirectoryError::Import { path: directory.path.clone(), source };
    let (path, content) = (directory.path.display().to_string(), directory.tree.content_hash().to_vec());
    let unchanged = auth.unchanged_directory(&path, &content, &import.secrets).await.map_err(failed)?;
    if let Some(app) = unchanged.filter(|known| app.as_ref().is_none_or(|app| *app == known.client_app_id)) {
        return Ok(Imported { app, created: false, path: directory.path });
    }
    for warning in &import.warnings {
        tracing::warn!(directory = %path, "{warning}");
    }
    let arrival = Arrival {
        client_app_id: app.or(import.client_app_id),
        app_id: import.app_id,
        domain_id: None,
        config: import.config,
        settings_given: import.settings_given,
        files: import.files,
        secrets: import.secrets,
        directory: Some((path.clone(), content.clone())),
        group: None,
        author: Some(Author::owner_of_the_data()),
        replaces: None,
    };
    let secrets = arrival.secrets.clone();
    match auth.arrive(arrival).await {
        Ok(arrived) => Ok(Imported { app: arrived.app, created: arrived.created, path: directory.path }),
        Err(auth::Error::DeployedMeanwhile) => {
            // Another server on the store that is started with the same directory was quicker.
            auth.catch_up().await.map_err(failed)?;
            let app = auth.unchanged_directory(&path, &content, &secrets).await.map_err(failed)?;
            let app = app.ok_or(auth::Error::DeployedMeanwhile).map_err(failed)?;
            Ok(Imported { app, created: false, path: directory.path })
        }
        Err(error) => Err(failed(error)),
    }
}

/// The folders of pages, for the apps that have one.
pub(super) fn with_pages(imported: &[Imported]) -> HashMap<ClientAppId, PathBuf> {
    let roots = imported.iter().map(|i| (i.app.client_app_id.clone(), pages_of(&i.path)));
    roots.filter(|(_, root)| has_page(root)).collect()
}

/// The apps for the ready line: the given directories' first and in order, then the others of the store.
pub(super) fn ready_apps(
    auth: &Auth,
    imported: &[Imported],
    pages: &HashMap<ClientAppId, PathBuf>,
    page_origin: Option<&str>,
) -> Vec<ReadyApp> {
    let mut ready: Vec<ReadyApp> = Vec::new();
    let given = imported.iter().map(|i| (Arc::clone(&i.app), i.created, Some(i.path.clone())));
    let others = auth.apps().into_iter().map(|app| (app, false, None));
    for (app, created, directory) in given.chain(others) {
        if ready.iter().any(|r| r.client_app_id == app.client_app_id) {
            continue;
        }
        let page = page_origin.filter(|_| pages.contains_key(&app.client_app_id));
        ready.push(ReadyApp {
            client_app_id: app.client_app_id.clone(),
            name: app.config.name.clone(),
            created,
            try_url: page.map(|origin| format!("{origin}/{}/", app.client_app_id)),
            directory,
            takes_guests: app.config.provider(ProviderType::AnonUser).is_some_and(|p| !p.disabled),
        });
    }
    ready
}
