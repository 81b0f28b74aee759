//! The description of the Admin API, against the routes and against what the original described.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use passerby::http::{Http, Limits, admin_routes, metrics::Metrics};
use passerby::model::Timestamp;
use passerby::store::Ask;

use crate::support::House;

const BASE: &str = "/api/admin/v3.0";
const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// Paths with their methods, and what each may answer.
type Described = BTreeMap<String, BTreeMap<String, BTreeSet<u16>>>;

/// The description's, which has them on lines of their own.
fn described() -> Described {
    let text = include_str!("../../../docs/wire/openapi-admin-v3.yaml");
    let (mut described, mut path, mut method) = (Described::new(), String::new(), String::new());
    let lines = text.lines().skip_while(|line| *line != "paths:").take_while(|line| *line != "components:");
    for line in lines {
        let key = line.trim_start().split(':').next().unwrap();
        match line.len() - line.trim_start().len() {
            2 => {
                assert!(
                    described.insert(key.to_owned(), BTreeMap::new()).is_none(),
                    "{key} stands there twice"
                );
                key.clone_into(&mut path);
            }
            4 if METHODS.contains(&key) => {
                let methods = described.get_mut(&path).unwrap();
                assert!(methods.insert(key.to_owned(), BTreeSet::new()).is_none(), "{key} {path}");
                key.clone_into(&mut method);
            }
            8 if key.starts_with('"') => {
                let status = key.trim_matches('"').parse().unwrap();
                described.get_mut(&path).unwrap().get_mut(&method).unwrap().insert(status);
            }
            _ => {}
        }
    }
    described
}

/// The routes of a listener for administrators, as the router itself tells them: `RouteId(7): "/path"` and
/// `RouteId(7): MethodRouter(MethodRouter { get: Route, head: None, …`.
async fn routes() -> BTreeSet<(String, String)> {
    let house = House::open(Timestamp(1_795_500_000)).await;
    let second = Duration::from_secs(1);
    let limits = Limits { max_body: 1, max_in_flight: 1, body_timeout: second, request_timeout: second };
    let http = Http {
        auth: Arc::clone(&house.auth),
        ask: Arc::clone(&house.store) as Arc<dyn Ask>,
        metrics: Arc::new(Metrics::new()),
        limits,
        trusted_proxies: [].into(),
    };
    let told = format!("{:?}", admin_routes(&http));
    let told = told.split("fallback_router").next().unwrap();
    let parts = || told.split("RouteId(").filter_map(|part| part.split_once("): "));
    let path_of: BTreeMap<&str, &str> =
        parts().filter_map(|(id, said)| Some((id, said.strip_prefix('"')?.split('"').next()?))).collect();
    let mut routes = BTreeSet::new();
    for (id, said) in parts().filter(|(_, said)| said.starts_with("MethodRouter")) {
        for method in METHODS.iter().filter(|method| !said.contains(&format!(" {method}: None"))) {
            assert!(
                said.contains(&format!(" {method}: ")),
                "the router tells its routes in another way: {said}"
            );
            routes.insert((path_of[id].to_owned(), (*method).to_owned()));
        }
    }
    routes.retain(|(path, _)| path.starts_with("/api/"));
    routes
}

#[tokio::test]
async fn the_description_has_every_route_and_no_other() {
    let described = described();
    let pairs =
        described.iter().flat_map(|(path, of)| of.keys().map(move |method| (path.clone(), method.clone())));
    let (described, routes): (BTreeSet<_>, _) = (pairs.collect(), routes().await);
    let missing: Vec<_> = routes.difference(&described).collect();
    let surplus: Vec<_> = described.difference(&routes).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "not described: {missing:#?}\nno route: {surplus:#?}");
}

/// A path of the original, with what its own description says of its methods, and what the page says that is here.
struct Original {
    path: String,
    methods: BTreeMap<String, u16>,
    /// `served`, `inert` or `absent`.
    here: String,
    /// Methods that answer with another status, or with none.
    otherwise: BTreeMap<String, Option<u16>>,
}

impl Original {
    /// Reads a line such as ``| `APP/x` | GET 200, PUT 200 | served; PUT 204 |``.
    fn read(row: &str) -> Original {
        let [path, methods, here] = *row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>()
        else {
            panic!("not three columns: {row}")
        };
        let path = path.trim_matches('`').replace("APP", "/groups/{group}/apps/{app}");
        let pair = |text: &str| text.trim().split_once(' ').map(|(m, s)| (m.to_lowercase(), s.parse().ok()));
        let pair = |text| pair(text).unwrap_or_else(|| panic!("no method and status: {row}"));
        let mut here = here.split(';');
        Original {
            path: format!("{BASE}{path}"),
            methods: methods.split(',').map(pair).map(|(method, status)| (method, status.unwrap())).collect(),
            here: here.next().unwrap().to_owned(),
            otherwise: here.map(pair).collect(),
        }
    }

    /// What we have at that path. Ours may have a parameter where the original has a word.
    fn ours<'a>(&self, described: &'a Described) -> Option<&'a BTreeMap<String, BTreeSet<u16>>> {
        let words = |path: &str| -> Option<usize> {
            let (its, ours): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
            let alike =
                its.len() == ours.len() && its.iter().zip(&ours).all(|(i, o)| i == o || o.starts_with('{'));
            alike.then(|| ours.iter().filter(|part| !part.starts_with('{')).count())
        };
        let best = described.keys().filter_map(|path| Some((words(path)?, path))).max()?;
        described.get(best.1)
    }
}

#[test]
fn the_page_says_of_every_path_of_the_original_what_is_here() {
    let page = include_str!("../../../docs/wire/admin-api.md");
    let table = page.split("## Every path of the original").nth(1).unwrap();
    let rows: Vec<Original> =
        table.lines().filter(|line| line.starts_with("| `")).map(Original::read).collect();
    // As many as the original's description has: nothing was lost.
    assert_eq!(rows.len(), 109);
    let described = described();
    for row in rows {
        let (path, ours) = (&row.path, row.ours(&described));
        match (row.here.as_str(), ours) {
            ("absent", None) => assert!(row.otherwise.is_empty(), "{path}"),
            ("served" | "inert", Some(ours)) => {
                for (method, status) in &row.methods {
                    let answers = ours.get(method).map(|all| all.iter().filter(|s| **s < 300).copied());
                    let answers: Option<Vec<u16>> = answers.map(Iterator::collect);
                    let expected = row.otherwise.get(method).copied().unwrap_or(Some(*status));
                    let agrees = match expected {
                        Some(status) => answers.as_ref().is_some_and(|answers| answers.contains(&status)),
                        None => answers.is_none(),
                    };
                    assert!(agrees, "{method} {path}: the page says {expected:?}, described is {answers:?}");
                }
            }
            (here, ours) => panic!("{path} is {here} on the page, and described as {ours:?}"),
        }
    }
}
