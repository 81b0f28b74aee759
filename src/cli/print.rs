//! What commands print: results on standard output, everything else on standard error.

use std::io::{IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use super::failure::CliError;
use crate::model::{Timestamp, with_causes};

/// Prints a result. When nobody reads any more (`| head`), there is nobody to tell.
pub(super) fn out(text: &str) {
    let _ = std::io::stdout().write_all(shown(text).as_bytes());
}

/// Prints a result for programs, on one line.
pub(super) fn json(value: &impl Serialize) {
    out(&format!("{}\n", json_text(value)));
}

/// A value as JSON that steers no terminal either: what would may stand in JSON as it is.
pub(super) fn json_text(value: &impl Serialize) -> String {
    let mut text = String::new();
    for c in serde_json::to_string(value).unwrap_or_default().chars() {
        if steers(c) {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

/// Says something beside the result.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", shown(text));
}

/// Says what went wrong, with its causes and what to do next.
pub(super) fn error(error: &CliError) {
    let said = with_causes(error, "\n  because: ");
    note(&format!("{} {}", paint("error:", Paint::Red), plain_lines(&said)));
    if let CliError::Refused { problems, .. } = error {
        problems.iter().for_each(|problem| note(&format!("  {}", plain(problem))));
    }
    if let Some(hint) = error.hint() {
        note(&format!("{} {}", paint("hint:", Paint::Bold), plain(&hint)));
    }
}

/// Says what is odd, but no reason to stop.
pub(super) fn warning(text: &str) {
    note(&format!("{} {}", paint("warning:", Paint::Yellow), plain(text)));
}

/// How a word stands out on a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Paint {
    Bold,
    Red,
    Green,
    Yellow,
}

/// Paints a word for standard error, if that is a terminal.
pub(super) fn paint(text: &str, paint: Paint) -> String {
    painted(text, paint, std::io::stderr().is_terminal())
}

/// Paints a word for standard output, if that is a terminal.
pub(super) fn paint_out(text: &str, paint: Paint) -> String {
    painted(text, paint, std::io::stdout().is_terminal())
}

fn painted(text: &str, paint: Paint, terminal: bool) -> String {
    if !terminal || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return text.to_owned();
    }
    format!("{}{text}{END}", paint.code())
}

/// Where paint ends.
const END: &str = "\x1b[0m";

impl Paint {
    const ALL: [Paint; 4] = [Paint::Bold, Paint::Red, Paint::Green, Paint::Yellow];

    fn code(self) -> &'static str {
        match self {
            Paint::Bold => "\x1b[1m",
            Paint::Red => "\x1b[1;31m",
            Paint::Green => "\x1b[1;32m",
            Paint::Yellow => "\x1b[1;33m",
        }
    }
}

/// A text on its way out, without what could steer a terminal and is not our own paint. Much of what is printed comes
/// from servers, which may mean harm or repeat somebody who does.
fn shown(text: &str) -> String {
    let codes = Paint::ALL.map(Paint::code);
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| steers(*c) && !matches!(c, '\n' | '\t')) {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        let own = codes.iter().chain([&END]).find(|code| rest.starts_with(**code));
        shown.push_str(own.unwrap_or(&"\u{fffd}"));
        rest = &rest[own.map_or(c.len_utf8(), |code| code.len())..];
    }
    shown + rest
}

/// Rows in columns, with a line break at the end. On a terminal they fit its width.
pub(super) fn table<const N: usize>(header: [&str; N], rows: Vec<[String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header);
    table.set_content_arrangement(match std::io::stdout().is_terminal() {
        true => ContentArrangement::Dynamic,
        false => ContentArrangement::Disabled,
    });
    for row in rows {
        table.add_row(row.map(|cell| plain(&cell)));
    }
    aligned(&mut table)
}

/// Names and values, one pair to a line.
pub(super) fn pairs(pairs: &[(&str, String)]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for (name, value) in pairs {
        table.add_row([*name, &plain(value)]);
    }
    aligned(&mut table)
}

fn aligned(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Text from elsewhere, such as a file's name, without what could steer a terminal or turn around what stands beside it.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same for a text of several lines.
fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// `2026-11-24 06:24:03 UTC`.
pub(super) fn time(seconds: i64) -> String {
    Timestamp(seconds).rfc3339().replace('T', " ").replace('Z', " UTC")
}

/// `2026-11-24`, in UTC.
pub(super) fn day(seconds: i64) -> String {
    Timestamp(seconds).day().to_string()
}

/// `1.5 MiB`.
pub(super) fn size(bytes: u64) -> String {
    let mut rest = bytes;
    let mut tenths = 0;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if rest < 1024 {
            return if unit == "bytes" {
                format!("{rest} {unit}")
            } else {
                format!("{rest}.{tenths} {unit}")
            };
        }
        tenths = rest % 1024 * 10 / 1024;
        rest /= 1024;
    }
    format!("{rest}.{tenths} TiB")
}

/// `1 user`, `2 users`.
pub(super) fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_times_and_counts_read_well() {
        assert_eq!(
            [0, 1023, 1536, 1 << 20, 5 << 40].map(size),
            ["0 bytes", "1023 bytes", "1.5 KiB", "1.0 MiB", "5.0 TiB"]
        );
        assert_eq!(time(1_795_501_443), "2026-11-24 06:24:03 UTC");
        assert_eq!([count(1, "user"), count(2, "user")], ["1 user", "2 users"]);
    }

    #[test]
    fn text_from_elsewhere_steers_no_terminal() {
        assert_eq!(plain("a\u{1b}[2J\u{9b}2J\u{202e}b\nc"), "a\u{fffd}[2J\u{fffd}2J\u{fffd}b\u{fffd}c");
        assert_eq!(plain_lines("a\u{7}\n  b"), "a\u{fffd}\n  b");
        assert_eq!(json_text(&["ä\u{9b}\u{7f}\n\u{202e}"]), r#"["ä\u009b\u007f\n\u202e"]"#);
    }

    #[test]
    fn of_what_is_printed_only_our_own_paint_steers() {
        assert_eq!(
            shown("a\tä\n\u{1b}[2Jb\u{9b}2J\r\u{202e}\u{1b}"),
            "a\tä\n\u{fffd}[2Jb\u{fffd}2J\u{fffd}\u{fffd}\u{fffd}"
        );
        for paint in Paint::ALL {
            let painted = format!("{}a{END}", paint.code());
            assert_eq!(shown(&painted), painted, "{paint:?}");
        }
    }

    #[test]
    fn a_table_is_columns_without_trailing_blanks_and_without_escapes() {
        let text = table(
            ["ID", "NAME"],
            vec![["1".to_owned(), "a\x1b[31m".to_owned()], ["22".to_owned(), "b".to_owned()]],
        );
        assert_eq!(text, "ID  NAME\n1   a\u{fffd}[31m\n22  b\n");
    }
}
