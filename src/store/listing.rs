//! Pages of users, for any engine. Each walk is along one index in its order, so that a page reads little more than
//! itself; a page may need several, which are then merged. The engines' tests say which filter takes which index.

use crate::model::{AppKey, DAY, Order, Page, ProviderType, Timestamp, User};

/// Digits of an id by which users are found: all that were made in one second.
const LEAST_DIGITS: usize = 8;

/// When those of one state come first, the other state's behind them: what is asked of each state in turn, by id. The
/// limit is what is left of it.
pub(super) fn by_status(page: &Page) -> Vec<Page> {
    let mut parts = Vec::new();
    for disabled in if page.descending { [true, false] } else { [false, true] } {
        let begun = page.after.map(|_| page.after_value == 1);
        let is_over = begun.is_some_and(|begun| begun != disabled && begun != page.descending);
        if is_over || page.disabled.is_some_and(|wanted| wanted != disabled) {
            continue;
        }
        parts.push(Page {
            order: Order::Id,
            disabled: Some(disabled),
            after: page.after.filter(|_| begun == Some(disabled)),
            ..page.clone()
        });
    }
    parts
}

/// The page that walks brought together, each with what it is ordered by.
pub(super) fn merge(mut found: Vec<(i64, User)>, page: &Page) -> Vec<User> {
    found.sort_by_key(|(value, user)| (*value, user.id));
    found.dedup_by_key(|(_, user)| user.id);
    if page.descending {
        found.reverse();
    }
    // Walks that were not in the order asked for brought all they had.
    let is_before = |(value, user): &(i64, User)| {
        page.after.is_some_and(|after| {
            let (place, last) = ((*value, user.id), (page.last_value(), after));
            if page.descending { place >= last } else { place <= last }
        })
    };
    let fresh = found.into_iter().skip_while(is_before);
    fresh.take(page.limit as usize).map(|(_, user)| user).collect()
}

impl Page {
    fn last_value(&self) -> i64 {
        if self.order == Order::Id { 0 } else { self.after_value }
    }

    /// Only guests, or only others, also as the providers say: a guest's one identity is anonymous.
    fn guests(&self) -> Option<bool> {
        let no_guest = !self.providers.is_empty() && !self.providers.contains(&ProviderType::AnonUser);
        self.guest.or(no_guest.then_some(false))
    }

    fn is_by_name(&self) -> bool {
        self.email.is_some() || self.begins.is_some()
    }
}

/// Along which index users are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    /// Whoever has an address, a name or an id.
    Named,
    /// Everybody, by id.
    Everybody,
    /// Who is no guest, by id.
    Others,
    /// Who is disabled, by id.
    Disabled,
    /// Who has an identity of a provider, by id.
    Provider(ProviderType),
    /// Guests who were seen only on the day they were made, by id, which is by that.
    NewGuests,
    /// Guests who were seen later, by the day.
    SeenGuests,
    /// Others who were never seen, by id.
    UnseenOthers,
    /// Others by when they were seen.
    SeenOthers,
}

/// The walks that meet everybody whom a page may be of.
fn walks(page: &Page) -> Vec<Walk> {
    let guests = page.guests();
    if page.is_by_name() {
        return vec![Walk::Named];
    }
    if page.disabled == Some(true) {
        return vec![Walk::Disabled];
    }
    if page.order == Order::Activity || !page.seen.is_all_time() {
        let walks = [Walk::NewGuests, Walk::SeenGuests, Walk::UnseenOthers, Walk::SeenOthers];
        let is_of_guests = |walk: &Walk| matches!(walk, Walk::NewGuests | Walk::SeenGuests);
        let never = |walk: &Walk| *walk == Walk::UnseenOthers && !page.seen.holds(Timestamp(0));
        let wanted = |walk: &Walk| guests.is_none_or(|guests| guests == is_of_guests(walk)) && !never(walk);
        return walks.into_iter().filter(wanted).collect();
    }
    if guests == Some(false) {
        if page.providers.is_empty() || page.providers.contains(&ProviderType::AnonUser) {
            return vec![Walk::Others];
        }
        return page.providers.iter().copied().map(Walk::Provider).collect();
    }
    vec![Walk::Everybody]
}

