//! Which users are wanted.

use maud::{Markup, html};

use crate::http::console::place::Place;
use crate::http::console::providers::kinds;
use crate::http::form::{Fields, encoded};

/// The fields of the filter, by the name that the Admin API has for each.
const FIELDS: [&str; 7] = ["provider_types", "status", "guest", "q", "email", "last_seen_before", "after"];

/// A filter, and where a page begins.
pub(super) struct Filter(Vec<(&'static str, String)>);

impl Filter {
    pub(super) fn read(query: &Fields) -> Filter {
        let given = FIELDS.iter().filter_map(|name| Some((*name, query.get(name)?.trim().to_owned())));
        Filter(given.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Whether anything is filtered out.
    pub(super) fn is_any(&self) -> bool {
        self.0.iter().any(|(name, _)| *name != "after")
    }

    fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// As the Admin API is asked: the newest first.
    pub(super) fn asked(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        pairs.chain(["desc=true".to_owned()]).collect::<Vec<_>>().join("&")
    }

    /// The page that follows a user.
    pub(super) fn page_after(&self, place: &Place, last: &str) -> String {
        let kept = self.0.iter().filter(|(name, _)| *name != "after");
        let pairs = kept.map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = pairs.chain([format!("after={}", encoded(last))]).collect::<Vec<_>>().join("&");
        place.page(&format!("/users?{query}"))
    }

    pub(super) fn form(&self, place: &Place) -> Markup {
        let option = |name: &str, value: &str, words: &str| {
            html! { option value=(value) selected[self.value(name) == value] { (words) } }
        };
        html! {
            form class="filters" action=(place.page("/users")) method="get" role="search" {
                label { "Providers"
                    select name="provider_types" {
                        (option("provider_types", "", "All"))
                        @for kind in kinds::ORDER { (option("provider_types", kind.as_str(), kinds::short(kind))) }
                    }
                }
                label { "Enabled"
                    select name="status" {
                        (option("status", "", "All"))
                        (option("status", "enabled", "Enabled"))
                        (option("status", "disabled", "Disabled"))
                    }
                }
                label { "Kind"
                    select name="guest" {
                        (option("guest", "", "All"))
                        (option("guest", "true", "Only anonymous"))
                        (option("guest", "false", "Not only anonymous"))
                    }
                }
                label { "Id or name"
                    input type="search" name="q" value=(self.value("q")) placeholder="Find a user by ID..."
                        spellcheck="false" autocomplete="off";
                }
                label { "E-mail address"
                    input type="search" name="email" value=(self.value("email")) spellcheck="false"
                        autocomplete="off";
                }
                label { "Last seen"
                    select name="last_seen_before" {
                        (option("last_seen_before", "", "Any time"))
                        (option("last_seen_before", "7d", "Over a week ago"))
                        (option("last_seen_before", "30d", "Over 30 days ago"))
                        (option("last_seen_before", "60d", "Over 60 days ago"))
                    }
                }
                button { "Apply" }
                @if self.is_any() { a href=(place.page("/users")) { "Clear" } }
            }
        }
    }
}
