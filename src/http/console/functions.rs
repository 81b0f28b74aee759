//! Functions: the list, the editor, and a panel that runs one.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::api::Refusal;
use super::editor::Editor;
use super::fields::{area, radios, text, typed, typed_json, typed_text, wide_area};
use super::json::{self, items, pretty};
use super::listed;
use super::page::{self, Here};
use super::pieces;
use super::place::Place;
use super::trouble::Trouble;
use crate::http::form::{Fields, encoded};

/// What a new function begins as.
const NEW_SOURCE: &str = "exports = async function (name) {\n  return `Hello, ${name}`;\n};\n";

/// `GET …/functions`.
pub(super) async fn list(place: Place) -> Result<Response, Trouble> {
    let functions = place.get("/functions").await?;
    let functions = items(&functions);
    let (shown, more) = listed::shown(&place, functions);
    let content = html! {
        h1 { "Functions" }
        p { "The app's own JavaScript. Clients call it, providers ask it who somebody is, triggers wake it." }
        @if place.is_owner {
            div class="actions first" {
                a class="button primary" href=(place.page("/functions/new")) { "Create New Function" }
            }
        }
        (listed::finder(&place, "/functions", &[functions]))
        @if functions.is_empty() {
            (pieces::empty("No function yet.", &html! {
                p { "One is a file " code { "functions/<name>.js" } " of the app directory, or made here." }
            }))
        } @else {
            div class="scroll" tabindex="0" { table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Id" } th scope="col" { "Actions" } } }
                tbody { @for function in shown { (line(&place, function)) } }
            } }
            (listed::more(more))
        }
    };
    Ok(page::of_app(&place, Here::Functions, "Functions", &content))
}

fn line(place: &Place, function: &Value) -> Markup {
    let name = listed::name(function);
    let id = json::text(function, "_id");
    let page = place.page(&format!("/functions/{}", encoded(id)));
    html! {
        tr {
            th scope="row" { a href=(page) { (name) } }
            td { (pieces::copyable(id)) }
            td { (pieces::edit_and_delete(place, &page, &name)) }
        }
    }
}

/// `GET …/functions/{function}`; `new` is one that is to be made.
pub(super) async fn editor(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let function = stored(&place, &id).await?;
    Ok(Sheet::of(&id, &function).shown(&place))
}

async fn stored(place: &Place, id: &str) -> Result<Map<String, Value>, Refusal> {
    let found = match id {
        "new" => json!({ "name": "", "private": false, "source": NEW_SOURCE }),
        id => place.get(&format!("/functions/{}", encoded(id))).await?,
    };
    Ok(found.as_object().cloned().unwrap_or_default())
}

/// `POST …/functions/{function}`: into the draft.
pub(super) async fn save(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let mut function = stored(&place, &id).await?;
    let rule = read(&fields, &mut function);
    let kept = match rule {
        Ok(()) => place.put("/functions", &id, &Value::Object(function.clone())).await,
        Err(error) => Err(Refusal::of_us(StatusCode::BAD_REQUEST, error)),
    };
    match kept {
        Ok(()) => Ok(page::saved(&place, "/functions").await?),
        Err(refusal) => {
            let rule = fields.get("can_evaluate");
            let sheet = Sheet { refusal: Some(&refusal), typed_rule: rule, ..Sheet::of(&id, &function) };
            Ok(sheet.shown(&place))
        }
    }
}

/// What was typed; or that the rule is no JSON, the rest being read all the same.
fn read(fields: &Fields, function: &mut Map<String, Value>) -> Result<(), String> {
    // What says what absence says is written only in place of something else.
    let mut set = |key: &str, value: Value| {
        let says_nothing = value == false || value == "" || value == json!({});
        if !says_nothing || function.contains_key(key) {
            function.insert(key.to_owned(), value);
        }
    };
    let runs_as = typed(fields, "runs_as");
    set("name", typed(fields, "name").into());
    set("private", fields.has("private").into());
    set("run_as_system", (runs_as == "system").into());
    let user = if runs_as == "user" { typed(fields, "run_as_user_id") } else { "" };
    set("run_as_user_id", user.into());
    let script =
        if runs_as == "script" { typed_text(fields, "run_as_user_id_script_source") } else { String::new() };
    set("run_as_user_id_script_source", script.into());
    set("disable_arg_logs", (!fields.has("log_arguments")).into());
    set("source", typed_text(fields, "source").into());
    let rule = match typed(fields, "can_evaluate") {
        "" => json!({}),
        _ => typed_json(fields, "can_evaluate", "Can Evaluate")?,
    };
    set("can_evaluate", rule);
    Ok(())
}

/// `POST …/functions/{function}/run`: as it is deployed, and shows what came of it.
pub(super) async fn run(
    place: Place,
    Path((_, _, id)): Path<(String, String, String)>,
    body: Body,
) -> Result<Response, Trouble> {
    let fields = place.visit.form(body).await?;
    let function = stored(&place, &id).await?;
    let sheet = Sheet { typed_run: Some(&fields), ..Sheet::of(&id, &function) };
    match tried(&place, &function, &fields).await {
        Ok(ran) => Ok(Sheet { ran: Some(&ran), ..sheet }.shown(&place)),
        Err(refusal) => Ok(Sheet { refusal: Some(&refusal), ..sheet }.shown(&place)),
    }
}

