//! Authentication triggers: which functions are called when somebody is made, logs in, or goes.

use serde_json::Value;

use crate::model::ProviderType;
use crate::store::Operation;

/// One enabled authentication trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    pub(super) name: String,
    pub(super) operation: Operation,
    pub(super) providers: Vec<ProviderType>,
    pub(super) function: String,
}

/// The authentication triggers of an app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Triggers(Vec<Trigger>);

impl Triggers {
    /// Those in the files of a deployment. What is no authentication trigger, or names no function of ours to call, is
    /// passed over: it is kept and exported all the same.
    pub(super) fn of_files(files: &[Value]) -> Triggers {
        Triggers(files.iter().filter_map(trigger).collect())
    }

    /// Those that an event concerns: its operation, and any of its providers.
    pub(super) fn of(
        &self,
        operation: Operation,
        providers: &[ProviderType],
    ) -> impl Iterator<Item = &Trigger> {
        let concerns =
            move |t: &&Trigger| t.operation == operation && t.providers.iter().any(|p| providers.contains(p));
        self.0.iter().filter(concerns)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Trigger> {
        self.0.iter()
    }

    /// Whether any trigger waits for an event.
    pub(super) fn wait_for(&self, operation: Operation, provider: ProviderType) -> bool {
        self.of(operation, &[provider]).next().is_some()
    }
}

fn trigger(value: &Value) -> Option<Trigger> {
    let of_authentication = value.get("type").and_then(Value::as_str) == Some("AUTHENTICATION");
    let disabled = value.get("disabled").and_then(Value::as_bool).unwrap_or(false);
    if !of_authentication || disabled {
        return None;
    }
    let config = value.get("config")?;
    // A string every time, but the original's documentation prints an array.
    let operation = config.get("operation_type")?;
    let operation = match operation.as_str().or_else(|| operation.get(0)?.as_str())? {
        "CREATE" => Operation::Create,
        "LOGIN" => Operation::Login,
        "DELETE" => Operation::Delete,
        _ => return None,
    };
    let providers = config.get("providers")?.as_array()?;
    let function = value.get("function_name").and_then(Value::as_str);
    let newer = value.pointer("/event_processors/FUNCTION/config/function_name").and_then(Value::as_str);
    Some(Trigger {
        name: value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
        operation,
        providers: providers.iter().filter_map(|p| p.as_str()?.parse().ok()).collect(),
        function: function.filter(|f| !f.is_empty()).or(newer)?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Trigger> {
        Triggers::of_files(&[serde_json::from_str(text).unwrap()]).0
    }

    #[test]
    fn both_forms_of_naming_the_function_are_read() {
        let expected = vec![Trigger {
            name: "greet".to_owned(),
            operation: Operation::Create,
            providers: vec![ProviderType::LocalUserpass, ProviderType::AnonUser],
            function: "onCreate".to_owned(),
        }];
        let older = r#"{"name": "greet", "type": "AUTHENTICATION", "function_name": "onCreate", "disabled": false,
            "config": {"operation_type": "CREATE", "providers": ["local-userpass", "anon-user"]}}"#;
        assert_eq!(read(older), expected);
        let newer = r#"{"name": "greet", "type": "AUTHENTICATION",
            "event_processors": {"FUNCTION": {"config": {"function_name": "onCreate"}}},
            "config": {"operation_type": ["CREATE"], "providers": ["local-userpass", "anon-user"]}}"#;
        assert_eq!(read(newer), expected);
    }

    #[test]
    fn what_calls_nothing_of_ours_waits_for_nothing() {
        for text in [
            r#"{"type": "DATABASE", "function_name": "f"}"#,
            r#"{"type": "AUTHENTICATION", "disabled": true, "function_name": "f",
                "config": {"operation_type": "LOGIN", "providers": ["anon-user"]}}"#,
            r#"{"type": "AUTHENTICATION", "event_processors": {"AWS_EVENTBRIDGE": {}},
                "config": {"operation_type": "LOGIN", "providers": ["anon-user"]}}"#,
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
