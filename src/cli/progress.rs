//! Signs of life during long work: on standard error, and only on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A line that moves until it is dropped, and leaves nothing behind.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Work of unknown length.
    pub(super) fn spinner(what: impl Into<String>) -> Progress {
        let bar = ProgressBar::new_spinner().with_message(what.into());
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    /// Work that is counted.
    pub(super) fn counted(what: impl Into<String>) -> Progress {
        let bar = ProgressBar::new(0).with_message(what.into());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
        Progress(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// Work that is counted and takes long enough to ask how much longer.
    pub(super) fn timed(what: impl Into<String>) -> Progress {
        let bar = ProgressBar::new(0).with_message(what.into());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left");
        Progress(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// Work that is counted in bytes.
    pub(super) fn bytes(what: impl Into<String>) -> Progress {
        let bar = ProgressBar::new(0).with_message(what.into());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}");
        Progress(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    /// How far the work has come.
    pub(super) fn at(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }

    /// What it does now.
    pub(super) fn say(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
