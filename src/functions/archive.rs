//! Packages that came in one archive, as `realm-cli` uploaded them: `functions/node_modules.tar.gz` and the like.
//!
//! Whoever packed it is trusted no further than with JavaScript: nothing is written anywhere, paths stay below
//! `node_modules/`, and what is unpacked is bounded before it is there.

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::modules::is_code;

/// What may be in an archive.
#[derive(Clone, Copy)]
struct Bounds {
    /// Files, folders and links.
    entries: usize,
    /// All that is unpacked, in bytes.
    bytes: u64,
    /// How many times the archive's own size may be unpacked of it. JavaScript shrinks to a fifth, seldom to a tenth.
    ratio: u64,
}

const BOUNDS: Bounds = Bounds { entries: 100_000, bytes: 128 << 20, ratio: 100 };

/// Any archive may unpack to as much as this, since a small one may hold one long line.
const LEAST_BYTES: u64 = 1 << 20;

/// A file of a package: its path below `node_modules/`, and its text.
pub(super) type Unpacked = Vec<(String, String)>;

/// Unpacks the JavaScript and JSON of an archive. The error finishes the sentence "the archive".
pub(super) fn unpack(name: &str, bytes: &[u8]) -> Result<Unpacked, String> {
    Unpacking::new(bytes, BOUNDS).run(name, bytes)
}

/// A reader that fails rather than give more than it may: all that a tape unpacks passes here, names and what is skipped
/// too.
struct Bounded<R> {
    inner: R,
    left: u64,
    is_spent: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                self.is_spent = true;
                return Err(io::Error::other("too much is unpacked"));
            }
        }
        Ok(read)
    }
}

struct Unpacking {
    bounds: Bounds,
    /// Bytes that may still be unpacked.
    left: u64,
    /// Entries that may still come.
    entries: usize,
    has_home: bool,
    files: Unpacked,
}

impl Unpacking {
    fn new(archive: &[u8], bounds: Bounds) -> Unpacking {
        let grown = (archive.len() as u64).saturating_mul(bounds.ratio).max(LEAST_BYTES);
        Unpacking {
            bounds,
            left: grown.min(bounds.bytes),
            entries: bounds.entries,
            has_home: false,
            files: Vec::new(),
        }
    }

    fn run(mut self, name: &str, bytes: &[u8]) -> Result<Unpacked, String> {
        if name.ends_with(".zip") {
            self.zip(bytes)?;
        } else if name.ends_with(".tar") {
            self.tar(bytes)?;
        } else {
            self.tar(MultiGzDecoder::new(bytes))?;
        }
        if self.has_home { Ok(self.files) } else { Err("holds no folder `node_modules`".to_owned()) }
    }

    fn tar(&mut self, reader: impl Read) -> Result<(), String> {
        let mut bounded = Bounded { inner: reader, left: self.left, is_spent: false };
        let done = self.entries_of(&mut tar::Archive::new(&mut bounded));
        if bounded.is_spent { Err(self.too_large()) } else { done }
    }

    fn entries_of(&mut self, archive: &mut tar::Archive<impl Read>) -> Result<(), String> {
        for entry in archive.entries().map_err(|error| unreadable(&error))? {
            let mut entry = entry.map_err(|error| unreadable(&error))?;
            let kind = entry.header().entry_type();
            let is_link = kind.is_symlink() || kind.is_hard_link();
            let is_file = kind.is_file() || kind.is_contiguous();
            let raw = entry.path_bytes().into_owned();
            let Some(path) = self.admit(&raw, is_link)? else { continue };
            if !is_file && !kind.is_dir() {
                return Err(format!("holds `{}`, which is neither file nor folder", path.escape_debug()));
            }
            if is_file && is_code(&path) {
                let text = self.read(&mut entry, &path)?;
                self.keep(path, text);
            }
        }
        Ok(())
    }