async fn tried(place: &Place, function: &Map<String, Value>, fields: &Fields) -> Result<Value, Refusal> {
    let arguments = match typed(fields, "arguments") {
        "" => Ok(json!([])),
        _ => typed_json(fields, "arguments", "What stands as arguments"),
    };
    let arguments = arguments.map_err(|error| Refusal::of_us(StatusCode::BAD_REQUEST, error))?;
    let whom = match typed(fields, "user_id") {
        "" => "run_as_system=true".to_owned(),
        user => format!("user_id={}", encoded(user)),
    };
    let body = json!({ "name": function.get("name"), "arguments": arguments });
    place.send(Method::POST, &format!("/debug/execute_function?{whom}"), &body).await
}

/// The page of one function.
struct Sheet<'a> {
    id: &'a str,
    function: &'a Map<String, Value>,
    refusal: Option<&'a Refusal>,
    /// A rule that is no JSON.
    typed_rule: Option<&'a str>,
    typed_run: Option<&'a Fields>,
    /// What came of a run.
    ran: Option<&'a Value>,
}

impl<'a> Sheet<'a> {
    fn of(id: &'a str, function: &'a Map<String, Value>) -> Sheet<'a> {
        Sheet { id, function, refusal: None, typed_rule: None, typed_run: None, ran: None }
    }

    fn text(&self, key: &str) -> &str {
        self.function.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn flag(&self, key: &str) -> bool {
        self.function.get(key) == Some(&Value::Bool(true))
    }

    /// A page of its own.
    fn path(&self, rest: &str) -> String {
        format!("/functions/{}{rest}", encoded(self.id))
    }

    fn shown(&self, place: &Place) -> Response {
        let is_new = self.id == "new";
        let title = if is_new { "Create New Function" } else { "Edit function" };
        let editor = Editor {
            here: Here::Functions,
            list: ("/functions", "Functions"),
            title,
            action: self.path(""),
            refusal: self.refusal,
        };
        let delete = html! {
            @if !is_new && place.is_owner {
                a class="button" href=(place.page(&self.path("/delete"))) { "Delete" }
            }
        };
        let content = html! {
            (editor.top(place, &html! { h1 { @if is_new { (title) } @else { code { (self.text("name")) } } } }))
            (editor.form(place, &self.settings(), "Save Draft", &delete))
            @if !is_new { (self.panel(place)) }
        };
        editor.page(place, &content)
    }

    fn settings(&self) -> Markup {
        let runs_as = match (
            self.flag("run_as_system"),
            self.text("run_as_user_id"),
            self.text("run_as_user_id_script_source"),
        ) {
            (true, ..) => "system",
            (_, "", "") => "application",
            (_, "", _) => "script",
            _ => "user",
        };
        let rule = match (self.typed_rule, self.function.get("can_evaluate")) {
            (Some(typed), _) => typed.to_owned(),
            (None, None | Some(Value::Null)) => String::new(),
            (None, Some(rule)) => pretty(rule),
        };
        html! {
            (text("name", "Name", "ASCII letters, digits, _ and -, in folders divided by /.", self.text("name")))
            (pieces::switch("private", "Private", self.flag("private"),
                "Clients cannot call it; it is not even there for them."))
            (radios("runs_as", "Authentication", runs_as, &[
                ("application", "Application Authentication", "It runs as the user who calls it."),
                ("system", "System", "It runs as the system user."),
                ("user", "User Id", "Kept for the original. Here it runs as the user who calls it."),
                ("script", "Script", "Kept for the original. Here it runs as the user who calls it."),
            ]))
            (text("run_as_user_id", "User Id", "For the choice above.", self.text("run_as_user_id")))
            (area("run_as_user_id_script_source", "Script", "For the choice above.",
                self.text("run_as_user_id_script_source"), 3))
            (pieces::switch("log_arguments", "Log Function Arguments", !self.flag("disable_arg_logs"),
                "They stand in the app's log, beside each call."))
            (area("can_evaluate", "Can Evaluate",
                "A rule over %%user and %%request, as JSON. {} lets every caller in; what is not understood refuses.",
                &rule, 4))
            (wide_area("source", "Function", "JavaScript. What it assigns to exports is called.",
                self.text("source"), 20))
        }
    }

    fn panel(&self, place: &Place) -> Markup {
        let typed_in = |name: &str| self.typed_run.map_or("", |fields| typed(fields, name));
        html! {
            section class="card" {
                h2 { "Run it" }
                p { "It runs as it is deployed, and does what it does: on the app's real users." }
                (pieces::form(&place.visit, &place.page(&self.path("/run")), &html! {
                    fieldset class="plain" disabled[!place.is_owner] {
                        (area("arguments", "Arguments", "A JSON list, such as [\"Ann\", 1].", typed_in("arguments"), 3))
                        (text("user_id", "User Id", "As whom. When empty, as the system user.", typed_in("user_id")))
                        div class="actions" { button { "Run" } }
                    }
                }))
                @if let Some(ran) = self.ran { (outcome(ran)) }
            }
        }
    }
}

/// Result or error, then what it logged.
fn outcome(ran: &Value) -> Markup {
    let lines = |key: &str| -> Vec<&str> { items(&ran[key]).iter().filter_map(Value::as_str).collect() };
    let error = &ran["error"];
    html! {
        div role="status" {
            @if let Some(message) = error["message"].as_str() {
                h3 { "Error" }
                pre class="bad" { code { (error["name"].as_str().unwrap_or("Error")) ": " (message) } }
            } @else {
                h3 { "Result" }
                pre tabindex="0" { code { (pretty(&ran["result"])) } }
            }
            @for (title, key) in [("Logs", "logs"), ("Error logs", "error_logs")] {
                @let logged = lines(key);
                @if !logged.is_empty() {
                    h3 { (title) }
                    pre tabindex="0" { code { @for line in logged { (line) "\n" } } }
                }
            }
            p class="help" { "It took " (json::text(&ran["stats"], "execution_time")) "." }
        }
    }
}
