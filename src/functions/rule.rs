//! `can_evaluate`: who may call a function, as the app's rule expressions say it.
//!
//! What is not understood refuses: a rule that cannot be evaluated must not open a function to everyone.

use serde_json::{Map, Value};

use super::call::Scene;

/// A rule, checked when the app was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule(Value);

/// What of a rule is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown(pub(super) String);

type Answer<T> = Result<T, Unknown>;

impl Rule {
    /// The rule, unless it is absent or empty and lets everyone pass.
    pub(super) fn new(value: &Value) -> Option<Rule> {
        match value {
            Value::Null => None,
            Value::Object(map) if map.is_empty() => None,
            other => Some(Rule(other.clone())),
        }
    }

    /// Whether the call of `scene` may pass.
    pub(super) fn holds(&self, scene: &Scene) -> bool {
        holds(&self.0, &|path| scene_value(scene, path)).unwrap_or(false)
    }

    /// Looks at the whole rule, so that whoever wrote it learns what is not understood.
    pub(super) fn check(&self) -> Answer<()> {
        check(&self.0)
    }
}

/// The value of an expansion such as `user.id`, or `None` where there is none.
fn scene_value(scene: &Scene, path: &[&str]) -> Option<Value> {
    let (root, rest) = path.split_first()?;
    match *root {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "user" => below(&scene.user, rest),
        "request" => below(&scene.request, rest),
        "values" => {
            let (name, rest) = rest.split_first()?;
            below(scene.values.get(*name)?, rest)
        }
        "environment" => match rest.split_first()? {
            (&"tag", []) => Some(Value::String(scene.environment.tag.clone())),
            (&"values", rest) => {
                let (name, rest) = rest.split_first()?;
                below(scene.environment.values.get(*name)?, rest)
            }
            _ => None,
        },
        _ => None,
    }
}

