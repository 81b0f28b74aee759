//! A browser without scripts: it keeps cookies, follows redirects and sends the forms that pages hold.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Reply, Server, passerby};

/// A server with one app, `news`, in which guests may log in.
pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) dir: tempfile::TempDir,
}

const GUESTS: &str = r#""anon-user": {"name": "anon-user", "type": "anon-user", "disabled": false}"#;
/// Somebody confirms each address by hand: nothing is mailed without a server for it.
const PASSWORDS: &str = r#""local-userpass": {"name": "local-userpass", "type": "local-userpass", "disabled": false,
    "config": {"autoConfirm": false, "emailConfirmationUrl": "https://example.com/confirm",
    "resetPasswordUrl": "https://example.com/reset"}}"#;

impl House {
    pub(crate) fn open() -> House {
        House::with(&[])
    }

    /// The same, with e-mail addresses and passwords.
    pub(crate) fn with_passwords() -> House {
        House::with(&[("auth/providers.json", &format!("{{{GUESTS}, {PASSWORDS}}}"))])
    }

    /// The same with more files in the app's directory.
    pub(crate) fn with(files: &[(&str, &str)]) -> House {
        House::start(files, &[])
    }

    /// The same behind a proxy that speaks HTTPS.
    pub(crate) fn behind(public_url: &str) -> House {
        House::start(&[], &["--public-url", public_url])
    }

    fn start(files: &[(&str, &str)], arguments: &[&str]) -> House {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("news");
        write(&app, "realm_config.json", r#"{"config_version": 20210101, "name": "news"}"#);
        write(&app, "auth/providers.json", &format!("{{{GUESTS}}}"));
        for (path, text) in files {
            write(&app, path, text);
        }
        let arguments = [&[app.to_str().unwrap()], arguments].concat();
        let server = Server::start(&dir.path().join("data"), &arguments);
        House { server, dir }
    }

    /// The first administrator's key pair.
    pub(crate) fn key_pair(&self) -> (String, String) {
        let pair = std::fs::read_to_string(self.dir.path().join("data/admin-key.json")).unwrap();
        let pair: Value = serde_json::from_str(&pair).unwrap();
        let text = |key: &str| pair[key].as_str().unwrap().to_owned();
        (text("public_key"), text("private_key"))
    }

    /// A browser in which the first administrator is signed in.
    pub(crate) fn browser(&self) -> Browser<'_> {
        let browser = Browser::new(&self.server);
        let (public, private) = self.key_pair();
        let page = browser.sign_in(&public, &private);
        assert_eq!((page.status, page.path.as_str()), (200, "/apps"), "{}", page.text);
        browser
    }

    /// What a command on the server's data prints as JSON.
    pub(crate) fn told(&self, arguments: &[&str]) -> Value {
        let data = self.dir.path().join("data");
        let more = ["--json", "--data", data.to_str().unwrap()];
        let ran = passerby(arguments.iter().chain(&more));
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    }

    /// What the Admin API answers the first administrator, below the app.
    pub(crate) fn admin(&self, method: &str, path: &str) -> Reply {
        let (public, private) = self.key_pair();
        let login = json!({ "username": public, "apiKey": private }).to_string();
        let json = [("Content-Type", "application/json")];
        let target = "/api/admin/v3.0/auth/providers/mongodb-cloud/login";
        let session = self.server.request("POST", target, &json, login.as_bytes()).json();
        let token = session["access_token"].as_str().unwrap();
        let apps = self.server.with_token("GET", "/api/passerby/v1/apps", token).json();
        let text = |key: &str| apps[0][key].as_str().unwrap().to_owned();
        let base = format!("/api/admin/v3.0/groups/{}/apps/{}", text("group_id"), text("_id"));
        self.server.with_token(method, &format!("{base}{path}"), token)
    }

    /// What a client's request below the app is answered.
    pub(crate) fn client(&self, path: &str, body: &Value) -> Reply {
        let target = format!("/api/client/v2.0/app/{}{path}", self.app());
        let json = [("Content-Type", "application/json")];
        self.server.request("POST", &target, &json, body.to_string().as_bytes())
    }

    pub(crate) fn app(&self) -> &str {
        self.server.app(0)
    }

    /// What a guest's login is answered.
    pub(crate) fn log_in(&self) -> Reply {
        self.log_in_by("anon-user", &json!({}))
    }

    /// A guest who says something of the device.
    pub(crate) fn log_in_with(&self, body: &Value) -> Value {
        self.log_in_by("anon-user", body).json()
    }

    /// What a login with a provider is answered.
    pub(crate) fn log_in_by(&self, provider: &str, body: &Value) -> Reply {
        let target = format!("/api/client/v2.0/app/{}/auth/providers/{provider}/login", self.app());
        self.server.request("POST", &target, &[], body.to_string().as_bytes())
    }
}

