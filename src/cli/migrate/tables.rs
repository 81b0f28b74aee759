//! What `realm-cli users list -f json` printed: a table to a provider, without the ids of identities.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::{DAY, ProviderType};

/// The users of the tables that came by.
#[derive(Default)]
pub(super) struct Tables(BTreeMap<String, Map<String, Value>>);

impl Tables {
    /// Takes an entry that is such a table, or anything else that the command line says, and gives back any other.
    pub(super) fn take(&mut self, entry: Value) -> Option<Value> {
        let said = |key| entry.get(key).and_then(Value::as_str);
        let (Some(message), Some(_)) = (said("message"), said("level")) else { return Some(entry) };
        let provider = message.strip_prefix("Provider type: ").and_then(provider);
        let rows = entry.get("data").and_then(Value::as_array);
        if let (Some(provider), Some(rows)) = (provider, rows) {
            rows.iter().for_each(|row| self.row(provider, row));
        }
        None
    }

    /// The users as the Admin API would list them, by id.
    pub(super) fn users(self) -> Vec<Value> {
        self.0.into_values().map(Value::Object).collect()
    }

    fn row(&mut self, provider: ProviderType, row: &Value) {
        let cell = |name: &str| row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let id = cell("ID").unwrap_or_default();
        let user = self.0.entry(id.to_owned()).or_insert_with(|| {
            let user = json!({
                "_id": id, "type": cell("Type"), "disabled": cell("Enabled") == Some("false"),
                "last_authentication_date": cell("Last Authenticated").and_then(seconds), "identities": [],
            });
            user.as_object().cloned().unwrap_or_default()
        });
        let data = match provider {
            ProviderType::LocalUserpass => json!({ "email": cell("Email") }),
            ProviderType::ApiKey => json!({ "name": cell("Name") }),
            _ => json!({}),
        };
        let identity = json!({ "provider_type": provider, "provider_data": data });
        if let Some(Value::Array(identities)) = user.get_mut("identities") {
            // A guest who became somebody was one first.
            let place = if provider == ProviderType::AnonUser { 0 } else { identities.len() };
            identities.insert(place, identity);
        }
    }
}

fn provider(title: &str) -> Option<ProviderType> {
    Some(match title {
        "User/Password" => ProviderType::LocalUserpass,
        "ApiKey" => ProviderType::ApiKey,
        "Facebook" => ProviderType::Facebook,
        "Google" => ProviderType::Google,
        "Anonymous" => ProviderType::AnonUser,
        "Custom JWT" => ProviderType::CustomToken,
        "Apple" => ProviderType::Apple,
        "Custom Function" => ProviderType::CustomFunction,
        _ => return None,
    })
}

/// The second of `2022-12-08 18:10:24 +0000 UTC`.
fn seconds(text: &str) -> Option<i64> {
    let mut numbers = text.get(..19)?.split(['-', ' ', ':']).map(|part| part.parse::<i64>().ok());
    let mut next = || numbers.next().flatten();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second) = (next()?, next()?, next()?);
    // Years begin in March, so that the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(days * DAY + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_several_tables_is_one() {
        let mut tables = Tables::default();
        let row = json!({
            "Email": "anna@example.com", "ID": "5f0000000000000000000001", "Type": "normal", "Enabled": "false",
            "Last Authenticated": "2022-12-08 18:10:24 +0000 UTC",
        });
        let table = |title, row: &Value| json!({ "time": "t", "level": "info", "message": title, "headers": [], "data": [row] });
        assert_eq!(tables.take(table("Provider type: User/Password", &row)), None);
        assert_eq!(tables.take(table("Provider type: Anonymous", &row)), None);
        assert_eq!(tables.take(json!({ "level": "info", "message": "No available users to show" })), None);
        let other = json!({ "_id": "5f0000000000000000000002" });
        assert_eq!(tables.take(other.clone()), Some(other));
        assert_eq!(
            tables.users(),
            [json!({
                "_id": "5f0000000000000000000001", "type": "normal", "disabled": true,
                "last_authentication_date": 1_670_523_024,
                "identities": [
                    { "provider_type": "anon-user", "provider_data": {} },
                    { "provider_type": "local-userpass", "provider_data": { "email": "anna@example.com" } },
                ],
            })]
        );
        assert_eq!(
            [seconds("n/a"), seconds("1970-01-01 00:00:00 +0000 UTC"), seconds("2000-02-29 00:00:01")],
            [None, Some(0), Some(951_782_401)]
        );
    }
}
