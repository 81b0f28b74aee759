//! `passerby providers`.

use super::place::{Place, beside_a_server_and_without, failed, printed};

#[test]
fn a_provider_is_turned_off_and_on_in_every_version() {
    let place = Place::with_server();
    let log_in = || {
        let target = "/api/client/v2.0/app/news-aaaaa/auth/providers/anon-user/login";
        place.server.as_ref().unwrap().request("POST", target, &[], b"").status
    };
    for version in ["20180301", "20200603", "20210101", "20230101"] {
        let dir = place.beside(version);
        assert_eq!(place.raw(["export", "news-aaaaa", &dir, "--format", version]).code, 0);
        let pushed = place.raw(["push", &dir, "--app", "news-aaaaa", "--yes"]);
        assert_eq!(pushed.code, 0, "{version}: {pushed:?}");
        let disabled = place.run(["providers", "disable", "news-aaaaa", "anon-user"]);
        printed(&disabled, "Disabled anon-user of news-aaaaa.\n", "");
        assert_eq!(log_in(), 401, "{version}");
        let again = place.run(["providers", "disable", "news-aaaaa", "anon-user"]);
        printed(&again, "anon-user of news-aaaaa is disabled already.\n", "");
        let enabled = place.run(["providers", "enable", "news-aaaaa", "anon-user"]);
        printed(&enabled, "Enabled anon-user of news-aaaaa.\n", "");
        assert_eq!(log_in(), 200, "{version}");
        // Nothing else changed.
        let diff = place.run(["diff", &dir, "--app", "news-aaaaa"]);
        printed(&diff, &format!("Nothing to push: [dir]/{version} is what news-aaaaa has.\n"), "");
    }
}

#[test]
fn a_provider_is_added_when_it_is_enabled() {
    beside_a_server_and_without(|place| {
        failed(
            &place.run(["providers", "disable", "news-aaaaa", "api-key"]),
            4,
            "error: news-aaaaa has no provider api-key\n\
             hint: `passerby providers list news-aaaaa` shows which it has\n",
        );
        printed(
            &place.run(["providers", "enable", "news-aaaaa", "api-key"]),
            "Enabled api-key of news-aaaaa.\n",
            "",
        );
        printed(
            &place.run(["providers", "list", "news-aaaaa"]),
            "PROVIDER   STATE\nanon-user  enabled\napi-key    enabled\n",
            "",
        );
        let json =
            "[{\"name\":\"anon-user\",\"disabled\":false},{\"name\":\"api-key\",\"disabled\":false}]\n";
        printed(&place.run(["providers", "list", "news-aaaaa", "--json"]), json, "");
        // One that needs settings says so.
        let custom = place.run(["providers", "enable", "news-aaaaa", "custom-token"]);
        printed(
            &custom,
            "Enabled custom-token of news-aaaaa.\n",
            "warning: auth/providers.json: $.custom-token: failed to accept 0 signing keys: expected 1 to 3: every \
             login is refused\n",
        );
    });
}

#[test]
fn a_provider_that_nobody_knows_is_wrong_usage() {
    let place = Place::without_server();
    let ran = place.run(["providers", "enable", "news-aaaaa", "anonymous"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("expected one of anon-user, local-userpass"), "{}", ran.err);
}
