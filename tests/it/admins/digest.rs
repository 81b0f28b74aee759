//! The paths of Atlas, signed with HTTP digest authentication.

use serde_json::json;

use super::{Office, Pair};
use crate::support::{Database, Reply, Server, md5};

const GROUPS: &str = "/api/public/v1.0/groups";

/// The nonce of a challenge, and whether the one before was stale.
fn challenge(reply: &Reply) -> (String, bool) {
    assert_eq!(reply.status, 401, "{reply:?}");
    let body = json!({
        "detail": "You are not authorized for this resource.", "error": 401, "errorCode": "NOT_AUTHORIZED",
        "reason": "Unauthorized",
    });
    assert_eq!(reply.json(), body);
    let header = reply.header("www-authenticate").expect("a challenge");
    assert!(header.starts_with("Digest realm=\"Passerby\""), "{header}");
    let nonce = header.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (nonce, header.ends_with("stale=true"))
}

fn nonce(office: &Office) -> String {
    challenge(&office.server.request("GET", GROUPS, &[], b"")).0
}

fn header(pair: &Pair, nonce: &str, nc: &str, uri: &str) -> String {
    let half = md5(&format!("{}:Passerby:{}", pair.public, pair.private));
    let request = md5(&format!("GET:{uri}"));
    let response = md5(&format!("{half}:{nonce}:{nc}:cn:auth:{request}"));
    format!(
        "Digest username=\"{}\", realm=\"Passerby\", nonce=\"{nonce}\", uri=\"{uri}\", \
         response=\"{response}\", algorithm=MD5, cnonce=\"cn\", qop=auth, nc={nc}",
        pair.public
    )
}

fn ask(office: &Office, path: &str, header: &str) -> Reply {
    office.server.request("GET", path, &[("Authorization", header)], b"")
}

#[test]
fn tools_find_their_projects_and_no_clusters() {
    let office = Office::open(&[]);
    let (pair, project) = (office.first(), office.project());
    let get = |path: &str| {
        let reply = ask(&office, path, &header(&pair, &nonce(&office), "00000001", path));
        (reply.status, reply.json())
    };
    let one = json!({ "id": project, "name": "Project 0" });
    assert_eq!(get("/api/public/v1.0").0, 200);
    assert_eq!(get(GROUPS), (200, json!({ "links": [], "results": [one], "totalCount": 1 })));
    assert_eq!(get(&format!("{GROUPS}/byName/Project%200")), (200, one));
    assert_eq!(get(&format!("{GROUPS}/byName/Other")).0, 404);
    let none = json!({ "links": [], "results": [], "totalCount": 0 });
    let atlas = format!("/api/atlas/v1.0/groups/{project}");
    assert_eq!(get(&format!("{atlas}/clusters?pretty=true")), (200, none.clone()));
    assert_eq!(get(&format!("{atlas}/serverless")), (200, none));
    assert_eq!(get(&format!("{atlas}/dataLakes")), (200, json!([])));
    assert_eq!(get(&format!("{atlas}/other")).0, 404);
    assert_eq!(get("/api/atlas/v1.0/groups/636a9db3bdeec4a0374030d4/clusters").0, 403);
}

#[test]
fn a_signature_is_good_once() {
    let office = Office::open(&[]);
    let pair = office.first();
    let given = nonce(&office);
    let first = header(&pair, &given, "00000001", GROUPS);
    assert_eq!(ask(&office, GROUPS, &first).status, 200);
    let (fresh, stale) = challenge(&ask(&office, GROUPS, &first));
    assert!(stale && fresh != given, "a replay is asked for a new one");
    for count in ["00000003", "00000002"] {
        let again = header(&pair, &given, count, GROUPS);
        assert_eq!(ask(&office, GROUPS, &again).status, 200);
        assert!(challenge(&ask(&office, GROUPS, &again)).1, "each count is good once");
    }
    let own = "0".repeat(64);
    assert!(
        challenge(&ask(&office, GROUPS, &header(&pair, &own, "00000001", GROUPS))).1,
        "a nonce of its own"
    );
}

/// Whoever balances the load sends a challenge's answer wherever it likes; and a replay.
#[test]
fn a_signature_is_good_once_at_any_of_several_servers() {
    let (place, database) = (tempfile::tempdir().unwrap(), Database::fresh());
    let start = |name: &str| Server::start_on(&database, &place.path().join(name), &[]);
    let (one, other) = (start("one"), start("other"));
    let first = std::fs::read_to_string(place.path().join("one/admin-key.json")).expect("a file");
    let pair = Pair::of(&serde_json::from_str(&first).expect("JSON"));
    let ask =
        |server: &Server, header: &str| server.request("GET", GROUPS, &[("Authorization", header)], b"");
    let (given, _) = challenge(&one.request("GET", GROUPS, &[], b""));
    let signed = header(&pair, &given, "00000001", GROUPS);
    assert_eq!(ask(&other, &signed).status, 200);
    for server in [&one, &other] {
        assert!(challenge(&ask(server, &signed)).1);
    }
    assert_eq!(ask(&one, &header(&pair, &given, "00000002", GROUPS)).status, 200);
    // Nor is it good again at a server that starts anew.
    let one = one.restart();
    assert!(challenge(&ask(&one, &signed)).1);
}

#[test]
fn what_is_not_signed_for_this_request_is_refused() {
    let office = Office::open(&[]);
    let pair = office.first();
    let wrong = Pair { private: "wrong".to_owned(), ..pair.clone() };
    let nobody = Pair { public: "nobodyxx".to_owned(), ..pair.clone() };
    for header in [
        header(&wrong, &nonce(&office), "00000001", GROUPS),
        header(&nobody, &nonce(&office), "00000001", GROUPS),
        header(&pair, &nonce(&office), "00000001", "/api/public/v1.0"),
        header(&pair, &nonce(&office), "1", GROUPS),
        header(&pair, &nonce(&office), "00000001", GROUPS).replace("qop=auth", "qop=auth-int"),
        header(&pair, &nonce(&office), "00000001", GROUPS).replace("realm=\"Passerby\"", "realm=\"x\""),
        format!("Bearer {}", office.with_key(&pair).access),
        "Basic eDp5".to_owned(),
    ] {
        assert!(!challenge(&ask(&office, GROUPS, &header)).1, "{header}");
    }
    office.run(&["admins", "keys", "revoke", &pair.public]);
    challenge(&ask(&office, GROUPS, &header(&pair, &nonce(&office), "00000001", GROUPS)));
}
