//! From an object to a tree.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::parts::{Given, minted};
use super::{FILES, Payload, Shape, is_absent};
use crate::appdir::json::Source;
use crate::appdir::layout::{META, OLD_PROVIDERS, PROVIDERS, SECRETS};
use crate::appdir::parse::parse;
use crate::appdir::problem::{Findings, Problem, Problems};
use crate::appdir::spot::Spot;
use crate::appdir::tree::{Tree, check_path};
use crate::appdir::write::text_of;
use crate::appdir::{read as read_tree, root};
use crate::model::{Format, ProviderType, check_secret};

/// What messages call the object.
const BODY: &str = "body";

/// Reads an object of the version that it says, or of `format`.
pub(super) fn read(body: &[u8], format: Option<Format>) -> Result<Payload, Problems> {
    let mut findings = Findings::default();
    let payload = Source::new(BODY, body, &mut findings).and_then(|source| {
        let node = parse(&source, &mut findings)?;
        let spot = Spot::whole(&source, &node);
        let format = match format {
            Some(format) => format,
            None => version(&spot, &mut findings)?,
        };
        Some(Reading::new(&mut findings).whole(&spot, format))
    });
    match payload {
        Some((tree, places)) if findings.errors.is_empty() => checked(tree, &places, findings.warnings),
        _ => Err(Problems(findings.errors)),
    }
}

/// Reads the tree as an app, so that every problem of it is told with its place in the object.
fn checked(
    (tree, format): (Tree, Format),
    places: &BTreeMap<String, String>,
    mut warnings: Vec<Problem>,
) -> Result<Payload, Problems> {
    let placed = |problem: Problem| {
        let prefix = places.get(&problem.file).map_or("$", String::as_str);
        let inside = problem.json_path.as_deref().and_then(|path| path.strip_prefix('$')).unwrap_or_default();
        let json_path = Some(format!("{prefix}{inside}"));
        Problem { file: BODY.to_owned(), line: None, column: None, json_path, ..problem }
    };
    match read_tree::read(&tree, "app") {
        Ok(import) => {
            warnings.extend(import.warnings.into_iter().map(placed));
            Ok(Payload { tree, format, warnings })
        }
        Err(problems) => Err(Problems(problems.0.into_iter().map(placed).collect())),
    }
}

fn version(spot: &Spot<'_>, findings: &mut Findings) -> Option<Format> {
    spot.object(findings)?;
    let Some(version) = spot.given("config_version") else { return Some(Format::V20180301) };
    let format = root::read_version(&version, findings)?;
    if format == Format::V20230101 {
        version.expected("one of the versions 20180301, 20200603, 20210101", None, findings);
        return None;
    }
    Some(format)
}

pub(super) struct Reading<'f> {
    files: BTreeMap<String, Vec<u8>>,
    /// Where in the object a file comes from.
    places: BTreeMap<String, String>,
    /// Values of secrets by name.
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) findings: &'f mut Findings,
}