impl Walk {
    /// Where it goes, up to the first condition.
    fn from(self, dialect: &Dialect) -> String {
        let app = format!("{}1", dialect.bound);
        let along = |index: &str| {
            if dialect.names_indexes { format!(" indexed by {index}") } else { String::new() }
        };
        let users = |index: Option<&str>, condition: &str| {
            format!("users u{} where u.app = {app}{condition}", index.map(along).unwrap_or_default())
        };
        match self {
            Walk::Named | Walk::Everybody => users(None, ""),
            Walk::NewGuests => users(None, " and u.guest = 1 and u.last_seen is null"),
            Walk::Others => users(Some("users_not_guests"), " and u.guest = 0"),
            Walk::Disabled => users(Some("users_disabled"), " and u.disabled = 1"),
            // Of several identities of one user the first one counts.
            Walk::Provider(_) => format!(
                "identities i{}
                 {} users u on u.app = i.app and u.id = i.\"user\"
                 where i.app = {app} and not exists (
                     select 1 from identities b
                     where b.app = i.app and b.\"user\" = i.\"user\" and b.provider = i.provider and b.n < i.n
                 )",
                along("identities_by_provider"),
                dialect.join
            ),
            Walk::SeenGuests => {
                users(Some("users_by_last_seen"), " and u.guest = 1 and u.last_seen is not null")
            }
            Walk::UnseenOthers => {
                users(Some("users_by_activity"), " and u.guest = 0 and u.last_seen is null")
            }
            Walk::SeenOthers => {
                users(Some("users_by_activity"), " and u.guest = 0 and u.last_seen is not null")
            }
        }
    }

    /// What its index has the user's id in.
    fn id(self) -> &'static str {
        if let Walk::Provider(_) = self { "i.\"user\"" } else { "u.id" }
    }

    /// Whether users come in the order of a page, so that it can end with the page.
    fn is_in(self, order: Order) -> bool {
        let by_id_alone = matches!(self, Walk::Named | Walk::Everybody | Walk::Others | Walk::Disabled)
            || matches!(self, Walk::Provider(_));
        order != Order::Activity || !by_id_alone
    }

    fn order(self, dialect: &Dialect, page: &Page) -> String {
        let way = if page.descending { "desc" } else { "asc" };
        let is_by_activity = matches!(self, Walk::SeenGuests | Walk::SeenOthers);
        match page.order {
            Order::Activity if is_by_activity => format!(" order by u.last_seen {way}, u.id {way}"),
            // They are few, or come sooner by when they were seen than among all others by id.
            _ if is_by_activity => format!(" order by {} {way}", dialect.sorted_id),
            _ => format!(" order by {} {way}", self.id()),
        }
    }
}

/// How an engine says what the others say in other words.
pub(super) struct Dialect {
    /// What the number of a value stands behind.
    pub(super) bound: char,
    /// Whether the index is named along which is walked.
    pub(super) names_indexes: bool,
    /// How a join is said that goes from the left to the right.
    pub(super) join: &'static str,
    /// The columns that `row::user` reads.
    pub(super) user_columns: &'static str,
    /// What a provider told of an address, and of a name, of an identity `i`.
    pub(super) told_email: &'static str,
    /// The same of a name.
    pub(super) told_name: &'static str,
    /// A user's id as nothing is ordered by beforehand, so that no index is taken for the order's sake.
    pub(super) sorted_id: &'static str,
    /// What is said before and behind a query for "is among these", which is asked once.
    pub(super) among: [&'static str; 2],
}

/// A value that is bound to a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// An id, or the beginning of one.
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Number(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Value {
        Value::Bytes(bytes)
    }
}

/// A statement and what is bound to it.
pub(super) struct Query {
    dialect: &'static Dialect,
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Query {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("{}{}", self.dialect.bound, self.values.len())
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" and ");
        self.text.push_str(condition);
    }
}

