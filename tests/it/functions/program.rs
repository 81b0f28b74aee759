//! How functions are read from an app's files, and who may call them.

use passerby::functions::{Caller, FunctionError, Limits, Program};
use serde_json::json;

use super::stage::Stage;

fn read(files: &[(&str, &str)]) -> (Program, Vec<String>) {
    let files: Vec<_> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let (program, findings) = Program::read(&files);
    (program, findings.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn both_layouts_are_read_even_side_by_side() {
    let (program, findings) = read(&[
        (
            "functions/config.json",
            "[\n  // a comment\n  {\"name\": \"new\", \"private\": true, \"run_as_system\": true, \"disable_arg_logs\": true},\n  {\"name\": \"deep/er/one\"},\n]",
        ),
        ("functions/new.js", "exports = () => 'new'"),
        ("functions/deep/er/one.js", "exports = () => 'deep'"),
        ("functions/old/config.json", r#"{"id": "1", "name": "old", "private": false, "can_evaluate": {}}"#),
        ("functions/old/source.js", "exports = () => 'old'"),
        ("functions/renamed/config.json", r#"{"name": "other"}"#),
        ("functions/renamed/source.js", "exports = () => 'other'"),
        ("functions/unnamed/config.json", "{}"),
        ("functions/unnamed/source.js", "exports = () => 'unnamed'"),
        ("functions/package.json", "{}"),
        ("functions/node_modules/x/config.json", "not even JSON"),
        ("triggers/x.json", "{}"),
    ]);
    assert_eq!(findings, Vec::<String>::new());
    let seen: Vec<_> = program
        .functions()
        .map(|f| (f.name.as_str(), f.is_private, f.runs_as_system, f.hides_arguments))
        .collect();
    assert_eq!(
        seen,
        [
            ("deep/er/one", false, false, false),
            ("new", true, true, true),
            ("old", false, false, false),
            ("other", false, false, false),
            ("unnamed", false, false, false),
        ]
    );
    let stage = Stage::of(program, Limits::default());
    for (name, expected) in
        [("new", "new"), ("deep/er/one", "deep"), ("old", "old"), ("other", "other"), ("unnamed", "unnamed")]
    {
        assert_eq!(stage.result(name, json!([])).await, json!(expected));
    }
}

#[tokio::test]
async fn what_is_wrong_is_found_and_the_rest_works() {
    let (program, findings) = read(&[
        (
            "functions/config.json",
            r#"[{"name": "good"}, {"name": "bad"}, {"name": "missing"}, {"private": true}, {"name": "good"}, {"name": "closes"}, {"name": "nul"},
                {"name": "guarded", "can_evaluate": {"%%true": {"%function": {"name": "f"}}}}]"#,
        ),
        ("functions/good.js", "exports = () => 1"),
        ("functions/bad.js", "exports = () => {\n  const a = 1;\n  a b;\n}"),
        ("functions/closes.js", "}) })\n(function() { (function() {"),
        ("functions/nul.js", "exports = () => '\0'"),
        ("functions/guarded.js", "exports = () => 1"),
        ("functions/torn/config.json", "{\"name\": \n\"torn\" oops"),
    ]);
    assert_eq!(
        findings,
        [
            "functions/bad.js:3: function 'bad': SyntaxError: expecting ';'",
            "functions/closes.js: function 'closes': the source closes a bracket that it did not open",
            "functions/config.json: function 'missing' has no source: `functions/missing.js` is missing",
            "functions/config.json: a function has no name",
            "functions/config.json: function 'good' is there twice: the first one counts",
            "functions/config.json: function 'guarded': can_evaluate holds `%function`, which is not understood: clients are refused",
            "functions/nul.js: function 'nul': the source holds a NUL",
            "functions/torn/config.json:2: expected `,` or `}` at line 2 column 8",
        ]
    );
    let stage = Stage::of(program, Limits::default());
    assert_eq!(stage.result("good", json!([])).await, json!({ "$numberInt": "1" }));
    assert_eq!(
        stage.call("bad", json!([])).await,
        Err(FunctionError::BadSource {
            name: "bad".to_owned(),
            message: "SyntaxError: expecting ';'".to_owned()
        })
    );
    assert_eq!(
        stage.call("missing", json!([])).await.unwrap_err().to_string(),
        "function 'missing': `functions/missing.js` is missing"
    );
    let refused = FunctionError::RuleNotMatched { name: "guarded".to_owned() };
    assert_eq!(stage.call_as(Caller::Client, "guarded", json!([])).await, Err(refused));
    assert_eq!(stage.result("guarded", json!([])).await, json!({ "$numberInt": "1" }));
}

#[tokio::test]
async fn clients_pass_where_can_evaluate_holds() {
    let (program, findings) = read(&[
        (
            "functions/config.json",
            r#"[{"name": "open", "can_evaluate": {}}, {"name": "admin", "can_evaluate": {"%%user.custom_data.isAdmin": true}},
                {"name": "elsewhere", "can_evaluate": {"%%request.remoteIPAddress": {"$nin": ["198.51.100.4"]}}},
                {"name": "tagged", "can_evaluate": {"%%environment.tag": "testing", "%%values.greeting": "hello"}}]"#,
        ),
        ("functions/open.js", "exports = () => 1"),
        ("functions/admin.js", "exports = () => 1"),
        ("functions/elsewhere.js", "exports = () => 1"),
        ("functions/tagged.js", "exports = () => 1"),
    ]);
    assert_eq!(findings, Vec::<String>::new());
    let stage = Stage::of(program, Limits::default());
    for (name, passes) in [("open", true), ("admin", true), ("elsewhere", false), ("tagged", true)] {
        assert_eq!(stage.call_as(Caller::Client, name, json!([])).await.is_ok(), passes, "{name}");
        assert!(stage.call(name, json!([])).await.is_ok(), "{name}");
    }
    let refused = stage.call_as(Caller::Client, "elsewhere", json!([])).await.unwrap_err();
    assert_eq!(refused.to_string(), "rule not matched for function \"elsewhere\"");
}
