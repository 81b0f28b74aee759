//! `secrets.json`: values that come in and never go out. Nothing here says one, in no message.

use super::json::{Member, Node, Shape, Source};
use super::layout::SECRETS;
use super::parse::parse;
use super::problem::{Findings, Problem};
use super::tree::Tree;
use crate::model::{Provider, Secret, check_secret};

/// Values by the names that they get in the app.
pub(super) type Secrets = Vec<(String, Secret<String>)>;

/// Reads `secrets.json`. `{"auth_providers": {"oauth2-google": {"clientSecret": "…"}}}` sets the secret that the
/// provider's `secret_config` names; beside it, `{"name": "…"}` sets a secret by its name.
pub(super) fn read(tree: &Tree, providers: &[Provider], findings: &mut Findings) -> Secrets {
    let Some(bytes) = tree.0.get(SECRETS) else { return Vec::new() };
    // What reading comes upon is kept apart: its words may repeat a value.
    let mut own = Findings::default();
    let whole = Source::new(SECRETS, bytes, &mut own)
        .and_then(|source| parse(&source, &mut own).map(|node| (source.text, node)));
    if let Some(problem) = own.errors.first() {
        let message = "expected JSON, found something else, of which nothing is repeated here".to_owned();
        let (line, column) = (problem.line, problem.column);
        findings.error(Problem { line, column, ..Problem::of_file(SECRETS, message) });
        return Vec::new();
    }
    own.warnings.into_iter().for_each(|warning| findings.warn(warning));
    let Some((text, node)) = whole else { return Vec::new() };
    let mut reading = Reading { source: Source { file: SECRETS, text }, findings, secrets: Vec::new() };
    reading.whole(&node, providers);
    reading.secrets
}

struct Reading<'a, 'f> {
    source: Source<'a>,
    findings: &'f mut Findings,
    secrets: Secrets,
}

impl Reading<'_, '_> {
    fn whole(&mut self, node: &Node, providers: &[Provider]) {
        let Shape::Object(members) = &node.shape else { return self.wrong(node.at, "an object") };
        for member in members {
            match (member.key.as_str(), &member.node.shape) {
                ("auth_providers", Shape::Object(of_providers)) => {
                    of_providers.iter().for_each(|one| self.of_provider(one, providers));
                }
                ("services", Shape::Object(of_services)) => {
                    if !of_services.is_empty() {
                        self.left_out(member, "nothing takes the secrets of services");
                    }
                }
                (name, Shape::Text(value)) => self.set(name, value, member.node.at),
                _ => self.wrong(member.node.at, "a text"),
            }
        }
    }

    fn of_provider(&mut self, member: &Member, providers: &[Provider]) {
        let Shape::Object(options) = &member.node.shape else {
            return self.wrong(member.node.at, "an object");
        };
        let Some(provider) = providers.iter().find(|provider| provider.kind.as_str() == member.key) else {
            return self.left_out(member, "the app has no such provider");
        };
        for option in options {
            let names = provider.rest.get("secret_config").and_then(|config| config.get(&option.key));
            let names: Vec<&str> = match names {
                Some(serde_json::Value::String(name)) => vec![name],
                Some(serde_json::Value::Array(names)) => {
                    names.iter().map(|name| name.as_str().unwrap_or_default()).collect()
                }
                _ => Vec::new(),
            };
            let values: Vec<&Node> = match &option.node.shape {
                Shape::List(values) => values.iter().collect(),
                _ => vec![&option.node],
            };
            if names.len() != values.len() || names.contains(&"") {
                self.left_out(option, "the provider's `secret_config` does not name a secret for each");
                continue;
            }
            for (name, value) in names.into_iter().zip(values) {
                match &value.shape {
                    Shape::Text(text) => self.set(name, text, value.at),
                    _ => self.wrong(value.at, "a text"),
                }
            }
        }
    }

    fn set(&mut self, name: &str, value: &str, at: usize) {
        if let Err(rule) = check_secret(name, value) {
            let problem = self.source.problem(at, None, rule.to_owned());
            return self.findings.error(problem);
        }
        self.secrets.retain(|(other, _)| other != name);
        self.secrets.push((name.to_owned(), Secret::new(value.to_owned())));
    }

    fn wrong(&mut self, at: usize, expected: &str) {
        let message = format!("expected {expected}, found something else");
        self.findings.error(self.source.problem(at, None, message));
    }

    fn left_out(&mut self, member: &Member, why: &str) {
        if !self.findings.has_warned_enough() {
            self.findings.warn(self.source.problem(member.key_at, None, format!("{why}: left out")));
        }
    }
}
