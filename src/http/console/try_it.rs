//! Try it: a guest logs in from this page and becomes somebody; and the lines that do so with each SDK.

use axum::response::Response;
use maud::html;

use super::assets;
use super::page::{self, Here};
use super::place::Place;

/// `GET …/try`.
pub(super) async fn show(place: Place) -> Response {
    let (url, app) = (place.visit.client_url(), place.client_app_id.as_str());
    let content = html! {
        h1 { "Try it" }
        p { "A guest logs in against this app from your browser, as your own app would. It is a real user, whom you find under Users." }
        noscript {
            p class="note" { "These buttons need scripts. Without them, this does the same:" }
            pre tabindex="0" { code { "curl -X POST " (url) "/api/client/v2.0/app/" (app) "/auth/providers/anon-user/login" } }
        }
        div id="try" class="card" data-url=(url) data-app=(app) data-logs=(place.page("/logs")) {
            div class="actions first" { button type="button" class="primary" data-step="guest" { "Log a guest in" } }
            div class="filters" {
                label { "E-mail address" input type="email" id="try-email" value="ada@example.com" data-after-guest disabled; }
                label { "Password" input type="text" id="try-password" value="password1" data-after-guest disabled; }
                button type="button" data-step="link" data-after-guest disabled { "Link it to an e-mail user" }
            }
            p class="help" {
                "Linking needs " a href=(place.page("/auth/providers/local-userpass")) { "Email/Password" }
                " to be enabled, with automatic confirmation."
            }
            div id="try-said" aria-live="polite" {}
        }
        h2 { "With an SDK" }
        @for (name, lines) in sdks(url, app) {
            details {
                summary { (name) }
                pre tabindex="0" { code { (lines) } }
            }
        }
        script src=(assets::try_path()) defer {}
    };
    page::calling(page::of_app(&place, Here::Try, "Try it", &content), url)
}

fn sdks(url: &str, app: &str) -> [(&'static str, String); 6] {
    [
        (
            "Web",
            format!(
                "import {{ App, Credentials }} from \"realm-web\";\n\
             const app = new App({{ id: \"{app}\", baseUrl: \"{url}\" }});\n\
             const user = await app.logIn(Credentials.anonymous());\n\
             await user.linkCredentials(Credentials.emailPassword(email, password));"
            ),
        ),
        (
            "React Native, Node.js",
            format!(
                "import Realm from \"realm\";\n\
             const app = new Realm.App({{ id: \"{app}\", baseUrl: \"{url}\" }});\n\
             const user = await app.logIn(Realm.Credentials.anonymous());\n\
             await user.linkCredentials(Realm.Credentials.emailPassword({{ email, password }}));"
            ),
        ),
        (
            "Swift",
            format!(
                "let app = App(id: \"{app}\", configuration: AppConfiguration(baseURL: \"{url}\"))\n\
             let user = try await app.login(credentials: .anonymous)\n\
             _ = try await user.linkUser(credentials: .emailPassword(email: email, password: password))"
            ),
        ),
        (
            "Kotlin",
            format!(
                "val app = App.create(AppConfiguration.Builder(\"{app}\").baseUrl(\"{url}\").build())\n\
             val user = app.login(Credentials.anonymous())\n\
             user.linkCredentials(Credentials.emailPassword(email, password))"
            ),
        ),
        (
            ".NET",
            format!(
                "var app = App.Create(new AppConfiguration(\"{app}\") {{ BaseUri = new Uri(\"{url}\") }});\n\
             var user = await app.LogInAsync(Credentials.Anonymous());\n\
             await user.LinkCredentialsAsync(Credentials.EmailPassword(email, password));"
            ),
        ),
        (
            "Flutter",
            format!(
                "final app = App(AppConfiguration(\"{app}\", baseUrl: Uri.parse(\"{url}\")));\n\
             final user = await app.logIn(Credentials.anonymous());\n\
             await user.linkCredentials(Credentials.emailPassword(email, password));"
            ),
        ),
    ]
}
