//! The lines of the fleet where groups stand under headings: a heading, then its groups.

use super::table::totals;
use crate::{
    console::widgets::filtered_list::ListItem,
    domain::text::clean,
    link::{FleetSection, GroupRow},
};

/// Longest tag or source in a heading.
const LONGEST: usize = 40;

/// A line of the fleet: a group, or the heading over it.
#[derive(Debug, Clone, Copy)]
pub enum FleetLine<'v> {
    /// The heading with its sums, over this group.
    Heading(&'v FleetSection, &'v GroupRow),
    /// The group at this place among those that are listed.
    Group(usize, &'v GroupRow),
}

impl ListItem for FleetLine<'_> {
    type Key = String;

    /// A heading that is pressed leads to its first group.
    fn key(&self) -> String {
        let (FleetLine::Heading(_, row) | FleetLine::Group(_, row)) = self;
        row.name.clone()
    }

    fn is(&self, key: &String) -> bool {
        matches!(self, FleetLine::Group(_, row) if row.name == *key)
    }

    fn words(&self) -> String {
        let (FleetLine::Heading(_, row) | FleetLine::Group(_, row)) = self;
        row.words()
    }
}

/// The lines of `rows`, each of `sections` before the groups that it counts.
pub fn lines<'v>(rows: &[&'v GroupRow], sections: &'v [FleetSection]) -> Vec<FleetLine<'v>> {
    let mut out = Vec::with_capacity(rows.len() + sections.len());
    let mut sections = sections.iter();
    let mut next = 0;
    for (at, row) in rows.iter().enumerate() {
        if at == next
            && let Some(section) = sections.find(|section| section.totals.listed > 0)
        {
            out.push(FleetLine::Heading(section, row));
            next = next.saturating_add(section.totals.listed);
        }
        out.push(FleetLine::Group(at, row));
    }
    out
}

/// A heading in a line of `width`: the tag or the source, and the sums of its groups.
pub fn words(section: &FleetSection, width: usize) -> String {
    let name = section.heading.as_deref().map_or("without the tag".to_owned(), |name| clean(name, LONGEST));
    let room = width.saturating_sub(name.chars().count() + 2);
    format!("{name}: {}", totals(&section.totals, section.totals.listed, room))
}
