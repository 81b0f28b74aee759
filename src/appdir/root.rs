//! The root file: which one it is when there are several or none, and what it says.

use serde_json::{Map, Value};

use super::json::{Source, quoted};
use super::layout::{APP_META, META, OLD_PROVIDERS, PROVIDERS};
use super::parse::parse;
use super::problem::{Findings, Problem, did_you_mean};
use super::spot::Spot;
use super::tree::Tree;
use crate::model::{AppId, ClientAppId, Format};

/// Where an app ran when its root does not say.
pub(super) const DEPLOYMENT_MODEL: &str = "GLOBAL";

/// Longest name of an app: twice what the original allowed, since its own tests went beyond.
const LONGEST_NAME: usize = 64;

/// What the root files and the noted ids say together.
pub(super) struct Root {
    pub(super) format: Format,
    /// The root file that counts, with what only other root files have behind it.
    pub(super) map: Map<String, Value>,
    pub(super) name: Option<String>,
    pub(super) client_app_id: Option<ClientAppId>,
    pub(super) app_id: Option<AppId>,
    pub(super) allowed_request_origins: Vec<String>,
}

/// Ids and the version as a tool noted them.
#[derive(Default)]
struct Meta {
    format: Option<Format>,
    app_id: Option<AppId>,
    client_app_id: Option<ClientAppId>,
}

/// One root file.
struct RootFile {
    file: &'static str,
    format: Format,
    /// Whether the file says its version, or never does.
    is_sure: bool,
    map: Map<String, Value>,
    name: Option<String>,
    client_app_id: Option<ClientAppId>,
    /// `None` where the file does not speak of origins.
    origins: Option<Vec<String>>,
}

/// Reads the root files and noted ids of a tree that is an app.
pub(super) fn read(tree: &Tree, findings: &mut Findings) -> Root {
    let meta = read_meta(tree, findings);
    let newest_first = Format::ALL.into_iter().rev();
    let mut files: Vec<RootFile> =
        newest_first.filter_map(|format| read_file(tree, format, findings)).collect();
    set_aside(&mut files, findings);
    let noted = files.iter().position(|file| Some(file.format) == meta.format);
    if let Some(noted) = noted {
        let file = files.remove(noted);
        files.insert(0, file);
    }
    let mut files = files.into_iter();
    let Some(first) = files.next() else {
        let format = format_without_root(tree, &meta);
        let Meta { app_id, client_app_id, .. } = meta;
        return Root {
            format,
            map: Map::new(),
            name: None,
            client_app_id,
            app_id,
            allowed_request_origins: Vec::new(),
        };
    };
    let file = files.fold(first, |first, other| merge(first, other, findings));
    let client_app_id = agreed_id(&file, meta.client_app_id, findings);
    Root {
        format: file.format,
        map: file.map,
        name: file.name,
        client_app_id,
        app_id: meta.app_id,
        allowed_request_origins: file.origins.unwrap_or_default(),
    }
}

/// Whether `name` may be an app's: a letter, then ASCII letters, digits, `_`, `-`.
pub fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// The app name nearest to a text, 1 to 32 characters as the original had them.
pub(super) fn name_from(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphabetic() => name.push(c),
            '0'..='9' | '_' if !name.is_empty() => name.push(c),
            _ if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    name.truncate(32);
    let name = name.trim_end_matches('-');
    if name.is_empty() { "app".to_owned() } else { name.to_owned() }
}