impl<'f> Reading<'f> {
    fn new(findings: &'f mut Findings) -> Reading<'f> {
        Reading { files: BTreeMap::new(), places: BTreeMap::new(), secrets: BTreeMap::new(), findings }
    }

    fn whole(mut self, spot: &Spot<'_>, format: Format) -> ((Tree, Format), BTreeMap<String, String>) {
        let shape = Shape::of(format);
        let given = |key: &str| spot.given(key).filter(|value| !is_absent(&value.node().to_value()));
        let secrets = given("secrets").filter(|_| shape != Shape::Newest);
        let of = |key: &str| secrets.as_ref().and_then(|secrets| secrets.given(key));
        let mut of_providers = self.secrets(of("auth_providers"));
        let mut of_services = self.secrets(of("services"));
        self.root(spot, shape, format);
        self.providers(&given, shape, &mut of_providers);
        match (shape, given("functions")) {
            (_, None) => {}
            (Shape::Newer, Some(functions)) => self.function_tree(&functions),
            (shape, Some(functions)) => self.function_list(&functions, shape == Shape::Newest),
        }
        for (section, list) in FILES.iter().filter_map(|key| Some((*key, given(key)?))) {
            for item in list.list(self.findings).unwrap_or_default() {
                if let Some(name) = self.name(&item, section, false) {
                    self.put(&format!("{section}/{name}.json"), text_of(&item.node().to_value()), &item);
                }
            }
        }
        for (section, list) in shape.services().iter().filter_map(|key| Some((*key, given(key)?))) {
            self.services(section, &list, &mut of_services);
        }
        for (key, path) in shape.singles() {
            self.single(given(key), path);
        }
        for (outer, key, path) in shape.nested() {
            let inner = given(outer).and_then(|outer| outer.given(key));
            self.single(inner.filter(|value| !is_absent(&value.node().to_value())), path);
        }
        self.resolvers(given("graphql"));
        self.endpoints(given("endpoints"), shape);
        self.environments(given("environments"));
        if shape == Shape::Newest {
            self.schemas(given("schemas"));
        }
        self.left_secrets(of_providers);
        self.left_secrets(of_services);
        self.put_secrets();
        ((Tree(self.files), format), self.places)
    }

    /// Puts a file into the tree, unless it could not be there.
    pub(super) fn put(&mut self, path: &str, bytes: Vec<u8>, spot: &Spot<'_>) {
        if let Err(reason) = check_path(path) {
            return self.findings.error(spot.problem(format!("expected a name for a file, found {reason}")));
        }
        self.places.insert(path.to_owned(), spot.path().to_owned());
        if self.files.insert(path.to_owned(), bytes).is_some() {
            self.findings.error(spot.problem(format!("expected one of each, found another `{path}`")));
        }
    }

    /// The object of a key that has to be there.
    pub(super) fn needed<'a>(&mut self, spot: &Spot<'a>, key: &str) -> Option<Spot<'a>> {
        spot.object(self.findings)?;
        let Some(value) = spot.given(key) else {
            self.findings.error(spot.problem(format!("expected a `{key}`, found none")));
            return None;
        };
        value.object(self.findings)?;
        Some(value)
    }

    /// The name by which a file or a directory is called.
    pub(super) fn name(&mut self, spot: &Spot<'_>, what: &str, is_path: bool) -> Option<String> {
        spot.object(self.findings)?;
        let Some(value) = spot.given("name") else {
            let what = what.trim_end_matches('/');
            self.findings.error(spot.problem(format!("expected a `name` in `{what}`, found none")));
            return None;
        };
        let name = value.text(self.findings)?;
        if check_path(name).is_err() || (!is_path && name.contains('/')) {
            value.expected("a name that can be a file's", None, self.findings);
            return None;
        }
        Some(name.to_owned())
    }

    fn single(&mut self, value: Option<Spot<'_>>, path: &str) {
        if let Some(value) = value
            && value.object(self.findings).is_some()
        {
            self.put(path, text_of(&value.node().to_value()), &value);
        }
    }

    fn root(&mut self, spot: &Spot<'_>, shape: Shape, format: Format) {
        let members = spot.object(self.findings).unwrap_or_default();
        let kept = members.into_iter().map(|(key, value)| (key, value.node().to_value()));
        let kept = kept.filter(|(key, value)| !shape.is_section(key) && !is_absent(value));
        let mut root: Map<String, Value> = kept.map(|(key, value)| (key.to_owned(), value)).collect();
        if shape == Shape::Newest {
            let meta = text_of(&serde_json::json!({ "config_version": format.number() }));
            self.files.insert(META.to_owned(), meta);
        } else {
            root.insert("config_version".to_owned(), format.number().into());
        }
        self.put(format.root_file(), text_of(&root), spot);
    }

    fn providers<'a>(&mut self, given: &dyn Fn(&str) -> Option<Spot<'a>>, shape: Shape, secrets: &mut Given) {
        let (place, items): (Option<Spot<'a>>, Vec<Spot<'a>>) = match shape {
            Shape::Newer => {
                let map = given("auth").and_then(|auth| auth.given("providers"));
                let members = map.as_ref().and_then(|map| map.object(self.findings)).unwrap_or_default();
                (map, members.into_iter().map(|(_, item)| item).collect())
            }
            _ => {
                let list = given("auth_providers");
                let items = list.as_ref().and_then(|list| list.list(self.findings)).unwrap_or_default();
                (list, items)
            }
        };
        let mut named = Map::new();
        for item in items {
            let Some(kind) = self.provider_type(&item) else { continue };
            let mut value = item.node().to_value();
            if let (Some(map), Some(secrets)) = (value.as_object_mut(), secrets.remove(kind.as_str())) {
                self.name_secrets(kind.as_str(), map, secrets);
            }
            if shape == Shape::Older {
                self.put(&format!("{OLD_PROVIDERS}{kind}.json"), text_of(&value), &item);
            } else if named.insert(kind.to_string(), value).is_some() {
                let message = format!("expected one provider of a type, found another of type \"{kind}\"");
                self.findings.error(item.problem(message));
            }
        }
        if let Some(place) = place.filter(|_| !named.is_empty()) {
            self.put(PROVIDERS, text_of(&named), &place);
        }
    }

    fn provider_type(&mut self, item: &Spot<'_>) -> Option<ProviderType> {
        item.object(self.findings)?;
        let Some(said) = item.given("type").or_else(|| item.given("name")) else {
            self.findings.error(item.problem("expected a `type`, found none".to_owned()));
            return None;
        };
        let kind = said.text(self.findings)?.parse().ok();
        if kind.is_none() {
            said.expected("the type of a provider", None, self.findings);
        }
        kind
    }

    fn resolvers(&mut self, graphql: Option<Spot<'_>>) {
        let list = graphql.and_then(|graphql| graphql.given("custom_resolvers"));
        for item in list.and_then(|list| list.list(self.findings)).unwrap_or_default() {
            if item.object(self.findings).is_none() {
                continue;
            }
            let word = |key: &str| item.given(key).and_then(|value| Some(text_in(&value)?.to_owned()));
            match (word("on_type"), word("field_name")) {
                (Some(on), Some(field)) if !on.contains('/') && !field.contains('/') => {
                    let path = format!("graphql/custom_resolvers/{on}_{field}.json");
                    self.put(&path, text_of(&item.node().to_value()), &item);
                }
                _ => {
                    let message = "expected an `on_type` and a `field_name`, found none or another kind";
                    self.findings.error(item.problem(message.to_owned()));
                }
            }
        }
    }

    fn endpoints(&mut self, endpoints: Option<Spot<'_>>, shape: Shape) {
        let (list, path) = match shape {
            Shape::Older => return,
            Shape::Newer => (endpoints.and_then(|outer| outer.given("config")), "http_endpoints/config.json"),
            Shape::Newest => (endpoints, "https_endpoints/config.json"),
        };
        if let Some(list) = list
            && list.list(self.findings).is_some_and(|items| !items.is_empty())
        {
            self.put(path, text_of(&list.node().to_value()), &list);
        }
    }

    fn environments(&mut self, environments: Option<Spot<'_>>) {
        let files = environments.and_then(|files| files.object(self.findings)).unwrap_or_default();
        for (file, value) in files {
            let name = file.strip_suffix(".json").unwrap_or(file);
            if name.contains('/') {
                self.findings.error(value.problem("expected the name of an environment".to_owned()));
            } else if value.object(self.findings).is_some() {
                self.put(&format!("environments/{name}.json"), text_of(&value.node().to_value()), &value);
            }
        }
    }

    fn schemas(&mut self, schemas: Option<Spot<'_>>) {
        let list = schemas.and_then(|list| list.list(self.findings)).unwrap_or_default();
        for (index, item) in list.into_iter().enumerate() {
            self.put(&format!("schemas/{index:05}.json"), text_of(&item.node().to_value()), &item);
        }
    }

    /// Secrets of owners that are not in the object: they are set by name all the same.
    fn left_secrets(&mut self, given: Given) {
        for (owner, secrets) in given {
            for (key, values) in secrets {
                let names = minted(&owner, &key, values.len());
                self.secrets.extend(names.into_iter().zip(values));
            }
        }
    }

    fn put_secrets(&mut self) {
        let secrets = std::mem::take(&mut self.secrets);
        for (name, value) in &secrets {
            if let Err(rule) = check_secret(name, value) {
                let problem = Problem::of_file(BODY, rule.to_owned());
                self.findings.error(Problem { json_path: Some("$.secrets".to_owned()), ..problem });
            }
        }
        if !secrets.is_empty() {
            self.places.insert(SECRETS.to_owned(), "$.secrets".to_owned());
            self.files.insert(SECRETS.to_owned(), text_of(&secrets));
        }
    }
}

fn text_in<'a>(spot: &Spot<'a>) -> Option<&'a str> {
    match &spot.node().shape {
        crate::appdir::json::Shape::Text(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
        _ => None,
    }
}
