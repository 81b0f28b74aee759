//! What is wrong, where, and what was meant: each text as people see it.

use super::{GUESTS, refusal, warnings};

/// What is said about an anonymous provider's file.
fn guest_refusal(text: &str) -> String {
    refusal(&[("auth_providers/anon-user.json", text)])
}

/// What is said about a root file of 2021.
fn root_refusal(text: &str) -> String {
    refusal(&[("realm_config.json", text)])
}

#[test]
fn the_missions_file_with_its_placeholder_says_what_to_put_there() {
    let printed = "{\n  \"name\": \"anon-user\",\n  \"type\": \"anon-user\",\n  \"disabled\": <boolean>,\n}";
    assert_eq!(
        guest_refusal(printed),
        "auth_providers/anon-user.json:4:15: $.disabled: expected a value, found the placeholder `<boolean>`; replace \
         the placeholder with true or false"
    );
}

#[test]
fn a_template_full_of_placeholders_names_them_all() {
    let template = r#"{
    "custom-token": {"name": "custom-token", "type": "custom-token", "disabled": <Boolean>,
        "config": {"audience": <Audience>, "useJWKURI": "<Boolean>"}},
    "anon-user": {"type": "anon-user", "disabled": "<Boolean>"}
}"#;
    assert_eq!(
        refusal(&[
            ("auth/providers.json", template),
            ("realm_config.json", r#"{"app_id": "<App ID>", "name": "<N>"}"#)
        ]),
        "realm_config.json:1:32: $.name: expected a name of at most 64 ASCII letters, digits, `_`, `-`, beginning with \
         a letter, found \"<N>\"; replace the placeholder with a value\n\
         realm_config.json:1:12: $.app_id: expected an app id of ASCII letters, digits, `_`, `-`, `.`, such as \
         news-abcde, found \"<App ID>\"; replace the placeholder with a value\n\
         auth/providers.json:2:82: $.custom-token.disabled: expected a value, found the placeholder `<Boolean>`; \
         replace the placeholder with true or false\n\
         auth/providers.json:3:32: $.custom-token.config.audience: expected a value, found the placeholder \
         `<Audience>`; replace the placeholder with a value\n\
         auth/providers.json:4:52: $.anon-user.disabled: expected true or false, found \"<Boolean>\"; replace the \
         placeholder with true or false"
    );
}

#[test]
fn values_that_are_nearly_booleans_say_which() {
    let guests = |value: &str| {
        let text = GUESTS.replace("false", value);
        refusal(&[("auth/providers.json", &text)])
    };
    let at = "auth/providers.json:5:21: $.anon-user.disabled: expected ";
    for (value, said) in [
        ("\"no\"", "true or false, found \"no\"; did you mean false?"),
        ("\"true\"", "true or false, found \"true\"; write true without quotes"),
        ("0", "true or false, found 0; did you mean false?"),
        ("null", "true or false, found null"),
        ("[]", "true or false, found a list"),
        ("\"maybe\"", "true or false, found \"maybe\""),
        ("False", "a value, found `False`; did you mean false?"),
        ("yes", "a value, found `yes`; did you mean true?"),
        ("'no'", "a value, found `'no'`; texts stand in double quotes"),
        ("maybe", "a value, found `maybe`; write \"maybe\""),
        ("+1", "a value, found `+1`"),
    ] {
        assert_eq!(guests(value), format!("{at}{said}"), "{value}");
    }
}

