//! Providers, in both layouts.

use serde_json::Map;

use super::json::{Shape, Source, quoted};
use super::layout::{PROVIDERS, old_provider};
use super::parse::parse;
use super::problem::{Findings, Problem, did_you_mean, nearest};
use super::spot::Spot;
use super::tree::Tree;
use crate::model::{Format, Provider, ProviderType};

/// Keys of which we know what they are. Others are kept all the same.
const KEYS: [&str; 10] = [
    "_id",
    "id",
    "name",
    "type",
    "disabled",
    "config",
    "secret_config",
    "metadata_fields",
    "redirect_uris",
    "domain_restrictions",
];

/// The providers that a directory gives, at most one of a type: the newer layout's in their order, then those that
/// only the older one has. A directory of the older versions has no order of its own, so theirs go by type.
pub(super) fn read(tree: &Tree, format: Format, findings: &mut Findings) -> Vec<Provider> {
    let mut providers = Vec::new();
    if let Some(bytes) = tree.0.get(PROVIDERS)
        && let Some(source) = Source::new(PROVIDERS, bytes, findings)
        && let Some(node) = parse(&source, findings)
    {
        for (name, spot) in Spot::whole(&source, &node).object(findings).unwrap_or_default() {
            if findings.is_full() {
                break;
            }
            add(&mut providers, 0, name, &spot, findings);
        }
    }
    let newer = providers.len();
    for (path, bytes) in &tree.0 {
        if let Some(name) = old_provider(path)
            && let Some(source) = Source::new(path, bytes, findings)
            && let Some(node) = parse(&source, findings)
        {
            add(&mut providers, newer, name, &Spot::whole(&source, &node), findings);
        }
    }
    if format < Format::V20210101 {
        providers.sort_by_key(|provider| provider.kind.as_str());
    }
    providers
}

/// Adds a provider unless there is one of its type: among the first `newer`, it wins; elsewhere nobody can tell which
/// is meant.
fn add(providers: &mut Vec<Provider>, newer: usize, name: &str, spot: &Spot<'_>, findings: &mut Findings) {
    let Some(provider) = read_provider(name, spot, findings) else { return };
    match providers.iter().position(|other| other.kind == provider.kind) {
        None => providers.push(provider),
        Some(index) if index < newer => {
            let message =
                format!("`{}` stands in `{PROVIDERS}` too, which decides: passed over", provider.kind);
            findings.warn(spot.problem_with_key(message));
        }
        Some(_) => {
            let message =
                format!("expected one provider of a type, found another of type \"{}\"", provider.kind);
            findings.error(spot.problem_with_key(message));
        }
    }
}

fn read_provider(called: &str, spot: &Spot<'_>, findings: &mut Findings) -> Option<Provider> {
    let members = spot.object(findings)?;
    let kind = read_type(called, spot, findings);
    let disabled = spot.get("disabled").and_then(|disabled| disabled.bool(findings)).unwrap_or(false);
    let id = ["id", "_id"].iter().find_map(|key| {
        let spot = spot.given(key)?;
        let text = spot.text(findings).filter(|text| !text.is_empty())?;
        let id = text.parse().ok();
        if id.is_none() {
            spot.expected("an id of 24 hex digits", None, findings);
        }
        id
    });
    let kind = kind?;
    let absent: Vec<&str> = KEYS.into_iter().filter(|known| spot.get(known).is_none()).collect();
    let mut rest = Map::new();
    let mut key_order = Vec::new();
    for (key, value) in members {
        match key {
            "config" if matches!(kind, ProviderType::AnonUser | ProviderType::ApiKey) => {
                let message =
                    format!("expected no `config`, since \"{kind}\" has nothing to configure: left out");
                findings.warn(value.problem_with_key(message));
                continue;
            }
            "id" | "_id" if id.is_none() => continue,
            "id" | "_id" | "name" | "type" | "disabled" => {}
            _ => {
                check_member(key, &absent, &value, findings);
                rest.insert(key.to_owned(), value.node().to_value());
            }
        }
        key_order.push(key.to_owned());
    }
    Some(Provider { kind, id, disabled, rest, key_order })
}

/// The type as `type` says it, else as the name does; the name is made to agree.
fn read_type(called: &str, spot: &Spot<'_>, findings: &mut Findings) -> Option<ProviderType> {
    let name = match spot.given("name") {
        Some(value) => value.text(findings).filter(|name| !name.is_empty()).map(|name| (value, name)),
        None => None,
    };
    let said = match spot.given("type") {
        Some(value) => Some((value.text(findings)?, value)).filter(|(text, _)| !text.is_empty()),
        None => None,
    };
    let Some((text, value)) = said else {
        return type_from_name(name.map_or(called, |(_, name)| name), spot, findings);
    };
    let Ok(kind) = text.parse::<ProviderType>() else {
        value.expected("the type of a provider", type_hint(text), findings);
        return None;
    };
    if let Some((value, name)) = name.filter(|(_, name)| *name != kind.as_str()) {
        let message = format!("expected the name \"{kind}\", since that is the type, found {}", quoted(name));
        findings.warn(value.problem(format!("{message}: the type decides")));
    } else if called != kind.as_str() {
        let message =
            format!("expected it to be called {kind}, since that is the type, found {}", quoted(called));
        findings.warn(spot.problem_with_key(format!("{message}: the type decides")));
    }
    Some(kind)
}

/// The type of a provider that does not say it.
fn type_from_name(name: &str, spot: &Spot<'_>, findings: &mut Findings) -> Option<ProviderType> {
    let kind = name.parse().ok();
    let missing = spot.problem("expected a `type`, found none".to_owned());
    match kind {
        Some(kind) => findings.warn(Problem {
            message: format!("{}: taken to be \"{kind}\", its name", missing.message),
            ..missing
        }),
        None => findings.error(missing.with_hint(type_hint(name))),
    }
    kind
}

/// The type that was probably meant, else all there are.
fn type_hint(text: &str) -> Option<String> {
    let names = ProviderType::ALL.map(ProviderType::as_str);
    did_you_mean(text, names).or_else(|| Some(format!("the types are {}", names.join(", "))))
}

/// Checks the shape of a member that is kept as it is, or says what a misspelt one was probably meant to be.
/// `absent` are the keys that its provider does not have.
fn check_member(key: &str, absent: &[&str], value: &Spot<'_>, findings: &mut Findings) {
    if matches!(value.node().shape, Shape::Null) {
        return;
    }
    match key {
        "config" | "secret_config" => {
            value.object(findings);
        }
        "redirect_uris" | "domain_restrictions" => {
            for text in value.list(findings).unwrap_or_default() {
                text.text(findings);
            }
        }
        "metadata_fields" => {
            for field in value.list(findings).unwrap_or_default() {
                field.object(findings);
            }
        }
        _ if findings.has_warned_enough() => {}
        _ => {
            if let Some(meant) = nearest(key, absent.iter().copied()) {
                let message =
                    format!("expected a key that we know, found {}: kept, without effect", quoted(key));
                findings.warn(
                    value.problem_with_key(message).with_hint(Some(format!("did you mean \"{meant}\"?"))),
                );
            }
        }
    }
}
