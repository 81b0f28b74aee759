//! A store moves to another place, and perhaps to another engine: row by row, in the order of keys, until both sides are
//! equal.
//!
//! Both are walked together. What the target has too much, or otherwise, goes; then what it lacks comes; then both are
//! walked again for nothing but a look, which counts the rows and digests them. So a move that broke off is simply begun
//! anew: what is equal already is passed over.

use std::cmp::Ordering;
use std::vec::IntoIter;

use aws_lc_rs::digest::{Context, SHA256};

use super::Error;
use super::copying::{Copying, GROUP, Mark, Row, SERVER, TABLES, Table, Value};
use crate::model::{GroupId, ObjectId, hex};

/// Why a store was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Nothing is there to move.
    #[error("no server ever used {0}: there is nothing to move")]
    Nothing(String),
    /// The source is itself half a store.
    #[error("{place} is not whole: a move from {from} to it is not finished")]
    Half {
        /// The source.
        place: String,
        /// From where it is to come.
        from: String,
    },
    /// The source is not what is served.
    #[error("{place} was moved to {to}, and is not what people use since")]
    Stale {
        /// The source.
        place: String,
        /// Where it is now.
        to: String,
    },
    /// The target is somebody's.
    #[error("{0} holds another store: a move overwrites none")]
    Taken(String),
    /// The target may be about to be used.
    #[error("{0} was opened before, and somebody is connected to it")]
    Busy(String),
    /// The target is what the source is, or was once.
    #[error("{0} holds this store already, older or newer: a move overwrites none")]
    Copy(String),
    /// The target is what is left of another move.
    #[error("{place} holds what is left of a move from {from}, which is another store")]
    Others {
        /// The target.
        place: String,
        /// From where that came.
        from: String,
    },
    /// Both sides differ after all.
    #[error("{} is not the same in both: {missing} rows are missing, {different} differ, {extra} are too many", .table)]
    Differs {
        /// The first table that does.
        table: &'static str,
        /// Rows that only the source has.
        missing: u64,
        /// Rows that are not the same.
        different: u64,
        /// Rows that only the target has.
        extra: u64,
    },
    /// An engine failed.
    #[error("failed to {doing} {table} in {place}")]
    Failed {
        /// What it did.
        doing: &'static str,
        /// The table.
        table: &'static str,
        /// Where.
        place: String,
        /// Why.
        #[source]
        source: Error,
    },
    /// An engine failed, whatever the table.
    #[error("failed to look into {place}")]
    Unwell {
        /// Where.
        place: String,
        /// Why.
        #[source]
        source: Error,
    },
}

type Moved<T> = std::result::Result<T, MoveError>;

/// A table that is the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Same {
    /// The table.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The SHA-256 of the rows in the order of their keys, the same whichever engine keeps them.
    pub sha256: String,
}

/// How far a move has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it does.
    pub task: Task,
    /// With which table.
    pub table: &'static str,
    /// Rows that were passed, of all that are to be: each several times.
    pub done: u64,
    /// As far as is known.
    pub all: u64,
}

/// What both sides are walked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// What is too much in the target, or not what it should be, is removed.
    Clear,
    /// What is missing there is copied.
    Copy,
    /// Counts and digests are compared.
    Verify,
}

/// A store on its way.
pub struct Move<'a> {
    from: &'a dyn Copying,
    to: &'a dyn Copying,
    heard: &'a (dyn Fn(Progress) + Send + Sync),
    /// How many rows the source's tables have, in their order.
    counts: Vec<u64>,
    done: u64,
    all: u64,
}