fn below(value: &Value, path: &[&str]) -> Option<Value> {
    let mut value = value;
    for name in path {
        value = match value {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
    }
    Some(value.clone())
}

type Lookup<'a> = dyn Fn(&[&str]) -> Option<Value> + 'a;

/// Whether an expression holds: every one of its keys must.
fn holds(expression: &Value, lookup: &Lookup<'_>) -> Answer<bool> {
    let map = match expression {
        Value::Bool(fixed) => return Ok(*fixed),
        Value::Object(map) => map,
        other => return Err(Unknown(other.to_string())),
    };
    for (key, wanted) in map {
        let is_met = match key.strip_prefix(['%', '$']) {
            Some("and") => every(wanted, lookup)?,
            Some("or") => any(wanted, lookup)?,
            Some("nor") => !any(wanted, lookup)?,
            Some("not") => !holds(wanted, lookup)?,
            _ => compare(lookup(&expansion(key)?).as_ref(), wanted, lookup)?,
        };
        if !is_met {
            return Ok(false);
        }
    }
    Ok(true)
}

fn every(list: &Value, lookup: &Lookup<'_>) -> Answer<bool> {
    let answers: Answer<Vec<bool>> = items(list)?.iter().map(|each| holds(each, lookup)).collect();
    Ok(answers?.into_iter().all(|met| met))
}

fn any(list: &Value, lookup: &Lookup<'_>) -> Answer<bool> {
    let answers: Answer<Vec<bool>> = items(list)?.iter().map(|each| holds(each, lookup)).collect();
    Ok(answers?.into_iter().any(|met| met))
}

fn items(list: &Value) -> Answer<&Vec<Value>> {
    list.as_array().ok_or_else(|| Unknown(list.to_string()))
}

/// The path of `%%user.id`. `Err`: a key that is none.
fn expansion(key: &str) -> Answer<Vec<&str>> {
    const ROOTS: [&str; 6] = ["true", "false", "user", "request", "values", "environment"];
    let path: Vec<&str> = key.strip_prefix("%%").ok_or_else(|| Unknown(key.to_owned()))?.split('.').collect();
    match path.first() {
        Some(root) if ROOTS.contains(root) => Ok(path),
        _ => Err(Unknown(key.to_owned())),
    }
}

/// Whether a value is as wanted: equal to a literal, or as all operators say.
fn compare(found: Option<&Value>, wanted: &Value, lookup: &Lookup<'_>) -> Answer<bool> {
    let Some(operators) = operators(wanted) else {
        return Ok(same(found, &literal(wanted, lookup)?));
    };
    for (name, operand) in operators {
        let operand = literal(operand, lookup)?;
        let is_met = match name.trim_start_matches(['%', '$']) {
            "eq" => same(found, &operand),
            "ne" => !same(found, &operand),
            "in" => items(&operand)?.iter().any(|each| same(found, each)),
            "nin" => !items(&operand)?.iter().any(|each| same(found, each)),
            "exists" => operand.as_bool().ok_or_else(|| Unknown(name.clone()))? == found.is_some(),
            "gt" => order(found, &operand).is_some_and(std::cmp::Ordering::is_gt),
            "gte" => order(found, &operand).is_some_and(std::cmp::Ordering::is_ge),
            "lt" => order(found, &operand).is_some_and(std::cmp::Ordering::is_lt),
            "lte" => order(found, &operand).is_some_and(std::cmp::Ordering::is_le),
            _ => return Err(Unknown(name.clone())),
        };
        if !is_met {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The operators of `{"$in": …}`. EJSON such as `{"$oid": …}` is a value.
fn operators(wanted: &Value) -> Option<&Map<String, Value>> {
    let map = wanted.as_object().filter(|map| !map.is_empty())?;
    let is_operator = |key: &String| key.starts_with(['%', '$']) && !key.starts_with("%%") && !is_ejson(key);
    map.keys().all(is_operator).then_some(map)
}

fn is_ejson(key: &str) -> bool {
    key.starts_with("$number")
        || matches!(key, "$oid" | "$date" | "$binary" | "$uuid" | "$timestamp" | "$undefined")
}

/// A value of the rule, with expansions in it resolved.
fn literal(value: &Value, lookup: &Lookup<'_>) -> Answer<Value> {
    match value {
        Value::String(text) if text.starts_with("%%") => Ok(lookup(&expansion(text)?).unwrap_or(Value::Null)),
        Value::Array(list) => {
            list.iter().map(|each| literal(each, lookup)).collect::<Answer<Vec<_>>>().map(Value::Array)
        }
        Value::Object(map) => {
            if let Some(key) = map.keys().find(|key| key.starts_with(['%', '$']) && !is_ejson(key)) {
                return Err(Unknown(key.clone()));
            }
            Ok(value.clone())
        }
        other => Ok(other.clone()),
    }
}

/// Whether two values are the same. Nothing is as good as null; numbers are compared by worth; an ObjectId equals its
/// hexadecimal text, since user ids come in both forms.
fn same(found: Option<&Value>, wanted: &Value) -> bool {
    let found = found.unwrap_or(&Value::Null);
    if let (Some(left), Some(right)) = (number(found), number(wanted)) {
        return left == right;
    }
    plain(found) == plain(wanted)
}

fn order(found: Option<&Value>, wanted: &Value) -> Option<std::cmp::Ordering> {
    let found = found?;
    if let (Some(left), Some(right)) = (number(found), number(wanted)) {
        return left.partial_cmp(&right);
    }
    Some(found.as_str()?.cmp(wanted.as_str()?))
}

fn plain(value: &Value) -> &Value {
    value.get("$oid").unwrap_or(value)
}

fn number(value: &Value) -> Option<f64> {
    let inside = ["$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"]
        .iter()
        .find_map(|key| value.get(key));
    match inside {
        Some(text) => text.as_str()?.parse().ok(),
        None => value.as_f64(),
    }
}

/// Evaluates every part of a rule against nothing, without stopping at the first that decides.
fn check(expression: &Value) -> Answer<()> {
    let Some(map) = expression.as_object() else {
        return holds(expression, &|_| None).map(|_| ());
    };
    for (key, wanted) in map {
        match key.strip_prefix(['%', '$']) {
            Some("and" | "or" | "nor") => items(wanted)?.iter().try_for_each(check)?,
            Some("not") => check(wanted)?,
            _ => {
                expansion(key)?;
                match operators(wanted) {
                    Some(operators) => {
                        for (name, operand) in operators {
                            let one = Map::from_iter([(name.clone(), operand.clone())]);
                            // Whatever an expansion stands for, a list of nothing is understood in its place.
                            compare(None, &Value::Object(one), &|_| Some(Value::Array(Vec::new())))?;
                        }
                    }
                    None => literal(wanted, &|_| None).map(|_| ())?,
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn passes(rule: &Value) -> Answer<bool> {
        let world = json!({
            "true": true,
            "user": { "id": "65a1", "type": "normal", "custom_data": { "isAdmin": true, "age": { "$numberInt": "30" } } },
            "request": { "remoteIPAddress": "198.51.100.4" },
            "values": { "admins": ["65a1", "65a2"] },
        });
        holds(rule, &|path| below(&world, path))
    }

    #[test]
    fn rules_hold_and_fail_as_written() {
        for (rule, expected) in [
            (json!({}), true),
            (json!({ "%%true": true }), true),
            (json!({ "%%true": false }), false),
            (json!({ "%%user.id": "65a1" }), true),
            (json!({ "%%user.id": { "$oid": "65a1" } }), true),
            (json!({ "%%user.id": { "$in": ["65a0", "65a1"] } }), true),
            (json!({ "%%user.id": { "%in": "%%values.admins" } }), true),
            (json!({ "%%user.id": { "%nin": "%%values.admins" } }), false),
            (json!({ "%%user.custom_data.isAdmin": true }), true),
            (json!({ "%%user.custom_data.isOwner": true }), false),
            (json!({ "%%user.custom_data.isOwner": { "%exists": false } }), true),
            (json!({ "%%user.custom_data.age": { "$gte": 18, "$lt": { "$numberDouble": "65.0" } } }), true),
            (json!({ "%%user.custom_data.age": 31 }), false),
            (json!({ "%%request.remoteIPAddress": { "$nin": ["203.0.113.7"] } }), true),
            (json!({ "%%request.remoteIPAddress": { "$nin": ["198.51.100.4"] } }), false),
            (json!({ "%or": [{ "%%user.type": "server" }, { "%%user.id": "65a1" }] }), true),
            (json!({ "%and": [{ "%%user.type": "normal" }, { "%%user.id": "other" }] }), false),
            (json!({ "$and": [{ "%%user.type": "normal" }], "%not": { "%%user.id": "other" } }), true),
            (json!({ "%nor": [{ "%%user.type": "normal" }] }), false),
        ] {
            assert_eq!(passes(&rule), Ok(expected), "{rule}");
            assert_eq!(check(&rule), Ok(()), "{rule}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (rule, unknown) in [
            (json!({ "%%user.id": { "$regex": "^65" } }), "$regex"),
            (json!({ "%%true": { "%function": { "name": "isAdmin", "arguments": [] } } }), "%function"),
            (json!({ "%%prev.owner": "65a1" }), "%%prev.owner"),
            (json!({ "owner": "65a1" }), "owner"),
            (json!({ "%or": [{ "%%user.type": "normal" }, { "%%user.id": { "%near": 1 } }] }), "%near"),
            (json!({ "%%user.id": "%%root.id" }), "%%root.id"),
            (json!("yes"), "\"yes\""),
        ] {
            assert_eq!(check(&rule), Err(Unknown(unknown.to_owned())), "{rule}");
        }
    }
}
