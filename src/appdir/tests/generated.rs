//! Directories that nobody wrote by hand.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::written;
use crate::appdir::{self, Tree, diff, merge, payload_of, read, read_import, read_push, write};
use crate::model::{Format, ProviderType};

const PATHS: [&str; 12] = [
    "stitch.json",
    "config.json",
    "realm_config.json",
    "root_config.json",
    ".mdb/meta.json",
    ".mdb/app_meta.json",
    "auth/providers.json",
    "auth_providers/anon-user.json",
    "auth_providers/api-key.json",
    "passerby.json",
    "functions/config.json",
    "secrets.json",
];

/// Text that is often nearly JSON, since bytes at random are refused at the first one.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"type\"",
        "\"anon-user\"",
        "\"name\"",
        "\"disabled\"",
        "true",
        "null",
        "<boolean>",
        "<",
        "'",
        "\\",
        "\\u0000",
        "//",
        "/*",
        "*/",
        "\n",
        "\r\n",
        " ",
        "1",
        "-",
        "1e",
        "0x",
        "é",
        "\u{feff}",
        "\u{2028}",
        "\0",
        "\"config_version\":",
        "20210101",
        "\"clock\"",
        "\"security\"",
        "\"\\ud800\"",
        "none",
    ]);
    vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let path =
        prop_oneof![4 => prop::sample::select(PATHS.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    let bytes = prop_oneof![3 => nearly_json(), 1 => vec(any::<u8>(), 0..60)];
    btree_map(path, bytes, 0..5).prop_map(Tree)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| json!(number)),
        "[^\\x00]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-z$. ]{0,5}", inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Some of these keys, in any order.
fn some_of(pairs: Vec<(&str, BoxedStrategy<Value>)>) -> BoxedStrategy<Map<String, Value>> {
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(key, value)| {
            let key = key.to_owned();
            option::weighted(0.6, value).prop_map(move |value| value.map(|value| (key.clone(), value)))
        })
        .collect();
    let shuffled = pairs.prop_map(|pairs| pairs.into_iter().flatten().collect::<Vec<_>>()).prop_shuffle();
    shuffled.prop_map(|pairs| pairs.into_iter().collect()).boxed()
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    prop::sample::select(values.to_vec()).boxed()
}

fn provider(kind: ProviderType) -> impl Strategy<Value = Map<String, Value>> {
    let list = || one_of(&[json!([]), json!(["https://example.com/"]), Value::Null]);
    let object = |inner: BoxedStrategy<Value>| inner.prop_map(|value| json!({ "key": value })).boxed();
    let keys = some_of(vec![
        ("id", one_of(&[json!("5f5a0d3f2b0c7e1d4c9a8b76"), json!(""), Value::Null])),
        ("name", one_of(&[json!(kind), json!("other")])),
        ("disabled", any::<bool>().prop_map(Value::from).boxed()),
        ("config", object(value().boxed())),
        ("secret_config", object(value().boxed())),
        ("redirect_uris", list()),
        ("domain_restrictions", list()),
        ("unknown", value().boxed()),
    ]);
    (keys, any::<bool>()).prop_map(move |(mut keys, first)| {
        if first {
            keys.shift_insert(0, "type".to_owned(), json!(kind));
        } else {
            keys.insert("type".to_owned(), json!(kind));
        }
        keys
    })
}

fn root(format: Format) -> BoxedStrategy<Map<String, Value>> {
    let origins =
        one_of(&[json!([]), json!(["https://a.example"]), json!(["https://b.example", "odd"]), Value::Null]);
    let security = origins.clone().prop_map(|origins| json!({"allowed_request_origins": origins}));
    some_of(vec![
        ("config_version", Just(json!(format.number())).boxed()),
        ("app_id", one_of(&[json!("news-abcde"), json!("news-vwxyz"), json!(""), Value::Null])),
        ("name", one_of(&[json!("news"), json!("other"), json!(""), Value::Null])),
        ("location", one_of(&[json!("IE"), json!("US-VA"), json!(""), Value::Null])),
        ("deployment_model", one_of(&[json!("LOCAL"), json!("GLOBAL"), json!("Local")])),
        ("allowed_request_origins", origins),
        ("security", prop_oneof![security, one_of(&[json!({}), Value::Null])].boxed()),
        ("custom_user_data_config", value().boxed()),
        ("unknown", value().boxed()),
    ])
}

