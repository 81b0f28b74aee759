//! From a tree to a configuration.

use super::layout::{Part, is_app, no_app, part};
use super::problem::{Findings, Problem, Problems};
use super::tree::Tree;
use super::{entities, providers, root, secrets, settings};
use crate::model::{AppConfig, AppId, ClientAppId, Secret, default_location};

/// What an app directory holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The id by which clients know the app. `None`: the app is new, or is known otherwise.
    pub client_app_id: Option<ClientAppId>,
    /// The app's own id, if a tool noted it.
    pub app_id: Option<AppId>,
    /// The configuration. Its settings are the defaults where the directory gives none.
    pub config: AppConfig,
    /// Whether the directory gives settings. If not, those of an app that exists stay.
    pub settings_given: bool,
    /// Values of secrets, by their names in the app. They are in none of the files.
    pub secrets: Vec<(String, Secret<String>)>,
    /// What is not interpreted yet, byte for byte, sorted by path.
    pub files: Vec<(String, Vec<u8>)>,
    /// What is no part of the app, sorted by path.
    pub ignored: Vec<String>,
    /// What was put right or left out.
    pub warnings: Vec<Problem>,
}

/// Reads an app directory of any version. An app whose root gives no name gets one made of `fallback_name`, which is
/// the directory's name. The error holds every problem, not just the first.
pub fn read(tree: &Tree, fallback_name: &str) -> Result<Import, Problems> {
    let mut findings = Findings::default();
    tree.check_paths(&mut findings);
    if !findings.errors.is_empty() {
        return Err(Problems(findings.errors));
    }
    if !is_app(tree) {
        return Err(Problems(vec![no_app(tree)]));
    }
    let root = root::read(tree, &mut findings);
    let providers = providers::read(tree, root.format, &mut findings);
    let secrets = secrets::read(tree, &providers, &mut findings);
    let settings = settings::read(tree, &mut findings);
    let mut files = Vec::new();
    let mut ignored = Vec::new();
    for (path, bytes) in &tree.0 {
        match part(path) {
            Part::Section => files.push((path.clone(), bytes.clone())),
            Part::Stranger => ignored.push(path.clone()),
            Part::Root(_)
            | Part::Meta
            | Part::Providers
            | Part::OldProvider
            | Part::Settings
            | Part::Secrets => {}
        }
    }
    if !findings.errors.is_empty() {
        return Err(Problems(findings.errors));
    }
    let said = |key, default: &str| root::said(&root.map, key).unwrap_or(default).to_owned();
    let config = AppConfig {
        format: root.format,
        name: root.name.unwrap_or_else(|| root::name_from(fallback_name)),
        allowed_request_origins: root.allowed_request_origins,
        deployment_model: said("deployment_model", root::DEPLOYMENT_MODEL),
        location: said("location", default_location()),
        root: root.map,
        providers,
        settings: settings.clone().unwrap_or_default(),
        ids: entities::entity_ids(&files),
    };
    Ok(Import {
        client_app_id: root.client_app_id,
        app_id: root.app_id,
        config,
        settings_given: settings.is_some(),
        secrets,
        files,
        ignored,
        warnings: findings.warnings,
    })
}
