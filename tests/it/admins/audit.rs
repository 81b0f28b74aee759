//! Who did what.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::{Office, Pair};

/// What the log says, the newest first: who, what, target, origin, whether it has an address, status.
fn lines(value: &Value) -> Vec<Value> {
    let line = |l: &Value| json!([l["who"], l["what"], l["target"], l["origin"], l["address"], l["status"]]);
    value.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn what_was_done_and_what_was_refused_is_written_down_without_secrets() {
    let office = Office::open(&[]);
    let app = office.app();
    let user = office.server.log_in("news-aaaaa")["user_id"].as_str().unwrap().to_owned();
    let pair = office.first();
    let owner = office.with_key(&pair);
    let path = format!("{app}/users/{user}");
    let headers = [("Authorization", format!("Bearer {}", owner.access))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let cli = [&headers[..], &[("X-BAAS-Request-Origin", "mongodb-baas-cli")]].concat();
    let disable = format!("{path}/disable?secret=x");
    assert_eq!(office.server.request("PUT", &disable, &cli, b"").status, 204);
    let secret = json!({ "name": "key", "value": "hush-hush" }).to_string();
    let secrets = "/api/passerby/v1/apps/news-aaaaa/secrets";
    assert_eq!(office.server.request("POST", secrets, &headers, secret.as_bytes()).status, 204);
    // What failed for another reason, and what only reads, is no act.
    assert_eq!(office.server.with_token("DELETE", &format!("{app}/users/x"), &owner.access).status, 400);
    assert_eq!(office.server.with_token("GET", &path, &owner.access).status, 200);
    let reader = office.told(&["admins", "create", "rita@ops.example", "--role", "read-only"]);
    let key = Pair::of(&office.told(&["admins", "keys", "create", reader["_id"].as_str().unwrap()]));
    let rita = office.with_key(&key);
    assert_eq!(office.server.with_token("DELETE", &path, &rita.access).status, 403);

    let users = "/api/admin/v3.0/groups/{group}/apps/{app}/users/{user}";
    let login = "/api/admin/v3.0/auth/providers/mongodb-cloud/login";
    let at = "127.0.0.1";
    let data = "the owner of the data";
    let pattern = "POST /api/admin/v3.0/auth/providers/{provider}/login";
    let told = office.told(&["audit"]);
    assert_eq!(
        lines(&told),
        [
            json!(["rita@ops.example", format!("DELETE {users}"), path, "Admin API", at, 403]),
            json!(["rita@ops.example", pattern, login, "Admin API", at, 200]),
            json!([
                data,
                "POST /api/passerby/v1/admin_keys",
                "/api/passerby/v1/admin_keys",
                "Admin API",
                null,
                201
            ]),
            json!([data, "POST /api/passerby/v1/admins", "/api/passerby/v1/admins", "Admin API", null, 201]),
            json!([pair.public, "POST /api/passerby/v1/apps/{app}/secrets", secrets, "Admin API", at, 204]),
            json!([pair.public, format!("PUT {users}/disable"), format!("{path}/disable"), "CLI", at, 204]),
            json!([pair.public, pattern, login, "Admin API", at, 200]),
        ]
    );
    for hidden in ["hush-hush", "secret=x", &pair.private, &key.private, &owner.access] {
        assert!(!told.to_string().contains(hidden), "{hidden}");
    }
    // Pages, newest first.
    let second = office.told(&["audit", "--limit", "1", "--after", told[0]["_id"].as_str().unwrap()]);
    assert_eq!(second, json!([told[1]]));
    // Over the network an owner sees what concerns its projects, and a reader nothing.
    let seen =
        |token: &str| lines(&office.server.with_token("GET", "/api/passerby/v1/audit", token).json()).len();
    assert_eq!((seen(&owner.access), seen(&rita.access)), (3, 0));
}

/// The answer is not waited for, so that there is nobody any more whose act could be written down.
#[test]
fn who_hangs_up_is_written_down_all_the_same() {
    let office = Office::open(&[]);
    let (app, owner) = (office.app(), office.with_key(&office.first()));
    let guests: Vec<String> =
        (0..20).map(|_| office.server.log_in("news-aaaaa")["user_id"].as_str().unwrap().to_owned()).collect();
    let get = |path: &str| office.server.with_token("GET", path, &owner.access).json();
    for guest in &guests {
        let mut stream = TcpStream::connect(office.server.authority()).unwrap();
        let request = format!(
            "DELETE {app}/users/{guest} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            owner.access
        );
        stream.write_all(request.as_bytes()).unwrap();
        // Who is gone before the server knew who it was changes nothing: it gets as long as another question takes.
        get(&app);
    }
    let gone = || -> BTreeSet<String> {
        let left = get(&format!("{app}/users")).to_string();
        guests.iter().filter(|guest| !left.contains(guest.as_str())).cloned().collect()
    };
    let noted = || -> BTreeSet<String> {
        let told = get("/api/passerby/v1/audit?limit=1000").to_string();
        guests.iter().filter(|guest| told.contains(&format!("{app}/users/{guest}"))).cloned().collect()
    };
    // What was under way comes to its end by itself.
    let mut asked = 0;
    while gone().is_empty() || gone() != noted() {
        let (gone, noted) = (gone().len(), noted().len());
        assert!(asked < 1_000, "{gone} are gone, {noted} were written down");
        asked += 1;
    }
}