    fn zip(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(|error| unreadable(&error))?;
            let raw = entry.name_raw().to_vec();
            let Some(path) = self.admit(&raw, entry.is_symlink())? else { continue };
            if entry.is_file() && is_code(&path) {
                let text = self.read(&mut entry, &path)?;
                self.keep(path, text);
            }
        }
        Ok(())
    }

    /// The path of an entry below `node_modules/`, if it lies there and matters.
    fn admit(&mut self, raw: &[u8], is_link: bool) -> Result<Option<String>, String> {
        self.entries = self
            .entries
            .checked_sub(1)
            .ok_or_else(|| format!("holds more than {} files and folders", self.bounds.entries))?;
        let path = std::str::from_utf8(raw)
            .map_err(|_| format!("holds `{}`, a name that is no UTF-8", String::from_utf8_lossy(raw)))?;
        let shown = path.escape_debug();
        if path.starts_with('/') || path.contains(['\\', '\0']) || path.split('/').any(|part| part == "..") {
            return Err(format!("holds `{shown}`, a path that leads out of it"));
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let Some((&"node_modules", below)) = parts.split_first() else { return Ok(None) };
        self.has_home = true;
        // Commands, which npm links to; nobody requires them.
        if below.contains(&".bin") {
            return Ok(None);
        }
        if is_link {
            return Err(format!("holds `{shown}`, a link: pack what it leads to instead"));
        }
        Ok((!below.is_empty()).then(|| below.join("/")))
    }

    /// The text of a file; nothing if it is no text.
    fn read(&mut self, entry: &mut impl Read, path: &str) -> Result<Option<String>, String> {
        let mut bytes = Vec::new();
        let read = entry
            .take(self.left.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| format!("cannot be unpacked at `{path}`: {error}"))?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| self.too_large())?;
        Ok(String::from_utf8(bytes).ok())
    }

    fn keep(&mut self, path: String, text: Option<String>) {
        if let Some(text) = text {
            self.files.push((path, text));
        }
    }

    fn too_large(&self) -> String {
        format!(
            "unpacks to more than {} times its size, or to more than {} bytes",
            self.bounds.ratio, self.bounds.bytes
        )
    }
}