/// The text of a root key, unless it is missing or empty.
pub(super) fn said<'a>(root: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    root.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The origins that a root allows. The older versions keep them under `security`; in a mix, the version's own place
/// counts.
pub(super) fn origins(root: &Map<String, Value>, format: Format) -> Option<Vec<String>> {
    let top = root.get("allowed_request_origins").and_then(Value::as_array);
    let security =
        root.get("security").and_then(|security| security.get("allowed_request_origins")?.as_array());
    let list = if keeps_origins_in_security(format) { security.or(top) } else { top.or(security) };
    list.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Whether a version keeps its origins under `security`.
pub(super) fn keeps_origins_in_security(format: Format) -> bool {
    format < Format::V20210101
}

fn format_without_root(tree: &Tree, meta: &Meta) -> Format {
    let has_meta = [META, APP_META].iter().any(|path| tree.0.contains_key(*path));
    let only_old =
        !tree.0.contains_key(PROVIDERS) && tree.0.keys().any(|path| path.starts_with(OLD_PROVIDERS));
    match meta.format {
        Some(format) => format,
        None if has_meta => Format::V20230101,
        None if only_old => Format::V20200603,
        None => Format::V20210101,
    }
}

fn read_meta(tree: &Tree, findings: &mut Findings) -> Meta {
    let mut meta = Meta::default();
    let found = [META, APP_META].into_iter().find_map(|path| Some((path, tree.0.get(path)?)));
    let Some((path, bytes)) = found else { return meta };
    let Some(source) = Source::new(path, bytes, findings) else { return meta };
    let Some(node) = parse(&source, findings) else { return meta };
    let spot = Spot::whole(&source, &node);
    if spot.object(findings).is_none() {
        return meta;
    }
    meta.format = spot.given("config_version").and_then(|version| read_version(&version, findings));
    if let Some((id, text)) = filled(&spot, "app_id", findings) {
        meta.app_id = text.parse().ok();
        if meta.app_id.is_none() {
            // Only a tool's note: without it the app is found by the id that clients know.
            let message = format!("expected an id of 24 hex digits, found {}: passed over", quoted(text));
            findings.warn(id.problem(message));
        }
    }
    meta.client_app_id = read_client_app_id(&spot, "client_app_id", findings);
    meta
}

fn read_file(tree: &Tree, named: Format, findings: &mut Findings) -> Option<RootFile> {
    let file = named.root_file();
    let source = Source::new(file, tree.0.get(file)?, findings)?;
    let node = parse(&source, findings)?;
    let spot = Spot::whole(&source, &node);
    spot.object(findings)?;
    let declared = spot.given("config_version");
    let is_sure = declared.is_some() || named == Format::V20230101;
    let format = match &declared {
        Some(version) => read_version(version, findings).unwrap_or(named),
        None => named,
    };
    if format != named
        && let Some(version) = declared
    {
        let message = format!("expected {named} in a file of this name, found {format}: the number decides");
        findings.warn(version.problem(message));
    }
    let name = read_name(&spot, findings);
    let client_app_id = read_client_app_id(&spot, "app_id", findings);
    for key in ["location", "deployment_model"] {
        filled(&spot, key, findings);
    }
    check_origins(&spot, findings);
    let map = match node.to_value() {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    Some(RootFile { file, format, is_sure, origins: origins(&map, format), map, name, client_app_id })
}

/// The text of a key, unless it is missing, null or empty, as exports of the original have it.
fn filled<'a>(spot: &Spot<'a>, key: &str, findings: &mut Findings) -> Option<(Spot<'a>, &'a str)> {
    let value = spot.given(key)?;
    let text = value.text(findings)?;
    (!text.is_empty()).then_some((value, text))
}

pub(super) fn read_version(version: &Spot<'_>, findings: &mut Findings) -> Option<Format> {
    let text = version.node().describe();
    let found = Format::ALL.into_iter().find(|format| format.to_string() == text);
    if found.is_none() {
        let known = Format::ALL.map(|format| format.to_string());
        let bare = text.trim_matches('"');
        let hint = match known.iter().find(|number| *number == bare) {
            Some(number) => Some(format!("write {number} without quotes")),
            None => did_you_mean(bare, known.iter().map(String::as_str)).map(|hint| hint.replace('"', "")),
        };
        version.expected(&format!("one of the versions {}", known.join(", ")), hint, findings);
    }
    found
}

fn read_name(spot: &Spot<'_>, findings: &mut Findings) -> Option<String> {
    let (value, name) = filled(spot, "name", findings)?;
    if is_name(name) {
        return Some(name.to_owned());
    }
    let hint = (!name.starts_with('<')).then(|| format!("did you mean \"{}\"?", name_from(name)));
    let rule =
        format!("a name of at most {LONGEST_NAME} ASCII letters, digits, `_`, `-`, beginning with a letter");
    value.expected(&rule, hint, findings);
    None
}

fn read_client_app_id(spot: &Spot<'_>, key: &str, findings: &mut Findings) -> Option<ClientAppId> {
    let (value, text) = filled(spot, key, findings)?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        value.expected(
            "an app id of ASCII letters, digits, `_`, `-`, `.`, such as news-abcde",
            None,
            findings,
        );
    }
    parsed
}

