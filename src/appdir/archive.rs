//! App directories as zip archives. An archive comes from a stranger: nothing of it is believed.

use std::collections::{BTreeSet, HashMap};
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::problem::{Findings, Problem, Problems};
use super::tree::{Tree, check_path};
use crate::model::{DAY, Timestamp};

/// What an archive may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Entries, directories included.
    pub entries: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files.
    pub total_bytes: u64,
    /// How many times its packed size all of it may be, once that is more than a megabyte.
    pub ratio: u64,
}

impl Default for ArchiveLimits {
    fn default() -> ArchiveLimits {
        ArchiveLimits { entries: 10_000, file_bytes: 16 << 20, total_bytes: 64 << 20, ratio: 200 }
    }
}

/// Below this, a high ratio is that of an empty configuration.
const SMALL: u64 = 1 << 20;
/// What a mode says of a plain file and of a directory.
const MODES: [u32; 3] = [0, 0o100_000, 0o040_000];

/// Reads an archive into a directory in memory. Refused are entries that would lie outside, links, names that differ in
/// case alone, encrypted ones, and archives larger than the limits; the error names every entry that is wrong.
pub fn read_archive(bytes: &[u8], limits: ArchiveLimits) -> Result<Tree, Problems> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| whole(format!("expected a zip archive, found something else: {error}")))?;
    if archive.len() > limits.entries {
        return Err(whole(format!("expected at most {} entries, found {}", limits.entries, archive.len())));
    }
    if archive.has_duplicate_names() {
        return Err(whole("expected each name once, found one again".to_owned()));
    }
    let mut reading = Reading {
        left: limits.total_bytes.min(limits.ratio.saturating_mul(bytes.len() as u64).max(SMALL)),
        limits,
        tree: Tree::default(),
        folded: HashMap::new(),
        findings: Findings::default(),
    };
    for index in 0..archive.len() {
        if reading.findings.is_full() {
            break;
        }
        if !reading.entry(&mut archive, index) {
            break;
        }
    }
    reading.tree.check_paths(&mut reading.findings);
    match reading.findings.errors.is_empty() {
        true => Ok(reading.tree),
        false => Err(Problems(reading.findings.errors)),
    }
}

struct Reading {
    limits: ArchiveLimits,
    /// Bytes that may still come.
    left: u64,
    tree: Tree,
    /// Names in lower case, for systems that do not tell case apart.
    folded: HashMap<String, String>,
    findings: Findings,
}

impl Reading {
    /// Reads an entry, and says whether to go on.
    fn entry(&mut self, archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize) -> bool {
        let raw = match archive.by_index_raw(index) {
            Ok(raw) => raw,
            Err(error) => {
                return self
                    .stop(&format!("entry {index}"), format!("expected an entry, found none: {error}"));
            }
        };
        let Ok(name) = std::str::from_utf8(raw.name_raw()).map(str::to_owned) else {
            let name = String::from_utf8_lossy(raw.name_raw()).into_owned();
            return self.wrong(&name, "expected a name in UTF-8, found other bytes");
        };
        if raw.encrypted() {
            return self.wrong(&name, "expected a plain entry, found an encrypted one");
        }
        if raw.is_symlink() || !raw.unix_mode().is_none_or(|mode| MODES.contains(&(mode & 0o170_000))) {
            return self.wrong(&name, "expected a file, found a link or a device");
        }
        let is_directory = name.ends_with('/');
        if let Err(reason) = check_path(name.strip_suffix('/').unwrap_or(&name)) {
            return self.wrong(&name, &format!("expected a path inside the directory, found {reason}"));
        }
        if name.chars().any(char::is_control) || name.contains(':') {
            return self
                .wrong(&name, "expected a name that every system takes, found a control character or `:`");
        }
        if let Some(other) = self.folded.insert(name.trim_end_matches('/').to_lowercase(), name.clone()) {
            return self
                .wrong(&name, &format!("expected names that differ by more than case, found `{other}` too"));
        }
        if is_directory {
            return true;
        }
        let claimed = raw.size();
        drop(raw);
        if claimed > self.limits.file_bytes || claimed > self.left {
            return self.too_large(&name);
        }
        self.file(archive, index, name)
    }

    fn file(&mut self, archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, name: String) -> bool {
        let entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(error) => {
                return self.wrong(&name, &format!("expected an entry that can be unpacked: {error}"));
            }
        };
        // What an entry claims to hold may be a lie: it is read up to the limit and one byte beyond.
        let most = self.limits.file_bytes.min(self.left);
        let mut bytes = Vec::new();
        match entry.take(most + 1).read_to_end(&mut bytes) {
            Ok(_) if bytes.len() as u64 > most => self.too_large(&name),
            Ok(_) => {
                self.left -= bytes.len() as u64;
                self.tree.0.insert(name, bytes);
                true
            }
            Err(error) => self.wrong(&name, &format!("expected an entry that can be unpacked: {error}")),
        }
    }

    /// Nothing more is unpacked after an entry that is too large: others would only take more time.
    fn too_large(&mut self, name: &str) -> bool {
        let ArchiveLimits { file_bytes, total_bytes, ratio, .. } = self.limits;
        let message = format!(
            "expected at most {file_bytes} bytes in a file, {total_bytes} in all and {ratio} times the archive's own, \
             found more"
        );
        self.stop(name, message)
    }

    fn stop(&mut self, name: &str, message: String) -> bool {
        self.findings.error(Problem::of_file(name, message));
        false
    }

    fn wrong(&mut self, name: &str, message: &str) -> bool {
        self.findings.error(Problem::of_file(name, message.to_owned()));
        true
    }
}

fn whole(message: String) -> Problems {
    Problems(vec![Problem::of_file(".", message)])
}

/// Packs a directory, with these directories even where they are empty. Files are readable by all (0644), directories
/// open to all (0755): tools make what they unpack with the modes that stand here.
pub fn write_archive(tree: &Tree, directories: &[String], now: Timestamp) -> std::io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(date(now));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for directory in all_directories(tree, directories) {
        writer.add_directory(directory, options.unix_permissions(0o755))?;
    }
    for (path, bytes) in &tree.0 {
        writer.start_file(path, options.unix_permissions(0o644))?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Every directory, those above before those below.
fn all_directories(tree: &Tree, empty: &[String]) -> BTreeSet<String> {
    let above = |path: &str| -> Vec<String> {
        path.match_indices('/').map(|(end, _)| path[..end].to_owned()).collect()
    };
    let of_files = tree.0.keys().flat_map(|path| above(path));
    let of_empty = empty.iter().flat_map(|path| above(&format!("{path}/")));
    of_files.chain(of_empty).collect()
}

/// A time as archives keep it: UTC, to two seconds, from 1980 on.
fn date(now: Timestamp) -> DateTime {
    let second = now.0.max(0) % DAY;
    let (year, month, day) = now.day().civil();
    let small = |number: i64| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(year).unwrap_or(u16::MAX);
    DateTime::from_date_and_time(
        year,
        small(month),
        small(day),
        small(second / 3600),
        small(second / 60 % 60),
        small(second % 60),
    )
    .unwrap_or_default()
}
