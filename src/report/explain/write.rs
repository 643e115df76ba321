//! Sections of an explanation as text, and as Markdown.

use super::super::markdown::escape;

/// A part of an explanation under its heading.
pub(super) struct Section {
    pub heading: String,
    pub parts: Vec<Part>,
}

/// What stands in a section.
pub(super) enum Part {
    /// Labels with their values.
    Facts(Vec<(&'static str, String)>),
    /// Lines, one below the other.
    Lines(Vec<String>),
    /// A table with its head.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// As text of even columns.
pub(super) fn text(sections: &[Section]) -> String {
    let mut out = String::new();
    for (at, section) in sections.iter().enumerate() {
        out += if at == 0 { "" } else { "\n" };
        out += &format!("{}\n", section.heading);
        for part in &section.parts {
            match part {
                Part::Facts(facts) => {
                    let width = facts.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
                    facts.iter().for_each(|(label, value)| out += &format!("  {label:width$}  {value}\n"));
                }
                Part::Lines(lines) => lines.iter().for_each(|line| out += &format!("  {line}\n")),
                Part::Table(head, rows) => out += &columns(head, rows),
            }
        }
    }
    out
}

/// The first column flush left, the others flush right.
fn columns(head: &[String], rows: &[Vec<String>]) -> String {
    let all = || std::iter::once(head).chain(rows.iter().map(Vec::as_slice));
    let width =
        |column: usize| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..head.len()).filter_map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells: Vec<String> = cells
            .map(
                |(at, (cell, width))| {
                    if at == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    all().map(line).collect()
}

/// As Markdown, with nothing in it that would be markup.
pub(super) fn markdown(sections: &[Section]) -> String {
    let mut out = String::new();
    for (at, section) in sections.iter().enumerate() {
        out += &format!("{} {}\n\n", if at == 0 { "#" } else { "##" }, escape(&section.heading));
        for part in &section.parts {
            match part {
                Part::Facts(facts) => {
                    facts.iter().for_each(|(label, value)| out += &format!("- {label}: {}\n", escape(value)));
                }
                Part::Lines(lines) => lines.iter().for_each(|line| out += &format!("- {}\n", escape(line))),
                Part::Table(head, rows) => {
                    let line = |row: &[String]| {
                        let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
                        format!("| {} |\n", cells.join(" | "))
                    };
                    out += &line(head);
                    out += &format!("|{}\n", "---|".repeat(head.len()));
                    rows.iter().for_each(|row| out += &line(row));
                }
            }
            out.push('\n');
        }
    }
    out
}