#[test]
fn text_that_is_no_json_is_named_at_its_place() {
    for (text, said) in [
        ("", "1:1: $: expected a JSON object, found an empty file"),
        (" \n", "2:1: $: expected a JSON object, found an empty file"),
        ("{", "1:2: $: expected a key in double quotes or `}`, found the end of the file"),
        ("{\"a\": 1", "1:8: $: expected `,` or `}`, found the end of the file"),
        ("{\"a\" 1}", "1:6: $.a: expected `:` after the key, found `1`"),
        ("{\"a\": }", "1:7: $.a: expected a value, found `}`"),
        ("{\"a\": [1, {\"b\": ,}]}", "1:17: $.a[1].b: expected a value, found `,`"),
        ("{\"a\": 1,,}", "1:9: $: expected a key in double quotes or `}`, found `,`"),
        ("{} {}", "1:4: $: expected the end of the file, found `{`"),
        ("{\"a\": \"b", "1:7: $.a: expected a value, found a text that never ends"),
        (
            "{\"a\": \"\\q\"}",
            "1:7: $.a: expected a value, found a text with an escape that JSON does not have",
        ),
        ("{\"a\": #}", "1:7: $.a: expected a value, found `#`"),
        ("{ /* }", "1:3: $: expected a key in double quotes or `}`, found a comment that never ends"),
        ("{\"a\": 1e999}", "1:7: $.a: expected a number that JSON can hold, found `1e999`"),
        ("{\"a\": \"\\u0000\"}", "1:7: $.a: expected a text, found U+0000 in it"),
    ] {
        let expected = format!("realm_config.json:{said}");
        assert_eq!(root_refusal(text), expected, "{text}");
    }
}

#[test]
fn slips_of_the_pen_do_not_hide_what_follows() {
    let text = "{\n  name: \"news\"\n  \"app_id\": \"news-abcde\",\n  \"name\": 'x',\n  \"location\": 7\n}";
    assert_eq!(
        root_refusal(text),
        "realm_config.json:2:3: $.name: expected a key in double quotes, found `name`; write \"name\"\n\
         realm_config.json:3:3: $: expected `,` or `}`, found \"app_id\"; is the comma before it missing?\n\
         realm_config.json:4:3: $.name: expected each key once, found \"name\" again (first on line 2)\n\
         realm_config.json:4:11: $.name: expected a value, found `'x'`; texts stand in double quotes\n\
         realm_config.json:5:15: $.location: expected a text, found 7; write \"7\""
    );
}

#[test]
fn a_missing_quote_is_found_on_its_line() {
    assert_eq!(
        guest_refusal("{\n  \"name: \"anon-user\",\n  \"type\": \"anon-user,\n  \"disabled\": false\n}"),
        "auth_providers/anon-user.json:2:11: $[\"name: \"]: expected `:` after the key, found `a`"
    );
    assert_eq!(
        guest_refusal("{\n  \"type\": \"anon-user,\n  \"disabled\": false\n}"),
        "auth_providers/anon-user.json:2:11: $.type: expected a text that ends on its line, found a line break in it; \
         is its closing quote missing?"
    );
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let refuse = |bytes: &[u8]| {
        let mut tree = super::tree(&[]);
        tree.0.insert("realm_config.json".to_owned(), bytes.to_vec());
        super::read(&tree, "news").expect_err("refused").to_string()
    };
    assert_eq!(refuse(b"{\n\"a\": \"\xe4\"}"), "realm_config.json:2: expected UTF-8 text, found other bytes");
    assert_eq!(
        refuse(b"\xff\xfe{\0}\0"),
        "realm_config.json:1: expected UTF-8 text, found other bytes; this looks like UTF-16: save the file as UTF-8"
    );
}

#[test]
fn values_nested_without_end_are_refused_not_followed() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let said = root_refusal(&deep);
    assert!(said.ends_with("expected values at most 64 deep, found deeper ones"), "{said}");
    assert!(said.starts_with("realm_config.json:1:65: $[0][0]"), "{said}");
}

#[test]
fn unknown_types_of_provider_are_refused_with_the_nearest() {
    for (kind, hint) in [
        ("anon-usr", "did you mean \"anon-user\"?"),
        ("anonymous", "did you mean \"anon-user\"?"),
        ("google", "did you mean \"oauth2-google\"?"),
        ("api_key", "did you mean \"api-key\"?"),
    ] {
        assert_eq!(
            guest_refusal(&format!("{{\"type\": \"{kind}\"}}")),
            format!(
                "auth_providers/anon-user.json:1:10: $.type: expected the type of a provider, found \"{kind}\"; {hint}"
            )
        );
    }
}