fn check_origins(spot: &Spot<'_>, findings: &mut Findings) {
    let top = spot.given("allowed_request_origins");
    let security = spot.given("security").and_then(|security| {
        security.object(findings)?;
        security.given("allowed_request_origins")
    });
    if let (Some(top), Some(security)) = (&top, &security)
        && top.node().to_value() != security.node().to_value()
    {
        let message = "the origins here are not those under `security`: the older versions go by those there, the \
                       newer ones by these";
        findings.warn(top.problem(message.to_owned()));
    }
    for list in [top, security].into_iter().flatten() {
        for origin in list.list(findings).unwrap_or_default() {
            if let Some(text) = origin.text(findings)
                && !is_origin(text)
                && !findings.has_warned_enough()
            {
                let message =
                    format!("expected an origin such as https://example.com:8080, found {}", quoted(text));
                findings.warn(origin.problem(message).with_hint(origin_hint(text)));
            }
        }
    }
}

/// Whether a text has the form in which browsers send origins, `scheme://host[:port]`.
fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    // An IPv6 address has colons of its own, inside brackets.
    let after_address = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (host, port) = match after_address {
        Some((address, "")) => (address, None),
        Some((address, port)) => (address, port.strip_prefix(':').or(Some(""))),
        None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    let in_host =
        |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#' | '@' | '*' | '"' | '[' | ']');
    is_scheme
        && !host.is_empty()
        && host.chars().all(in_host)
        && (after_address.is_some() || !host.contains(':'))
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn origin_hint(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    if lower == "*" {
        return Some("an empty list allows every origin".to_owned());
    }
    let with_scheme = if lower.contains("://") { lower } else { format!("https://{lower}") };
    let (scheme, rest) = with_scheme.split_once("://")?;
    let origin = format!("{scheme}://{}", rest.split(['/', '?', '#']).next()?);
    is_origin(&origin).then(|| format!("did you mean \"{origin}\"?"))
}

/// Passes over files that are called like a root but do not say a version, when another root stands beside them.
fn set_aside(files: &mut Vec<RootFile>, findings: &mut Findings) {
    let Some(sure) = files.iter().find(|file| file.is_sure).map(|file| file.file) else { return };
    files.retain(|file| {
        if !file.is_sure {
            let message =
                format!("expected a `config_version`, found none: passed over, `{sure}` stands beside it");
            findings.warn(Problem::of_file(file.file, message));
        }
        file.is_sure
    });
}

/// Fills what `first` lacks from `other`, so that a mix of two versions loses nothing.
fn merge(mut first: RootFile, other: RootFile, findings: &mut Findings) -> RootFile {
    let message = format!(
        "`{}` stands beside it and counts: from here comes only what that one lacks, and an export merges the two",
        first.file
    );
    findings.warn(Problem::of_file(other.file, message));
    first.name = first.name.or(other.name);
    first.client_app_id = first.client_app_id.or(other.client_app_id);
    first.origins = first.origins.or(other.origins);
    let has_origins = first.map.contains_key("allowed_request_origins");
    for (key, value) in other.map {
        let is_settled = match key.as_str() {
            "config_version" | "app_id" | "name" | "allowed_request_origins" => true,
            "security" => has_origins,
            _ => false,
        };
        if !is_settled {
            first.map.entry(key).or_insert(value);
        }
    }
    first
}

/// The id that the root file says, else the noted one; and a warning if nothing says the version.
fn agreed_id(file: &RootFile, noted: Option<ClientAppId>, findings: &mut Findings) -> Option<ClientAppId> {
    if !file.is_sure {
        let message = format!("expected a `config_version`, found none: read as {}", file.format);
        findings.warn(Problem::of_file(file.file, message));
    }
    match (&file.client_app_id, noted) {
        (Some(said), Some(noted)) if *said != noted => {
            let message = format!("the app id {said} is not the noted {noted}: the root file decides");
            findings.warn(Problem::of_file(file.file, message));
            Some(said.clone())
        }
        (Some(said), _) => Some(said.clone()),
        (None, noted) => noted,
    }
}
