//! `custom-function`: the app's own function decides who somebody is.

use serde_json::{Map, Value};

use crate::auth::link::Proved;
use crate::auth::{App, Auth, Error, Login, Result};
use crate::model::ProviderType;
use crate::store::LONGEST_SOUGHT;

/// The longest id that a function may give, in characters.
const LONGEST_ID: usize = 1024;

/// The function gets the body without `options`, and answers with an id, or with an object that has one.
pub(crate) async fn prove(auth: &Auth, app: &App, login: &Login) -> Result<Proved> {
    let kind = ProviderType::CustomFunction;
    let config = app.config.provider(kind).and_then(|provider| provider.rest.get("config"));
    let name =
        config.and_then(|config| config.get("authFunctionName")).and_then(Value::as_str).unwrap_or_default();
    let mut payload = login.body.clone();
    payload.shift_remove("options");
    let said = match auth.run_system_function(app, name, vec![Value::Object(payload)]).await {
        Ok(said) => said,
        Err(error) if error.is_failure() => return Err(error),
        Err(error) => return Err(Error::BadCredential(error.to_string())),
    };
    let id = text(said.get("id").unwrap_or(&said)).filter(|id| is_id(id));
    let id = id.ok_or_else(|| Error::BadCredential("the function returned no id".to_owned()))?;
    let mut data = Map::new();
    if let Some(name) = said.get("name").and_then(Value::as_str) {
        data.insert("name".to_owned(), name.into());
    }
    Ok(Proved::person(kind, id, data))
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_SOUGHT).contains(&text.len()) && text.chars().count() <= LONGEST_ID && !text.contains('\0')
}

/// A string, or an ObjectId as one.
fn text(value: &Value) -> Option<String> {
    value.get("$oid").unwrap_or(value).as_str().map(str::to_owned)
}