fn write(dir: &Path, path: &str, text: &str) {
    let file = dir.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// A browser window.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// A page that was shown.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Its path and query, after redirects.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) reply: Reply,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Browser<'a> {
        Browser { server, cookies: RefCell::default() }
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Shows a page.
    pub(crate) fn open(&self, path: &str) -> Page {
        self.follow(self.send("GET", path, &[], ""), path)
    }

    /// A page of the app, from the list of apps by the words of the left bar.
    pub(crate) fn app(&self, words: &str) -> Page {
        self.open("/apps").click(self, "news").click(self, words)
    }

    /// The editor of the first provider in the table, which lets guests in.
    pub(crate) fn guests_editor(&self) -> Page {
        self.app("Authentication").click(self, "Edit")
    }

    /// Fills the sign-in form in.
    pub(crate) fn sign_in(&self, name: &str, secret: &str) -> Page {
        self.open("/sign-in").submit(self, "/sign-in", &[("name", name), ("secret", secret)])
    }

    /// Sends fields to a path, as a form of the console would, with whatever token they hold.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let origin = format!("http://{}", self.server.authority());
        self.follow(self.send("POST", path, &[("Origin", &origin)], &body), path)
    }

    /// One request with the cookies, and no redirect followed.
    pub(crate) fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Reply {
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = vec![("Accept", "text/html")];
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        if !body.is_empty() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        headers.extend_from_slice(more);
        let reply = self.server.request(method, path, &headers, body.as_bytes());
        for (_, cookie) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match value {
                "" => self.cookies.borrow_mut().remove(name),
                value => self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned()),
            };
        }
        reply
    }

    fn follow(&self, reply: Reply, path: &str) -> Page {
        match reply.header("location") {
            Some(to) if reply.status == 303 => {
                let to = to.to_owned();
                self.follow(self.send("GET", &to, &[], ""), &to)
            }
            _ => Page {
                status: reply.status,
                path: path.to_owned(),
                text: String::from_utf8(reply.body.clone()).unwrap(),
                reply,
            },
        }
    }
}

impl Page {
    /// Sends the form of an action, with what it holds and other values for some fields. A field whose value is `\0`
    /// is left out, as a box that is not ticked.
    pub(crate) fn submit(&self, browser: &Browser<'_>, action: &str, fields: &[(&str, &str)]) -> Page {
        let form = self.form(action);
        let mut sent: Vec<(String, String)> = Vec::new();
        for input in form.split("<input").skip(1) {
            let input = input.split('>').next().unwrap();
            let is_box = input.contains("type=\"checkbox\"") || input.contains("type=\"radio\"");
            if let Some(name) = attribute(input, "name")
                && (!is_box || input.contains(" checked"))
            {
                sent.push((name, attribute(input, "value").unwrap_or_default()));
            }
        }
        for select in form.split("<select").skip(1) {
            let select = select.split("</select>").next().unwrap();
            let options = || select.split("<option").skip(1);
            let chosen = options().find(|option| option.contains(" selected")).or_else(|| options().next());
            let value = chosen.and_then(|option| attribute(option, "value")).unwrap_or_default();
            sent.push((attribute(select, "name").unwrap(), value));
        }
        for area in form.split("<textarea").skip(1) {
            let (tag, text) = area.split("</textarea>").next().unwrap().split_once('>').unwrap();
            let text = unescaped(text.strip_prefix('\n').unwrap_or(text));
            // As browsers send them.
            sent.push((attribute(tag, "name").unwrap(), text.replace('\n', "\r\n")));
        }
        for (name, value) in fields {
            sent.retain(|(n, _)| n != name);
            if *value != "\0" {
                sent.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        if form.contains("method=\"get\"") {
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&sent).finish();
            return browser.open(&format!("{action}?{query}"));
        }
        let sent: Vec<(&str, &str)> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.post(action, &sent)
    }

    /// What its forms carry.
    pub(crate) fn form_token(&self) -> String {
        let after = self.text.split("name=\"form_token\" value=\"").nth(1).expect("a form");
        after.split('"').next().unwrap_or_default().to_owned()
    }

    /// The text of the form of an action.
    fn form(&self, action: &str) -> &str {
        let start = self.text.find(&format!("action=\"{action}\""));
        let start = start.unwrap_or_else(|| panic!("no form of {action} in {}", self.text));
        let start = self.text[..start].rfind("<form").unwrap();
        self.text[start..].split("</form>").next().unwrap()
    }

    /// The actions of the forms that end so.
    pub(crate) fn actions(&self, end: &str) -> Vec<String> {
        let forms = self.text.split("<form").skip(1).filter_map(|form| attribute(form, "action"));
        forms.filter(|action| action.ends_with(end)).collect()
    }

    /// The paths of the links of some words, such as `Edit`.
    pub(crate) fn links(&self, words: &str) -> Vec<String> {
        let anchors = self.text.split("<a ").skip(1);
        let of_words = anchors.filter(|a| text_of(a.split("</a>").next().unwrap()).starts_with(words));
        of_words.filter_map(|a| attribute(a, "href")).collect()
    }

    /// Follows the first link of some words.
    pub(crate) fn click(&self, browser: &Browser<'_>, words: &str) -> Page {
        let link = self.links(words).into_iter().next();
        browser.open(&link.unwrap_or_else(|| panic!("no link {words} in {}", self.text)))
    }
}

/// What stands in an element, from within its opening tag, without tags.
fn text_of(element: &str) -> String {
    let mut text = String::new();
    for part in element.split('<') {
        text.push_str(part.split_once('>').map_or("", |(_, after)| after));
    }
    text
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let value = tag[start..].split('"').next()?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