/// The queries that a page needs, one for each walk.
pub(super) fn queries(dialect: &'static Dialect, app: AppKey, page: &Page) -> Vec<Query> {
    walks(page).into_iter().map(|walk| query(dialect, app, page, walk)).collect()
}

fn query(dialect: &'static Dialect, app: AppKey, page: &Page, walk: Walk) -> Query {
    let text = format!("select {} from {}", dialect.user_columns, walk.from(dialect));
    let mut query = Query { dialect, text, values: vec![i64::from(app.0).into()] };
    if let Walk::Provider(provider) = walk {
        let provider = query.bind(i64::from(provider.number()));
        query.and(&format!("i.provider = {provider}"));
    }
    within_ids(&mut query, page, walk);
    within_activity(&mut query, page, walk);
    only_wanted(&mut query, page, walk);
    named(&mut query, page);
    query.text.push_str(&walk.order(dialect, page));
    if walk.is_in(page.order) {
        let limit = query.bind(i64::from(page.limit));
        query.text.push_str(&format!(" limit {limit}"));
    }
    query
}

/// The bytes with which the ids of a second begin: before all of them.
fn second(at: i64) -> Vec<u8> {
    match u32::try_from(at) {
        Ok(second) => second.to_be_bytes().to_vec(),
        Err(_) if at < 0 => Vec::new(),
        Err(_) => after_all(),
    }
}

/// After every id.
fn after_all() -> Vec<u8> {
    vec![0xff; 13]
}

/// From where to where the ids are that are met.
fn within_ids(query: &mut Query, page: &Page, walk: Walk) {
    let mut low = page.created.from.map_or(Vec::new(), |from| second(from.0));
    let mut high = page.created.until.map_or_else(after_all, |until| second(until.0));
    if walk == Walk::NewGuests {
        low = low.max(page.seen.from.map_or(Vec::new(), |from| second(from.0)));
        high = high.min(page.seen.until.map_or_else(after_all, |until| second(until.0)));
    }
    if let Some(after) = page.after {
        let last = after.0.0.to_vec();
        let value = page.after_value;
        match (page.order, walk, page.descending) {
            (Order::Id | Order::Status, _, false) => low = low.max(last),
            (Order::Id | Order::Status, _, true) => high = high.min(last),
            // Their ids begin with what they are ordered by: the last one's place is among those of its second.
            (Order::Activity, Walk::NewGuests, false) => {
                low = low.max(if last > second(value + 1) {
                    second(value + 1)
                } else {
                    last.max(second(value))
                });
            }
            (Order::Activity, Walk::NewGuests, true) => {
                high =
                    high.min(if last < second(value) { second(value) } else { last.min(second(value + 1)) });
            }
            // All of them come first.
            (Order::Activity, Walk::UnseenOthers, false) => {
                low = low.max(if value > 0 { after_all() } else { last });
            }
            (Order::Activity, Walk::UnseenOthers, true) if value == 0 => high = high.min(last),
            (Order::Activity, _, _) => {}
        }
    }
    let (low, high, id) = (query.bind(low), query.bind(high), walk.id());
    query.and(&format!("{id} > {low} and {id} < {high}"));
}