fn unreadable(error: &dyn std::error::Error) -> String {
    format!("cannot be read: {error}")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// An entry as it is, without the care that a packer takes.
    fn entry(name: &str, kind: tar::EntryType, size: u64, text: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(text);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    fn file(name: &str, text: &str) -> Vec<u8> {
        entry(name, tar::EntryType::Regular, text.len() as u64, text.as_bytes())
    }

    fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = entries.concat();
        bytes.resize(bytes.len() + 1024, 0);
        bytes
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in entries {
            let method = zip::CompressionMethod::Deflated;
            writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(name: &str, bytes: &[u8], bounds: Bounds) -> Result<Unpacked, String> {
        Unpacking::new(bytes, bounds).run(name, bytes)
    }

    #[test]
    fn every_form_gives_the_same_files() {
        let files = [
            ("node_modules/a/package.json", "{}"),
            ("./node_modules/a/b.js", "b"),
            ("node_modules/a/README.md", "no code"),
            ("__MACOSX/node_modules/a/b.js", "junk"),
            ("elsewhere.js", "strange"),
        ];
        let expected =
            vec![("a/package.json".to_owned(), "{}".to_owned()), ("a/b.js".to_owned(), "b".to_owned())];
        let plain = tar(&files.map(|(name, text)| file(name, text)));
        assert_eq!(unpack("node_modules.tar", &plain), Ok(expected.clone()));
        for name in ["node_modules.tar.gz", "node_modules.tgz"] {
            assert_eq!(unpack(name, &gz(&plain)), Ok(expected.clone()), "{name}");
        }
        assert_eq!(unpack("node_modules.zip", &zip(&files)), Ok(expected));
    }

    #[test]
    fn paths_and_links_that_lead_out_are_refused() {
        for name in [
            "../node_modules/a.js",
            "node_modules/../../a.js",
            "/node_modules/a.js",
            "node_modules\\..\\a.js",
            "x/../../y",
        ] {
            let expected = Err(format!("holds `{}`, a path that leads out of it", name.escape_debug()));
            assert_eq!(unpack("x.tar", &tar(&[file(name, "1")])), expected);
            assert_eq!(unpack("x.zip", &zip(&[(name, "1")])), expected);
        }
        for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
            let link = entry("node_modules/a.js", kind, 0, b"");
            let expected = "holds `node_modules/a.js`, a link: pack what it leads to instead";
            assert_eq!(unpack("x.tar", &tar(&[link])), Err(expected.to_owned()));
            // Every node_modules has these.
            let command = entry("node_modules/.bin/a", kind, 0, b"");
            assert_eq!(unpack("x.tar", &tar(&[command])), Ok(Vec::new()));
        }
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("node_modules/a.js", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let linked = writer.finish().unwrap().into_inner();
        let expected = "holds `node_modules/a.js`, a link: pack what it leads to instead";
        assert_eq!(unpack("x.zip", &linked), Err(expected.to_owned()));
        for kind in [tar::EntryType::Fifo, tar::EntryType::Block, tar::EntryType::GNUSparse] {
            let strange = entry("node_modules/a.js", kind, 0, b"");
            assert!(unpack("x.tar", &tar(&[strange])).is_err(), "{kind:?}");
        }
    }

    #[test]
    fn bombs_are_refused_before_they_are_unpacked() {
        let zeros = " ".repeat(8 << 20);
        let bomb = tar(&[file("node_modules/a.js", &zeros)]);
        let too_large =
            Err("unpacks to more than 100 times its size, or to more than 134217728 bytes".to_owned());
        assert_eq!(unpack("x.tgz", &gz(&bomb)), too_large);
        assert_eq!(unpack("x.zip", &zip(&[("node_modules/a.js", &zeros)])), too_large);
        // What nobody wants is unpacked all the same, and so are names.
        let skipped = tar(&[file("node_modules/a.png", &zeros), file("node_modules/a.js", "")]);
        assert_eq!(unpack("x.tgz", &gz(&skipped)), too_large);
        let named = tar(&[entry("././@LongLink", tar::EntryType::GNULongName, 8 << 20, zeros.as_bytes())]);
        assert_eq!(unpack("x.tgz", &gz(&named)), too_large);
        let half: &str = &zeros[..700 << 10];
        assert_eq!(
            unpack("x.zip", &zip(&[("node_modules/a.js", half), ("node_modules/b.js", half)])),
            too_large
        );

        let small = Bounds { entries: 2, bytes: 1 << 20, ratio: 100 };
        let three = [("node_modules/a.js", "1"), ("x/b.js", "1"), ("node_modules/c.js", "1")];
        let expected = Err("holds more than 2 files and folders".to_owned());
        assert_eq!(unpacked("x.zip", &zip(&three), small), expected);
        assert_eq!(unpacked("x.tar", &tar(&three.map(|(name, text)| file(name, text))), small), expected);
        let large = tar(&[file("node_modules/a.js", &zeros)]);
        assert_eq!(
            unpacked("x.tar", &large, small),
            Err("unpacks to more than 100 times its size, or to more than 1048576 bytes".to_owned())
        );
    }

    #[test]
    fn what_is_no_archive_says_so() {
        for (name, bytes) in [
            ("x.zip", b"nonsense".to_vec()),
            ("x.tgz", b"nonsense".to_vec()),
            ("x.tar", b"nonsense".to_vec()),
            ("x.tgz", gz(&tar(&[file("node_modules/a.js", "1")]))[..40].to_vec()),
            ("x.zip", zip(&[("node_modules/a.js", "1")])[..40].to_vec()),
            ("x.tar", entry("node_modules/a.js", tar::EntryType::Regular, 9_999, b"1")),
        ] {
            let message = unpack(name, &bytes).unwrap_err();
            assert!(message.starts_with("cannot be "), "{name}: {message}");
        }
        let none = Err("holds no folder `node_modules`".to_owned());
        assert_eq!(unpack("x.tar", &tar(&[file("a/index.js", "1")])), none);
        assert_eq!(unpack("x.zip", &zip(&[])), none);
        assert_eq!(unpack("x.tar", b""), none);
    }

    #[test]
    fn any_cut_or_flipped_byte_does_no_harm() {
        let files = [("node_modules/a/package.json", "{}"), ("node_modules/a/index.js", "exports.a = 1")];
        let plain = tar(&files.map(|(name, text)| file(name, text)));
        for (name, bytes) in [("x.tar", plain.clone()), ("x.tgz", gz(&plain)), ("x.zip", zip(&files))] {
            for at in 0..bytes.len() {
                let _ = unpack(name, &bytes[..at]);
                for bit in [0x01, 0x80, 0xff] {
                    let mut flipped = bytes.clone();
                    flipped[at] ^= bit;
                    for (path, _) in unpack(name, &flipped).unwrap_or_default() {
                        assert!(
                            !path.starts_with('/') && !path.split('/').any(|part| part == ".."),
                            "{path}"
                        );
                    }
                }
            }
        }
    }
}