impl<'a> Move<'a> {
    /// Looks whether it may begin, and has the target say that it is being filled. A target is taken that nobody used
    /// yet, that a move of the same store began to fill, or that this store was moved away from.
    pub async fn begin(
        from: &'a dyn Copying,
        to: &'a dyn Copying,
        heard: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Moved<Move<'a>> {
        let group = group(from).await?.ok_or_else(|| MoveError::Nothing(from.place().to_owned()))?;
        let (left, came) = (mark(from).await?, mark(to).await?);
        refuse_source(from, to, left, came.as_ref())?;
        let is_new = came.is_none();
        refuse_target(to, group, came).await?;
        let filling = Mark::Filling { from: from.place().to_owned(), group };
        set_mark(to, Some(filling)).await?;
        // A server may have begun to use it between the two. From here on none does.
        if is_new && let Err(taken) = refuse_target(to, group, None).await {
            set_mark(to, None).await?;
            return Err(taken);
        }
        Move::count(from, to, heard).await
    }

    /// Compares what is there, whatever it is; nothing is written.
    pub async fn compare(
        from: &'a dyn Copying,
        to: &'a dyn Copying,
        heard: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Moved<Vec<Same>> {
        let mut this = Move::count(from, to, heard).await?;
        this.all /= 2;
        this.verify().await
    }

    async fn count(
        from: &'a dyn Copying,
        to: &'a dyn Copying,
        heard: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Moved<Move<'a>> {
        let mut counts = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            counts.push(from.count(table).await.map_err(|source| failed("count", table, from, source))?);
        }
        // Each row is copied, and looked at again.
        let all = 2 * counts.iter().sum::<u64>();
        Ok(Move { from, to, heard, counts, done: 0, all })
    }

    /// Makes the target what the source is; of a source that changes meanwhile, roughly.
    pub async fn bring(&mut self) -> Moved<()> {
        for (number, table) in TABLES.iter().enumerate() {
            let first = self.to.page(table, None, 1).await;
            if !first.map_err(|source| failed("read", table, self.to, source))?.is_empty() {
                self.all += self.counts[number];
                if self.walk(table, Task::Clear).await?.missing == 0 {
                    self.done += self.counts[number];
                    continue;
                }
            }
            self.walk(table, Task::Copy).await?;
        }
        Ok(())
    }

    /// Compares both: the rows themselves, and what they come to.
    pub async fn verify(&mut self) -> Moved<Vec<Same>> {
        let mut same = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            let Seen { missing, different, extra, rows, digests } = self.walk(table, Task::Verify).await?;
            let [from, to] = digests.map(|digest| hex(digest.finish().as_ref()));
            if missing + different + extra > 0 || from != to {
                return Err(MoveError::Differs { table: table.name, missing, different, extra });
            }
            same.push(Same { table: table.name, rows, sha256: to });
        }
        Ok(same)
    }

    /// Has a store say nothing of a move any more: it is what it was when it was moved. Half a store stays what it is.
    /// `false` when it said nothing.
    pub async fn reopen(store: &dyn Copying) -> Moved<bool> {
        match mark(store).await? {
            Some(Mark::Filling { from, .. }) => {
                Err(MoveError::Half { place: store.place().to_owned(), from })
            }
            Some(Mark::Moved { .. }) => set_mark(store, None).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Has the source say that it was moved, and the target that it is a store.
    pub async fn finish(self) -> Moved<()> {
        set_mark(self.from, Some(Mark::Moved { to: self.to.place().to_owned() })).await?;
        set_mark(self.to, None).await
    }

    async fn walk(&mut self, table: &'static Table, task: Task) -> Moved<Seen> {
        let (mut from, mut to) = (Side::new(self.from, table), Side::new(self.to, table));
        let mut seen = Seen::new();
        let mut due = Vec::new();
        loop {
            // What was found is written while the next rows are read.
            let write = self.write(table, task, std::mem::take(&mut due));
            let (read, ..) = tokio::try_join!(from.fill(), to.fill(), write)?;
            self.done += read;
            (self.heard)(Progress { task, table: table.name, done: self.done, all: self.all.max(self.done) });
            while let Some((source, target)) = next(table, &mut from, &mut to) {
                due.extend(seen.see(table, task, source, target));
            }
            if from.is_done() && to.is_done() {
                self.write(table, task, due).await?;
                return Ok(seen);
            }
        }
    }

    async fn write(&self, table: &'static Table, task: Task, rows: Vec<Row>) -> Moved<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let (doing, written) = match task {
            Task::Clear => ("remove rows of", self.to.remove(table, rows).await),
            Task::Copy => ("write", self.to.add(table, rows).await),
            Task::Verify => ("verify", Ok(())),
        };
        written.map_err(|source| failed(doing, table, self.to, source))
    }
}