#[test]
fn wrong_shapes_of_providers_are_refused() {
    let text = r#"{
    "anon-user": true,
    "custom-token": {"type": 5, "config": {}},
    "local-userpass": {"type": "local-userpass", "config": [], "id": "123"},
    "oauth2-google": {"type": "oauth2-google", "redirect_uris": ["https://a", 1], "metadata_fields": [["email"]]},
    "mine": {}
}"#;
    assert_eq!(
        refusal(&[("auth/providers.json", text)]),
        "auth/providers.json:2:18: $.anon-user: expected an object, found true\n\
         auth/providers.json:3:30: $.custom-token.type: expected a text, found 5; write \"5\"\n\
         auth/providers.json:4:70: $.local-userpass.id: expected an id of 24 hex digits, found \"123\"\n\
         auth/providers.json:4:60: $.local-userpass.config: expected an object, found a list\n\
         auth/providers.json:5:79: $.oauth2-google.redirect_uris[1]: expected a text, found 1; write \"1\"\n\
         auth/providers.json:5:103: $.oauth2-google.metadata_fields[0]: expected an object, found a list\n\
         auth/providers.json:6:13: $.mine: expected a `type`, found none; the types are anon-user, local-userpass, \
         oauth2-google, oauth2-facebook, oauth2-apple, api-key, custom-token, custom-function"
    );
    assert_eq!(
        refusal(&[("auth/providers.json", "[]")]),
        "auth/providers.json:1:1: $: expected an object, found a list"
    );
}