fn settings() -> BoxedStrategy<Map<String, Value>> {
    let expiration = some_of(vec![
        ("clock", one_of(&[json!("age"), json!("never"), json!("inactivity")])),
        ("days", (1_u32..=36_500).prop_map(Value::from).boxed()),
    ]);
    some_of(vec![
        ("anonymous_user_expiration", expiration.prop_map(Value::from).boxed()),
        ("access_token", one_of(&[json!({"form": "original"}), json!({"minutes": 1})])),
        ("link_errors", one_of(&[json!("safe"), json!("strict")])),
        ("log_guest_logins", any::<bool>().prop_map(Value::from).boxed()),
    ])
}

/// A directory that can be imported: roots of some versions, providers in either layout, sections, strangers.
fn directory() -> impl Strategy<Value = Tree> {
    let roots = Format::ALL.map(|format| option::weighted(0.4, root(format)));
    let kinds = prop::sample::subsequence(ProviderType::ALL.to_vec(), 1..=8).prop_shuffle();
    let providers = kinds.prop_flat_map(|kinds| {
        let providers: Vec<_> =
            kinds.into_iter().map(|kind| (Just(kind), provider(kind), any::<bool>())).collect();
        providers
    });
    let other = btree_map(
        prop_oneof![
            "(functions|values|hosting/files|https_endpoints)/[a-z]{1,3}/[a-z.]{1,3}[a-z]",
            "[A-Z]{1,4}\\.md"
        ],
        vec(any::<u8>(), 0..20),
        0..4,
    );
    (roots, providers, option::of(settings()), other).prop_map(|(roots, providers, settings, other)| {
        let mut tree = Tree(other);
        let mut put = |path: String, value: Value| tree.0.insert(path, value.to_string().into_bytes());
        for (format, root) in Format::ALL.into_iter().zip(roots) {
            if let Some(root) = root {
                put(format.root_file().to_owned(), Value::Object(root));
            }
        }
        let mut newer = Map::new();
        for (kind, provider, in_older) in providers {
            if in_older {
                put(format!("auth_providers/{kind}.json"), Value::Object(provider));
            } else {
                newer.insert(kind.to_string(), Value::Object(provider));
            }
        }
        if !newer.is_empty() {
            put("auth/providers.json".to_owned(), Value::Object(newer));
        }
        if let Some(settings) = settings {
            put("passerby.json".to_owned(), Value::Object(settings));
        }
        tree
    })
}

/// Sections as a version has them: functions in folders of their own, databases with rules, and what moves to the root.
fn sections(older: bool) -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let names =
        prop::sample::subsequence(vec!["greet", "user/create", "a", "a/b", "source", "config"], 0..=6);
    let bare = prop::sample::subsequence(vec!["bare", "user/bare"], 0..=2);
    let names = names.prop_flat_map(|names| {
        let one = |name: &'static str| (Just(name), value(), option::weighted(0.9, "exports = [a-z]{0,3}"));
        names.into_iter().map(one).collect::<Vec<_>>()
    });
    let rules =
        vec(("[a-z]{1,2}", "[a-z.]{0,2}[a-z]", value(), option::of(value()), option::of(value())), 0..3);
    let single = || option::of(value().prop_map(|value| json!({ "enabled": value })));
    (names, bare, rules, single(), single(), option::of(value()), any::<bool>()).prop_map(
        move |(names, bare, rules, custom_user_data, sync, webhook, shuffled)| {
            let mut files: Vec<(String, Vec<u8>)> = Vec::new();
            let mut put = |path: String, text: String| files.push((path, text.into_bytes()));
            let source = |name: &str| match older {
                true => format!("functions/{name}/source.js"),
                false => format!("functions/{name}.js"),
            };
            let mut list = Vec::new();
            for (name, value, text) in names {
                let config = match shuffled {
                    true => json!({ "can_evaluate": value, "name": name }),
                    false => json!({ "name": name, "private": value }),
                };
                match older {
                    true => put(format!("functions/{name}/config.json"), config.to_string()),
                    false => list.push(config),
                }
                if let Some(text) = text {
                    put(source(name), text);
                }
            }
            if !list.is_empty() {
                put("functions/config.json".to_owned(), json!(list).to_string());
            }
            for name in bare {
                put(source(name), "exports = 1;".to_owned());
            }
            let database = if older { "services/db" } else { "data_sources/db" };
            put(
                format!("{database}/config.json"),
                json!({"name": "db", "type": "mongodb-atlas"}).to_string(),
            );
            for (db, collection, roles, schema, relationships) in rules {
                let mut rule = json!({"database": db, "collection": collection, "roles": roles});
                let parts = [("schema", schema), ("relationships", relationships)];
                for (key, part) in parts.into_iter().filter_map(|(key, part)| Some((key, part?))) {
                    match older {
                        true => rule[key] = part,
                        false => put(format!("{database}/{db}/{collection}/{key}.json"), part.to_string()),
                    }
                }
                match older {
                    true => put(format!("{database}/rules/{db}.{collection}.json"), rule.to_string()),
                    false => put(format!("{database}/{db}/{collection}/rules.json"), rule.to_string()),
                }
            }
            put(
                "services/mail/config.json".to_owned(),
                json!({"name": "mail", "type": "twilio"}).to_string(),
            );
            if let Some(value) = webhook {
                let folder = if older { "services/hook" } else { "http_endpoints/hook" };
                put(format!("{folder}/config.json"), json!({"name": "hook", "type": "http"}).to_string());
                put(
                    format!("{folder}/incoming_webhooks/w/config.json"),
                    json!({"name": "w", "x": value}).to_string(),
                );
            }
            let origins = json!(["https://a.example"]);
            let mut root = match older {
                true => json!({ "security": { "allowed_request_origins": origins } }),
                false => json!({ "allowed_request_origins": origins }),
            };
            root["name"] = "news".into();
            root["app_id"] = "news-abcde".into();
            for (key, file, value) in [
                ("custom_user_data_config", "auth/custom_user_data.json", custom_user_data),
                ("sync", "sync/config.json", sync),
            ] {
                match value {
                    Some(value) if older => root[key] = value,
                    Some(value) => put(file.to_owned(), value.to_string()),
                    None => {}
                }
            }
            let format = if older { Format::V20200603 } else { Format::V20210101 };
            root["config_version"] = format.number().into();
            put(format.root_file().to_owned(), root.to_string());
            files
        },
    )
}