/// What a walk came across.
struct Seen {
    missing: u64,
    different: u64,
    extra: u64,
    /// Of the source.
    rows: u64,
    /// Of the source and of the target.
    digests: [Context; 2],
}

impl Seen {
    fn new() -> Seen {
        let digests = [Context::new(&SHA256), Context::new(&SHA256)];
        Seen { missing: 0, different: 0, extra: 0, rows: 0, digests }
    }

    /// Counts the rows of one key; gives the one that the task is to write or remove.
    fn see(&mut self, table: &Table, task: Task, source: Option<Row>, target: Option<Row>) -> Option<Row> {
        self.rows += u64::from(source.is_some());
        if task == Task::Verify {
            for (digest, row) in self.digests.iter_mut().zip([&source, &target]) {
                row.iter().for_each(|row| add(digest, row));
            }
        }
        match (source, target) {
            (Some(source), None) => {
                self.missing += 1;
                (task == Task::Copy).then_some(source)
            }
            (None, Some(target)) => {
                self.extra += 1;
                (task == Task::Clear && !table.stays()).then_some(target)
            }
            (Some(source), Some(target)) if source != target => {
                self.different += 1;
                // It comes anew when what is unique in it is surely free.
                self.missing += u64::from(task == Task::Clear);
                match (task, table.stays()) {
                    (Task::Copy, true) => Some(source),
                    (Task::Clear, false) => Some(target),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// One of the two tables, page by page.
struct Side<'a> {
    store: &'a dyn Copying,
    table: &'static Table,
    page: IntoIter<Row>,
    /// The key of the last row that was read.
    after: Option<Row>,
    ended: bool,
}

impl<'a> Side<'a> {
    fn new(store: &'a dyn Copying, table: &'static Table) -> Side<'a> {
        Side { store, table, page: Vec::new().into_iter(), after: None, ended: false }
    }

    /// Reads the next rows when there are none any more; says how many.
    async fn fill(&mut self) -> Moved<u64> {
        if self.ended || !self.is_dry() {
            return Ok(0);
        }
        let page = self.store.page(self.table, self.after.as_deref(), self.table.page).await;
        let page = page.map_err(|source| failed("read", self.table, self.store, source))?;
        self.ended = page.len() < self.table.page as usize;
        if let Some(last) = page.last() {
            self.after = Some(self.table.key_of(last).to_vec());
        }
        let read = page.len() as u64;
        self.page = page.into_iter();
        Ok(read)
    }

    fn peek(&self) -> Option<&Row> {
        self.page.as_slice().first()
    }

    fn is_dry(&self) -> bool {
        self.page.as_slice().is_empty()
    }

    fn is_done(&self) -> bool {
        self.ended && self.is_dry()
    }
}

/// The rows with the next key, of both sides or of one; none when it is not known which is next.
fn next(table: &Table, from: &mut Side<'_>, to: &mut Side<'_>) -> Option<(Option<Row>, Option<Row>)> {
    let order = match (from.peek(), to.peek()) {
        (Some(source), Some(target)) => table.key_of(source).cmp(table.key_of(target)),
        (Some(_), None) if to.ended => Ordering::Less,
        (None, Some(_)) if from.ended => Ordering::Greater,
        _ => return None,
    };
    Some(match order {
        Ordering::Less => (from.page.next(), None),
        Ordering::Greater => (None, to.page.next()),
        Ordering::Equal => (from.page.next(), to.page.next()),
    })
}

/// Adds a row to a digest: each value by its kind and length, so that no two rows look alike.
fn add(digest: &mut Context, row: &Row) {
    let mut bytes = Vec::with_capacity(16 * row.len());
    for value in row {
        let (kind, content) = match value {
            Value::Null => (0, None),
            Value::Number(number) => {
                bytes.push(1);
                bytes.extend_from_slice(&number.to_be_bytes());
                continue;
            }
            Value::Text(text) => (2, Some(text.as_bytes())),
            Value::Bytes(bytes) => (3, Some(bytes.as_slice())),
        };
        bytes.push(kind);
        if let Some(content) = content {
            bytes.extend_from_slice(&(content.len() as u64).to_be_bytes());
            bytes.extend_from_slice(content);
        }
    }
    digest.update(&bytes);
}

/// The first project, which tells one store from another; `None` for a store that nobody used.
async fn group(store: &dyn Copying) -> Moved<Option<GroupId>> {
    let rows = store.page(SERVER, None, 1).await.map_err(|source| failed("read", SERVER, store, source))?;
    Ok(match rows.first().and_then(|row| row.get(GROUP)) {
        Some(Value::Bytes(id)) => id.as_slice().try_into().ok().map(|id| GroupId(ObjectId(id))),
        _ => None,
    })
}

fn refuse_source(from: &dyn Copying, to: &dyn Copying, left: Option<Mark>, came: Option<&Mark>) -> Moved<()> {
    let place = || from.place().to_owned();
    match left {
        None => Ok(()),
        Some(Mark::Filling { from, .. }) => Err(MoveError::Half { place: place(), from }),
        // It broke off between its last two steps.
        Some(Mark::Moved { to: gone })
            if gone == to.place() && matches!(came, Some(Mark::Filling { .. })) =>
        {
            Ok(())
        }
        Some(Mark::Moved { to }) => Err(MoveError::Stale { place: place(), to }),
    }
}

async fn refuse_target(to: &dyn Copying, this: GroupId, came: Option<Mark>) -> Moved<()> {
    let place = || to.place().to_owned();
    match came {
        Some(Mark::Filling { group, .. }) if group == this => Ok(()),
        Some(Mark::Filling { from, .. }) => Err(MoveError::Others { place: place(), from }),
        Some(Mark::Moved { .. }) if group(to).await? == Some(this) => Ok(()),
        None if is_unused(to).await? => refuse_company(to).await,
        _ if group(to).await? == Some(this) => Err(MoveError::Copy(place())),
        _ => Err(MoveError::Taken(place())),
    }
}

/// A store that was opened before may be a server's that just starts, and has its administrator in a moment.
async fn refuse_company(to: &dyn Copying) -> Moved<()> {
    let unwell = |source| MoveError::Unwell { place: to.place().to_owned(), source };
    match group(to).await?.is_none() || to.is_alone().await.map_err(unwell)? {
        true => Ok(()),
        false => Err(MoveError::Busy(to.place().to_owned())),
    }
}

/// Whether nobody was in a store yet: there is no more in it than whatever opens it first puts there.
async fn is_unused(store: &dyn Copying) -> Moved<bool> {
    for table in TABLES {
        let rows = store.page(table, None, table.page).await;
        let rows = rows.map_err(|source| failed("read", table, store, source))?;
        if rows.len() > table.first_rows() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn mark(store: &dyn Copying) -> Moved<Option<Mark>> {
    store.mark().await.map_err(|source| MoveError::Unwell { place: store.place().to_owned(), source })
}

async fn set_mark(store: &dyn Copying, mark: Option<Mark>) -> Moved<()> {
    store.set_mark(mark).await.map_err(|source| MoveError::Unwell { place: store.place().to_owned(), source })
}

fn failed(doing: &'static str, table: &Table, store: &dyn Copying, source: Error) -> MoveError {
    MoveError::Failed { doing, table: table.name, place: store.place().to_owned(), source }
}