#[test]
fn two_providers_of_a_type_are_refused() {
    let files = [
        ("auth_providers/anon-user.json", r#"{"type": "anon-user"}"#),
        ("auth_providers/guests.json", r#"{"type": "anon-user"}"#),
    ];
    assert_eq!(
        refusal(&files),
        "auth_providers/guests.json:1:1: $: expected one provider of a type, found another of type \"anon-user\""
    );
}

#[test]
fn wrong_values_in_a_root_are_refused_with_what_was_meant() {
    let known = "expected one of the versions 20180301, 20200603, 20210101, 20230101, found";
    for (text, said) in [
        (r#"{"config_version": 20210102}"#, format!("1:20: $.config_version: {known} 20210102; did you mean 20210101?")),
        (r#"{"config_version": 0}"#, format!("1:20: $.config_version: {known} 0")),
        (
            r#"{"config_version": "20210101"}"#,
            format!("1:20: $.config_version: {known} \"20210101\"; write 20210101 without quotes"),
        ),
        (
            r#"{"name": "my app"}"#,
            "1:10: $.name: expected a name of at most 64 ASCII letters, digits, `_`, `-`, beginning with a letter, \
             found \"my app\"; did you mean \"my-app\"?"
                .to_owned(),
        ),
        (
            r#"{"app_id": "a/b"}"#,
            "1:12: $.app_id: expected an app id of ASCII letters, digits, `_`, `-`, `.`, such as news-abcde, found \
             \"a/b\""
                .to_owned(),
        ),
        (
            r#"{"allowed_request_origins": "https://example.com"}"#,
            "1:29: $.allowed_request_origins: expected a list, found \"https://example.com\"".to_owned(),
        ),
        (
            r#"{"security": {"allowed_request_origins": ["https://a.example", "https://b.example", 80]}}"#,
            "1:85: $.security.allowed_request_origins[2]: expected a text, found 80; write \"80\"".to_owned(),
        ),
        (r#"{"security": []}"#, "1:14: $.security: expected an object, found a list".to_owned()),
        ("[]", "1:1: $: expected an object, found a list".to_owned()),
    ] {
        assert_eq!(root_refusal(text), format!("realm_config.json:{said}"), "{text}");
    }
}

#[test]
fn noted_ids_of_the_wrong_type_are_refused() {
    let meta = r#"{"app_id": 5, "client_app_id": "news abcde"}"#;
    assert_eq!(
        refusal(&[(".mdb/meta.json", meta)]),
        ".mdb/meta.json:1:12: $.app_id: expected a text, found 5; write \"5\"\n\
         .mdb/meta.json:1:32: $.client_app_id: expected an app id of ASCII letters, digits, `_`, `-`, `.`, such as \
         news-abcde, found \"news abcde\""
    );
}

#[test]
fn a_directory_without_app_says_where_one_may_be() {
    let none = ".: expected an app directory with realm_config.json, root_config.json, config.json, stitch.json, \
                auth/providers.json or auth_providers/, found none of them";
    let said = |paths: &[&str]| {
        let text = r#"{"config_version": 20200603}"#;
        refusal(&paths.iter().map(|path| (*path, text)).collect::<Vec<_>>())
    };
    assert_eq!(said(&["README.md", "functions/greet.js"]), none);
    assert_eq!(
        said(&["README.md", "backend/realm/realm_config.json", "backend/realm/auth/providers.json"]),
        format!("{none}; did you mean backend/realm?")
    );
    assert_eq!(said(&["one/config.json"]), format!("{none}; did you mean one?"));
    assert_eq!(refusal(&[("web/config.json", "{}")]), none);
    assert_eq!(
        said(&["a/auth_providers/anon-user.json", "b/stitch.json"]),
        format!("{none}; did you mean a or b?")
    );
    assert_eq!(
        said(&[
            "a/stitch.json",
            "b/stitch.json",
            "c/stitch.json",
            "d/stitch.json",
            "e/f/stitch.json",
            "g/stitch.json"
        ]),
        format!("{none}; 6 directories below look like apps: name one")
    );
}

/// Were each finding looked for in the whole file, every one of these would take minutes.
#[test]
fn a_large_file_with_much_wrong_in_it_is_read_at_once() {
    let many = |one: fn(usize) -> String| (0..40_000).map(one).collect::<Vec<_>>().join(",\n");
    let root = |inside: String| format!(r#"{{"config_version": 20210101, "name": "news", {inside}}}"#);
    let api_key = |inside: String| format!(r#"{{"api-key": {{"type": "api-key", {inside}}}}}"#);
    let refused = [
        ("realm_config.json", root(many(|_| r#""a": 1"#.to_owned()))),
        ("auth/providers.json", format!("{{{}}}", many(|n| format!(r#""p{n}": {{}}"#)))),
    ];
    for (file, text) in refused {
        assert_eq!(refusal(&[(file, &text)]).lines().count(), 100, "{file}");
    }
    let warned = [
        (
            "realm_config.json",
            root(format!(r#""allowed_request_origins": [{}]"#, many(|n| format!(r#""{n}""#)))),
        ),
        ("auth/providers.json", api_key(many(|n| format!(r#""confi{n}": 1"#)))),
    ];
    for (file, text) in warned {
        assert_eq!(warnings(&[(file, &text)]).len(), 100, "{file}");
    }
    let unlike = api_key(many(|n| format!(r#""zzzzzzzzzz{n}": 1"#)));
    assert!(warnings(&[("auth/providers.json", &unlike)]).iter().all(|said| !said.contains("zzz")));
}

/// No store could find them by it.
#[test]
fn paths_without_end_are_refused() {
    let path = |bytes: usize| format!("hosting/files/{}", "a".repeat(bytes - 14));
    let [fits, long] = [1_024, 1_025].map(path);
    let said = format!("{long}: expected a path inside the directory, found one of more than 1024 bytes");
    assert_eq!(refusal(&[(&fits, ""), (&long, "")]), said);
}

#[test]
fn paths_that_lead_out_are_refused() {
    let files = [
        ("../x.json", ""),
        ("/etc/passwd", ""),
        ("a//b", ""),
        ("a\\b", ""),
        ("a\0", ""),
        ("f", ""),
        ("f/g", ""),
    ];
    assert_eq!(
        refusal(&files),
        "../x.json: expected a path inside the directory, found a segment of dots\n\
         /etc/passwd: expected a path inside the directory, found an absolute path\n\
         a\\u{0}: expected a path inside the directory, found a NUL\n\
         a//b: expected a path inside the directory, found an empty segment\n\
         a\\b: expected a path inside the directory, found a backslash\n\
         f/g: expected `f` to be a directory, found a file"
    );
}
