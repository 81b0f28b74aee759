//! Which requests make entries of the app's log, by method and path alone.

use http::Method;

use crate::model::{AuthEventType, LogType, ProviderType};

/// What a request is, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Event {
    /// The type of the entry.
    pub(in crate::http) kind: LogType,
    /// What is asked of a provider.
    pub(in crate::http) event: AuthEventType,
    /// The provider that the path names.
    pub(in crate::http) provider: Option<ProviderType>,
    /// Whether only its refusal is told of: what succeeds changed nothing.
    pub(in crate::http) only_refusals: bool,
}

impl Event {
    fn of(event: AuthEventType) -> Event {
        Event { kind: LogType::Auth, event, provider: None, only_refusals: false }
    }

    fn refusals(self, only_refusals: bool) -> Event {
        Event { only_refusals, ..self }
    }
}

/// The event of a request, if it is one.
pub(in crate::http) fn of(method: &Method, path: &str) -> Option<Event> {
    let mut parts = path.strip_prefix("/api/client/v2.0/")?.split('/');
    let room = match parts.next()? {
        "app" => parts.nth(1)?,
        room => room,
    };
    let reads = method == Method::GET;
    let other = Event::of(AuthEventType::Other);
    match (room, parts.next()?) {
        ("functions", "call") => Some(Event { kind: LogType::Function, ..other.refusals(reads) }),
        ("auth", "session") if method == Method::DELETE => Some(Event::of(AuthEventType::Logout)),
        ("auth", "session" | "profile") => Some(other.refusals(true)),
        ("auth", "delete") => Some(other),
        ("auth", "api_keys") => Some(Event { kind: LogType::ApiKey, ..other.refusals(reads) }),
        ("auth", "callback") => Some(Event::of(AuthEventType::Login)),
        ("auth", "providers") => {
            let provider: Option<ProviderType> = parts.next()?.parse().ok();
            let logs_in = parts.next()? == "login";
            let event = if logs_in { AuthEventType::Login } else { AuthEventType::Other };
            // By GET a browser only departs for an issuer.
            let departs = reads && provider.is_some_and(|kind| kind.as_str().starts_with("oauth2-"));
            Some(Event { provider, ..Event::of(event) }.refusals(departs))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_by_their_addresses() {
        use AuthEventType::{Login, Logout, Other};
        use LogType::{ApiKey, Auth, Function};
        use ProviderType::{AnonUser, Google, LocalUserpass};
        let at = |method: Method, path: &str| {
            of(&method, &format!("/api/client/v2.0{path}"))
                .map(|Event { kind, event, provider, only_refusals }| (kind, event, provider, only_refusals))
        };
        let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
        let expected = [
            (&post, "/app/a/auth/providers/anon-user/login", Some((Auth, Login, Some(AnonUser), false))),
            (&get, "/app/a/auth/providers/anon-user/login", Some((Auth, Login, Some(AnonUser), false))),
            (&get, "/app/a/auth/providers/oauth2-google/login", Some((Auth, Login, Some(Google), true))),
            (&post, "/app/a/auth/providers/none/login", Some((Auth, Login, None, false))),
            (
                &post,
                "/app/a/auth/providers/local-userpass/reset/send",
                Some((Auth, Other, Some(LocalUserpass), false)),
            ),
            (&get, "/auth/callback", Some((Auth, Login, None, false))),
            (&post, "/auth/session", Some((Auth, Other, None, true))),
            (&delete, "/auth/session", Some((Auth, Logout, None, false))),
            (&delete, "/app/a/auth/session", Some((Auth, Logout, None, false))),
            (&get, "/auth/profile", Some((Auth, Other, None, true))),
            (&delete, "/auth/delete", Some((Auth, Other, None, false))),
            (&get, "/auth/api_keys", Some((ApiKey, Other, None, true))),
            (&put, "/auth/api_keys/x/enable", Some((ApiKey, Other, None, false))),
            (&post, "/app/a/functions/call", Some((Function, Other, None, false))),
            (&get, "/app/a/functions/call", Some((Function, Other, None, true))),
            (&get, "/app/a/location", None),
            (&get, "/app/auth/session", None),
            (&get, "/", None),
        ];
        for (method, path, event) in expected {
            assert_eq!(at(method.clone(), path), event, "{method} {path}");
        }
        assert_eq!(of(&get, "/healthz"), None);
    }
}