/// An app of one of the two families of versions, with all its sections.
fn whole_app() -> impl Strategy<Value = Tree> {
    any::<bool>().prop_flat_map(|older| {
        (sections(older), provider(ProviderType::AnonUser)).prop_map(move |(files, provider)| {
            let mut tree = Tree(files.into_iter().collect());
            let (path, text) = match older {
                true => ("auth_providers/anon-user.json", json!(provider)),
                false => ("auth/providers.json", json!({ "anon-user": provider })),
            };
            tree.0.insert(path.to_owned(), text.to_string().into_bytes());
            tree
        })
    })
}

/// A directory's files, those that are JSON as values: a conversion may lay them out anew.
fn meanings(tree: &Tree) -> Vec<(String, Result<Value, Vec<u8>>)> {
    let meaning = |bytes: &Vec<u8>| match serde_json::from_slice(bytes) {
        Ok(Value::Array(mut items)) if items.iter().all(|item| item.get("name").is_some()) => {
            items.sort_by_key(|item| item["name"].to_string());
            Ok(Value::Array(items))
        }
        Ok(value) => Ok(value),
        Err(_) => Err(bytes.clone()),
    };
    tree.0.iter().map(|(path, bytes)| (path.clone(), meaning(bytes))).collect()
}

fn imported(tree: &Tree) -> Result<crate::appdir::Import, TestCaseError> {
    read(tree, "news").map_err(|problems| TestCaseError::fail(problems.to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_and_back_again_nothing_is_lost(tree in whole_app(), format in 0..4_usize) {
        let import = imported(&tree)?;
        let there = written(&import, Some(Format::ALL[format]));
        let back = written(&imported(&there)?, Some(import.config.format));
        prop_assert_eq!(meanings(&back), meanings(&written(&import, None)));
        prop_assert_eq!(imported(&there)?.config.ids.len(), import.config.ids.len());
    }

    #[test]
    fn a_payload_says_the_whole_app(tree in whole_app(), format in 0..4_usize) {
        let tree = written(&imported(&tree)?, Some(Format::ALL[format]));
        let body = payload_of(&tree).map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let read = if Format::ALL[format] == Format::V20230101 { read_push } else { read_import };
        let payload = read(body.to_string().as_bytes());
        let payload = payload.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let client_app_id = "news-abcde".parse().unwrap();
        let import = imported(&payload.tree)?;
        // Ids of an app travel beside its payload, not in it.
        let again = write(&super::export(&import, &client_app_id, None)).tree;
        // What has no configuration is a source that only the newer shape can say.
        let said = |tree: &Tree| {
            let bare = |path: &str| !is_newer(Format::ALL[format]) && path.ends_with("bare/source.js")
                || Format::ALL[format] == Format::V20230101 && path.ends_with("bare.js");
            let mut meanings = meanings(tree);
            meanings.retain(|(path, _)| !bare(path));
            meanings
        };
        prop_assert_eq!(said(&again), said(&tree));
    }

    #[test]
    fn a_directory_over_itself_is_itself(tree in prop_oneof![directory(), whole_app()], strategy in 0..3_usize) {
        let strategy = [appdir::Strategy::Merge, appdir::Strategy::Replace, appdir::Strategy::ReplaceByName][strategy];
        let tree = written(&imported(&tree)?, None);
        let merged = merge(&tree, &tree, strategy, &Default::default());
        let mut merged = merged.map_err(|problems| TestCaseError::fail(problems.to_string()))?.tree;
        // A function without configuration gets one.
        let is_bare = |path: &str| path.contains("bare/config.json");
        merged.0.retain(|path, _| !is_bare(path));
        if tree.0.contains_key("functions/bare.js") || tree.0.contains_key("functions/user/bare.js") {
            merged.0.remove("functions/config.json");
            let mut without = tree.clone();
            without.0.remove("functions/config.json");
            prop_assert_eq!(&merged, &without);
        } else {
            prop_assert_eq!(&merged, &tree);
        }
        prop_assert_eq!(diff(&tree, &tree), Vec::<String>::new());
    }

    #[test]
    fn a_body_of_anything_never_panics(bytes in prop_oneof![nearly_json(), vec(any::<u8>(), 0..60)]) {
        for read in [read_import, read_push] {
            if let Ok(payload) = read(&bytes) {
                prop_assert!(imported(&payload.tree).is_ok());
            }
        }
    }

    #[test]
    fn a_body_of_sections_never_panics(sections in vec((prop::sample::select(SECTIONS.to_vec()), value()), 0..6), version in 0..3_usize) {
        let mut body: Map<String, Value> = sections.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        body.insert("config_version".to_owned(), Format::ALL[version].number().into());
        if let Ok(payload) = read_import(json!(body).to_string().as_bytes()) {
            prop_assert!(imported(&payload.tree).is_ok());
        }
    }
}

const SECTIONS: [&str; 15] = [
    "auth",
    "auth_providers",
    "functions",
    "values",
    "triggers",
    "services",
    "data_sources",
    "http_endpoints",
    "endpoints",
    "graphql",
    "environments",
    "secrets",
    "sync",
    "custom_user_data_config",
    "security",
];

fn is_newer(format: Format) -> bool {
    format >= Format::V20210101
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_anything_never_panics(tree in any_tree(), name in any::<String>()) {
        match read(&tree, &name) {
            Ok(import) => {
                written(&import, None);
            }
            Err(problems) => prop_assert!(!problems.0.is_empty()),
        }
    }

    #[test]
    fn an_export_imports_as_what_was_exported(tree in directory(), format in option::of(0..4_usize)) {
        let import = read(&tree, "news").map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let format = format.map(|index| Format::ALL[index]);
        let once = written(&import, format);
        let again = read(&once, "elsewhere").map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        prop_assert_eq!(&written(&again, None), &once);

        prop_assert_eq!(again.config.format, format.unwrap_or(import.config.format));
        prop_assert_eq!(&again.config.name, &import.config.name);
        prop_assert_eq!(&again.config.allowed_request_origins, &import.config.allowed_request_origins);
        prop_assert_eq!(&again.config.location, &import.config.location);
        prop_assert_eq!(&again.config.deployment_model, &import.config.deployment_model);
        prop_assert_eq!(&again.config.settings, &import.config.settings);
        if format.is_none() {
            prop_assert_eq!(&again.files, &import.files);
        }
        let bare = |import: &crate::appdir::Import| {
            let mut providers = import.config.providers.clone();
            providers.sort_by_key(|provider| provider.kind);
            providers.iter_mut().for_each(|provider| provider.key_order.clear());
            providers
        };
        prop_assert_eq!(bare(&again), bare(&import));
        if import.client_app_id.is_some() {
            prop_assert_eq!(&again.client_app_id, &import.client_app_id);
        }
        // Nothing is left to be put right, but for keys and origins that are kept as they are.
        let kept = |message: &str| message.contains("origin") || message.contains("a key that we know");
        let left: Vec<_> = again.warnings.iter().filter(|problem| !kept(&problem.message)).collect();
        prop_assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_name_made_of_anything_is_one(name in any::<String>()) {
        let tree = super::tree(&[("auth/providers.json", "{}")]);
        let name = read(&tree, &name).map(|import| import.config.name);
        let name = name.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let root = json!({ "name": name }).to_string();
        prop_assert!(read(&super::tree(&[("root_config.json", &root)]), "").is_ok(), "{name}");
    }
}