/// From when to when those were active that are met.
fn within_activity(query: &mut Query, page: &Page, walk: Walk) {
    let unit = if walk == Walk::SeenGuests { DAY } else { 1 };
    // A day counts as its first second.
    let first = |at: i64| at.div_euclid(unit) + i64::from(at.rem_euclid(unit) > 0);
    let (from, until) = (page.seen.from.map(|at| at.0), page.seen.until.map(|at| at.0));
    match walk {
        Walk::NewGuests | Walk::UnseenOthers => {}
        Walk::SeenGuests | Walk::SeenOthers => {
            for (sign, at) in [(">=", from), ("<", until)] {
                if let Some(at) = at {
                    let at = query.bind(first(at));
                    query.and(&format!("u.last_seen {sign} {at}"));
                }
            }
            if let Some(after) = page.after.filter(|_| page.order == Order::Activity) {
                let whole = page.after_value.rem_euclid(unit) == 0;
                let sign = if page.descending { "<" } else { ">" };
                // Within a day is nobody's place: all of the day before are over, or all are yet to come.
                let id = if whole { after.0.0.to_vec() } else { after_all() };
                let (day, id) = (query.bind(page.after_value.div_euclid(unit)), query.bind(id));
                query.and(&format!("(u.last_seen, u.id) {sign} ({day}, {id})"));
            }
        }
        Walk::Named | Walk::Everybody | Walk::Others | Walk::Disabled | Walk::Provider(_) => {
            for (sign, at) in [(">=", from), ("<", until)] {
                if let Some(at) = at {
                    let (id, at) = (query.bind(second(at)), query.bind(at));
                    query.and(&format!(
                        "case when u.guest = 0 then coalesce(u.last_seen, 0) {sign} {at}
                              when u.last_seen is null then u.id {sign} {id}
                              else u.last_seen * {DAY} {sign} {at} end"
                    ));
                }
            }
        }
    }
}

/// What is asked of each one that is met.
fn only_wanted(query: &mut Query, page: &Page, walk: Walk) {
    for (column, wanted) in [("guest", page.guests()), ("disabled", page.disabled)] {
        if let Some(wanted) = wanted {
            let wanted = query.bind(i64::from(wanted));
            // Not a term by which an index could be chosen.
            query.and(&format!("+u.{column} = {wanted}"));
        }
    }
    if page.providers.is_empty() || matches!(walk, Walk::Provider(_)) {
        return;
    }
    let numbers: Vec<String> =
        page.providers.iter().map(|provider| query.bind(i64::from(provider.number()))).collect();
    let guests = if page.providers.contains(&ProviderType::AnonUser) { "u.guest = 1 or " } else { "" };
    query.and(&format!(
        "({guests}exists (select 1 from identities i
                          where i.app = u.app and i.\"user\" = u.id and i.provider in ({})))",
        numbers.join(", ")
    ));
}

/// Who has an address, or whose address, name or id begins with a text.
fn named(query: &mut Query, page: &Page) {
    let Dialect { bound, names_indexes, told_email, told_name, among: [before, behind], .. } = *query.dialect;
    let told = |index: &str, told: &str, condition: &str| {
        let along = if names_indexes { format!(" indexed by {index}") } else { String::new() };
        format!(
            "select i.\"user\" from identities i{along}
             where i.app = {bound}1 and i.data is not null and {told} {condition}"
        )
    };
    if let Some(email) = &page.email {
        let email = query.bind(email.to_ascii_lowercase());
        let these = told("identities_by_email", told_email, &format!("= {email}"));
        query.and(&format!("u.id {before}{these}{behind}"));
    }
    if let Some(begins) = &page.begins {
        let text = begins.to_ascii_lowercase();
        let (from, until) = (query.bind(text.clone()), query.bind(format!("{text}\u{10ffff}")));
        let range = |told: &str| format!(">= {from} and {told} < {until}");
        let mut these = vec![
            told("identities_by_email", told_email, &range(told_email)),
            told("identities_by_name", told_name, &range(told_name)),
        ];
        if let Some((first, last)) = ids_beginning(&text) {
            let (first, last) = (query.bind(first), query.bind(last));
            these.push(format!(
                "select id from users where app = {bound}1 and id >= {first} and id <= {last}"
            ));
        }
        query.and(&format!("u.id {before}{}{behind}", these.join(" union ")));
    }
}

/// The first and the last id that begin with these digits, when that many do for an id.
pub(super) fn ids_beginning(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.is_ascii();
    if !digits || !(LEAST_DIGITS..=24).contains(&text.len()) {
        return None;
    }
    let filled = |with: &str| {
        let hex = format!("{text}{}", with.repeat(24 - text.len()));
        (0..12).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).ok()).collect::<Option<Vec<u8>>>()
    };
    Some((filled("0")?, filled("f")?))
}
