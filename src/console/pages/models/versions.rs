//! The lines of the list of models: each version with its scores, and each group that has none.

use crate::{
    console::{
        draw::{axis, theme::Role},
        widgets::{filtered_list::ListItem, text},
    },
    link::{ModelRow, View},
};

/// What stands beside a group without a model.
const NO_MODEL: &str = "no trained model yet";

/// A line that can be chosen: a model, or a group that has none.
#[derive(Debug, Clone, Copy)]
pub struct Item<'v> {
    /// Its group.
    pub group: &'v str,
    /// Its model, where the group has one.
    pub model: Option<&'v ModelRow>,
}

impl ListItem for Item<'_> {
    type Key = (String, String);

    fn key(&self) -> Self::Key {
        (self.group.to_owned(), self.model.map_or_else(String::new, |m| m.version.clone()))
    }

    fn is(&self, (group, version): &Self::Key) -> bool {
        self.group == group && self.model.is_some_and(|m| m.version == *version)
    }

    fn words(&self) -> String {
        match self.model {
            Some(model) => format!("{} {} {} {}", self.group, model.version, model.what, model.remark),
            None => format!("{} {NO_MODEL}", self.group),
        }
    }

    fn instead((group, _): &Self::Key, shown: &[Self]) -> usize {
        shown.iter().position(|item| item.group == group).unwrap_or(0)
    }
}

/// Every group by name with its models in the view's order; a group without one has a line for itself.
pub fn items(view: &View) -> Vec<Item<'_>> {
    let fleet = view.groups.iter().map(|g| g.name.as_str());
    let mut groups: Vec<&str> = fleet.chain(view.models.iter().map(|m| m.group.as_str())).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut items = Vec::new();
    for group in groups {
        let before = items.len();
        let models = view.models.iter().filter(|m| m.group == group);
        items.extend(models.map(|model| Item { group, model: Some(model) }));
        if items.len() == before {
            items.push(Item { group, model: None });
        }
    }
    items
}

pub fn item_role(item: Item<'_>) -> Role {
    match item.model {
        Some(model) if model.champion => Role::Good,
        Some(_) => Role::Text,
        None => Role::Muted,
    }
}

/// Widths of group, version, date and the words at the end, in a list `width` columns wide.
fn columns(width: usize) -> (usize, usize, usize, usize) {
    let (group, version, date) = match width {
        0..=99 => (14, 14, 11),
        100..=149 => (20, 20, 16),
        _ => (28, 26, 16),
    };
    (group, version, date, width.saturating_sub(2 + group + version + date + 5 + 4 * 7))
}

pub fn heading(width: usize) -> String {
    let (group, version, date, words) = columns(width);
    format!(
        "  {}   {} {} {:>6} {:>6} {:>6} {:>6} {}",
        text::fit("group", group),
        text::fit("version", version),
        text::fit("trained", date),
        "error",
        "naive",
        "before",
        "p95",
        text::cut("what", words)
    )
}

pub fn row(item: Item<'_>, named: bool, pointer: &str, width: usize, zone: chrono_tz::Tz) -> String {
    let (group, version, date, words) = columns(width);
    let name = text::fit(if named { item.group } else { "" }, group);
    let Some(model) = item.model else {
        return text::fit(&format!("{pointer} {name}   {NO_MODEL}"), width);
    };
    let format = if date > 11 { "%Y-%m-%d %H:%M" } else { "%m-%d %H:%M" };
    let score = &model.score;
    let text = format!(
        "{pointer} {name} {} {} {} {} {} {} {} {}",
        if model.champion { '*' } else { ' ' },
        text::fit(&model.version, version),
        text::fit(&axis::stamp(model.trained_at, zone, format), date),
        percent(Some(score.wape)),
        percent(Some(score.naive_wape)),
        percent(score.champion_wape),
        percent(Some(score.coverage)),
        text::cut(&format!("{}  {}", model.what, model.remark), words)
    );
    text::fit(&text, width)
}

/// A share as percent in six columns; a dash where it is not known.
fn percent(share: Option<f64>) -> String {
    match share.filter(|s| s.is_finite()) {
        Some(share) if share.abs() < 10.0 => format!("{:>5.1}%", share * 100.0),
        Some(_) => ">999 %".into(),
        None => "     –".into(),
    }
}
