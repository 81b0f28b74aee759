//! Charts, drawn here: bars that a screen reader hears as a sentence, and everybody can read as a table.

use maud::{Markup, html};

/// The drawing's own units, which the page scales: how high it is, and from one bar to the next.
const HEIGHT: u64 = 120;
const STEP: u64 = 10;

/// One bar: what it is of, and its parts from the bottom up.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) parts: Vec<u64>,
}

impl Bar {
    fn whole(&self) -> u64 {
        self.parts.iter().sum()
    }
}

/// Bars side by side. `parts` names what each part of a bar is, and `of` what a bar is of.
pub(super) fn bars(title: &str, of: &str, parts: &[&str], bars: &[Bar]) -> Markup {
    let highest = bars.iter().map(Bar::whole).max().unwrap_or_default();
    let total: u64 = bars.iter().map(Bar::whole).sum();
    let figures = format!("{total} in all, at most {highest} a {}", of.to_lowercase());
    html! {
        figure class="card chart" {
            figcaption { strong { (title) } " " span class="soft" { (figures) } }
            @if total > 0 { (drawing(&format!("{title}: {figures}"), bars, highest)) }
            @if let [first, .., last] = bars && total > 0 {
                div class="axis" aria-hidden="true" { span { (first.label) } span { (last.label) } }
            }
            @if parts.len() > 1 {
                p class="legend" {
                    @for (n, part) in parts.iter().enumerate() { span class=(format!("key part-{n}")) { (part) } }
                }
            }
            details {
                summary { "As a table" }
                div class="scroll" tabindex="0" {
                    table {
                        thead { tr {
                            th scope="col" { (of) }
                            @for part in parts { th scope="col" class="number" { (part) } }
                        } }
                        tbody {
                            @for bar in bars {
                                tr {
                                    th scope="row" { (bar.label) }
                                    @for part in &bar.parts { td class="number" { (part) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn drawing(summary: &str, bars: &[Bar], highest: u64) -> Markup {
    html! {
        svg class="bars" role="img" aria-label=(summary) viewBox=(format!("0 0 {} {HEIGHT}", bars.len() as u64 * STEP))
            preserveAspectRatio="none" {
            @for (n, bar) in bars.iter().enumerate() {
                g {
                    title { (bar.label) ": " (bar.whole()) }
                    @for (part, top, height) in stacked(bar, highest) {
                        rect class=(format!("part-{part}")) x=(n as u64 * STEP) y=(top) width=(STEP * 4 / 5) height=(height) {}
                    }
                }
            }
        }
    }
}

/// The parts of a bar that are there: which, where its top is, and how high it is.
fn stacked(bar: &Bar, highest: u64) -> Vec<(usize, u64, u64)> {
    let mut below = 0;
    let mut found = Vec::new();
    for (part, value) in bar.parts.iter().enumerate().filter(|(_, value)| **value > 0) {
        // Whatever is there is seen.
        let height = (value.saturating_mul(HEIGHT) / highest.max(1)).max(1);
        below += height;
        found.push((part, HEIGHT.saturating_sub(below), height));
    }
    found
}

/// Steps that fewer and fewer take: what each is, how many took it, and a remark.
pub(super) fn funnel(steps: &[(String, u64, String)]) -> Markup {
    let first = steps.first().map_or(0, |(_, count, _)| *count);
    let share = |count: u64| count.saturating_mul(100).checked_div(first).unwrap_or_default().min(100);
    html! {
        table class="funnel" {
            thead { tr {
                th scope="col" { "Step" } th scope="col" class="number" { "Guests" }
                th scope="col" class="number" { "Share" } th scope="col" { span class="visually-hidden" { "As a bar" } }
            } }
            tbody {
                @for (name, count, remark) in steps {
                    tr {
                        th scope="row" { (name) @if !remark.is_empty() { " " span class="soft" { (remark) } } }
                        td class="number" { (count) }
                        td class="number" { (share(*count)) "%" }
                        td class="drawn" aria-hidden="true" {
                            svg viewBox="0 0 100 8" preserveAspectRatio="none" {
                                rect class="part-0" width=(share(*count)) height="8" {}
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_bar_stand_on_each_other_and_the_smallest_is_seen() {
        let bar = Bar { label: String::new(), parts: vec![60, 0, 1] };
        assert_eq!(stacked(&bar, 120), [(0, 60, 60), (2, 59, 1)]);
        assert_eq!(stacked(&bar, 1_000_000), [(0, 119, 1), (2, 118, 1)]);
        assert_eq!(stacked(&Bar { label: String::new(), parts: vec![0] }, 0), []);
    }
}
