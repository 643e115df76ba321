//! The models page: versions of each group's model with their scores, and the training under way.

mod accuracy;
mod mix;
mod service;
mod training;
mod versions;

use ratatui::{Frame, layout::Rect, text::Line};

use self::versions::{Item, heading, item_role, items, row};
use super::page::Page;
use crate::{
    console::{
        draw::{
            axis,
            theme::{Role, Theme},
        },
        input::action::{Action, PageId},
        widgets::{
            filter::Filter, filtered_list::FilteredList, outcome::Outcome, pane, question::Question, text,
        },
    },
    link::{Command, ModelRow, ModelScore, TrainingState, View, Viewport},
};

/// Rows that the accuracy of a group takes with all of its tables, and those that a chart of losses must have.
const ACCURACY_ROWS: u16 = 32;
const LOSS_ROWS: u16 = 12;

/// The models page.
#[derive(Debug, Default)]
pub struct ModelsPage {
    /// Chosen group and version; a group without a model has the empty version.
    list: FilteredList<(String, String)>,
}

impl ModelsPage {
    /// The page with the first line chosen.
    pub fn new() -> Self {
        ModelsPage::default()
    }

    /// Chooses the first model of `group`, for whoever opens the page from there.
    pub fn choose_group(&mut self, group: &str) {
        self.list.choose(Some((group.to_owned(), String::new())));
    }

    /// What the filter lets through.
    fn shown<'v>(&self, view: &'v View) -> Vec<Item<'v>> {
        self.list.shown(items(view))
    }

    fn item<'v>(&self, view: &'v View) -> Option<Item<'v>> {
        self.list.current(&self.shown(view))
    }

    fn train(&self, view: &View) -> Outcome {
        let Some(item) = self.item(view) else { return say("no group to train") };
        if let Some(running) = view.training.as_ref().filter(|t| t.state == TrainingState::Running) {
            return Outcome::Say(format!("a training for {} is running; cancel it first", running.group));
        }
        let consequence = vec!["It runs in the background and goes live only if it is better.".into()];
        let command = Command::Train { group: item.group.to_owned() };
        Outcome::Ask(Question::new(format!("Train a new model for {}?", item.group), consequence, command))
    }

    fn cancel(&self, view: &View) -> Outcome {
        match view.training.as_ref().is_some_and(|t| t.state == TrainingState::Running) {
            true => Outcome::Send(Command::CancelTraining),
            false => say("no training is running"),
        }
    }

    fn promote(&self, view: &View) -> Outcome {
        let Some(model) = self.item(view).and_then(|i| i.model) else { return say("no model is selected") };
        if model.champion {
            return say("this model is already in service");
        }
        let mut consequence = vec![format!("{} goes into service for {}.", model.version, model.group)];
        consequence.extend(compare(&model.score));
        consequence.push(model.remark.clone());
        let command = Command::Promote { group: model.group.clone(), version: model.version.clone() };
        Outcome::Ask(Question::new(format!("Promote {}?", model.version), consequence, command))
    }

    fn roll_back(&self, view: &View) -> Outcome {
        let Some(item) = self.item(view) else { return say("no group is selected") };
        let (champion, previous) = (champion(view, item.group), previous(view, item.group));
        if champion.is_none() && previous.is_none() {
            return say("no model has served this group; nothing to roll back");
        }
        let returns = previous.map_or(SHIPPED, |model| model.version.as_str());
        let consequence = vec![
            format!(
                "{} goes out of service for {}.",
                champion.map_or(SHIPPED, |m| m.version.as_str()),
                item.group
            ),
            format!("{returns}, which served before it, returns to service."),
            "The next training may put another model into service.".to_owned(),
        ];
        let title = format!("Roll {} back to {returns}?", item.group);
        Outcome::Ask(Question::new(title, consequence, Command::RollBack { group: item.group.to_owned() }))
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let inner = pane::framed(frame, area, "Models (* in service)", theme);
        let inner = self.list.draw_filter(frame, inner, theme);
        let shown = self.shown(view);
        let width = usize::from(inner.width);
        let (head, body) = pane::above_and_below(inner, inner.height.saturating_sub(1));
        pane::lines(frame, head, [pane::line(text::cut(&heading(width), width), Role::Muted, theme)], theme);
        if shown.is_empty() {
            let filtered = self.list.filter().is_shown();
            let text = if filtered { "No entries match the filter." } else { "No group is known yet." };
            return pane::lines(frame, body, [pane::line(text, Role::Muted, theme)], theme);
        }
        let zone = axis::zone(&view.zone);
        let rows = self.list.rows(body, &shown).map(|(i, chosen)| {
            let first = i == 0 || shown[i - 1].group != shown[i].group;
            let mark = if chosen { theme.glyph("▶", ">") } else { " " };
            let text = row(shown[i], first || chosen, mark, width, zone);
            let role = if chosen { Role::Selected } else { item_role(shown[i]) };
            pane::line(text, role, theme)
        });
        pane::lines(frame, body, rows, theme);
    }

    fn draw_details(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let Some(item) = self.item(view) else {
            pane::framed(frame, area, "Selected model", theme);
            return;
        };
        let group = view.whole_row(item.group);
        let detail = view.detail.as_ref().filter(|detail| detail.name == item.group);
        let serving = format!("In service for {}", item.group);
        let Some(model) = item.model else {
            let inner = pane::framed(frame, area, &serving, theme);
            let size = (usize::from(inner.width), usize::from(inner.height));
            let rows = group.map_or_else(Vec::new, |group| service::rows(group, detail, view, size, theme));
            return pane::lines(frame, inner, rows, theme);
        };
        let inner = pane::framed(frame, area, "Selected model", theme);
        let width = usize::from(inner.width);
        let trained = axis::stamp(model.trained_at, axis::zone(&view.zone), "%Y-%m-%d %H:%M %:z");
        let back = match previous(view, item.group) {
            Some(previous) => format!("to {}", previous.version),
            None if champion(view, item.group).is_some() => format!("to {SHIPPED}"),
            None => "not possible: no model served this group".to_owned(),
        };
        let facts = [
            ("version", &model.version),
            ("group", &model.group),
            ("what", &model.what),
            ("trained", &trained),
            ("scored on", &format!("{} forecasts", model.score.count)),
            ("roll-back", &back),
        ];
        let mut rows: Vec<Line<'_>> =
            facts.iter().flat_map(|(label, text)| pane::labelled(label, text, width, theme)).collect();
        let words = compare(&model.score);
        let texts =
            words.iter().map(|t| (t.as_str(), Role::Info)).chain([(model.remark.as_str(), Role::Text)]);
        for (text, role) in texts {
            rows.extend(text::wrap(text, width).into_iter().map(|t| pane::line(t, role, theme)));
        }
        if let Some(group) = group {
            rows.extend([Line::default(), pane::line(text::cut(&serving, width), Role::Title, theme)]);
            let size = (width, usize::from(inner.height).saturating_sub(rows.len()));
            rows.extend(service::rows(group, detail, view, size, theme));
        }
        pane::lines(frame, inner, rows, theme);
    }
}

/// What serves a group without a model of its own.
const SHIPPED: &str = "the prior that ships";

/// The model in service for `group`.
fn champion<'v>(view: &'v View, group: &str) -> Option<&'v ModelRow> {
    view.models.iter().find(|m| m.group == group && m.champion)
}

/// The model that a roll-back of `group` puts into service again.
fn previous<'v>(view: &'v View, group: &str) -> Option<&'v ModelRow> {
    view.models.iter().find(|m| m.group == group && m.previous)
}

fn say(text: &str) -> Outcome {
    Outcome::Say(text.to_owned())
}

/// The model against seasonal-naive and the champion of its time, and its band, in words.
fn compare(score: &ModelScore) -> Vec<String> {
    let against = |other: f64, name: &str| {
        let change = (1.0 - score.wape / other) * 100.0;
        let word = if change >= 0.0 { "less" } else { "more" };
        change
            .is_finite()
            .then(|| format!("{:.0} % {word} error than {name} ({:.1} %)", change.abs(), other * 100.0))
    };
    let mut words = vec![format!("WAPE {:.1} %", score.wape * 100.0)];
    words.extend(score.champion_wape.and_then(|other| against(other, "the champion at that time")));
    words.extend(against(score.naive_wape, "seasonal-naive"));
    words.push(format!("p95 covered {:.1} %", score.coverage * 100.0));
    words
}

impl Page for ModelsPage {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View, theme: &Theme) {
        let wanted = items(view).len() as u16 + 3 + u16::from(self.list.filter().is_shown());
        let list = wanted.clamp(6, (area.height * 2 / 5).max(6));
        let (top, bottom) = pane::above_and_below(area, area.height.saturating_sub(list));
        self.draw_list(frame, top, view, theme);
        let group = self.item(view).and_then(|item| view.whole_row(item.group));
        let detail = view.detail.as_ref().filter(|detail| group.is_some_and(|g| g.name == detail.name));
        let mixes = detail.map_or(&[][..], |detail| &detail.mixes);
        match &view.training {
            _ if area.width < 64 => accuracy::draw(frame, bottom, group, mixes, theme),
            Some(training) if bottom.height >= 24 => {
                let wanted = if mixes.is_empty() { 0 } else { ACCURACY_ROWS };
                let losses = bottom.height.saturating_sub(wanted).clamp(LOSS_ROWS, bottom.height / 2);
                let (above, below) = pane::above_and_below(bottom, losses);
                let (left, right) = pane::left_and_right(above, above.width * 2 / 5);
                self.draw_details(frame, left, view, theme);
                accuracy::draw(frame, right, group, mixes, theme);
                training::draw(frame, below, training, theme);
            }
            Some(training) => {
                let (left, right) = pane::left_and_right(bottom, bottom.width / 2);
                accuracy::draw(frame, left, group, mixes, theme);
                training::draw(frame, right, training, theme);
            }
            None => {
                let (left, right) = pane::left_and_right(bottom, bottom.width * 2 / 5);
                self.draw_details(frame, left, view, theme);
                accuracy::draw(frame, right, group, mixes, theme);
            }
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Outcome {
        match action {
            Action::Train => self.train(view),
            Action::Cancel => self.cancel(view),
            Action::Promote => self.promote(view),
            Action::RollBack => self.roll_back(view),
            other => {
                let shown = self.shown(view);
                self.list.act(other, &shown)
            }
        }
    }

    fn filter(&self) -> Option<&Filter> {
        Some(self.list.filter())
    }

    fn filter_mut(&mut self) -> Option<&mut Filter> {
        Some(self.list.filter_mut())
    }

    fn press(&mut self, at: (u16, u16), view: &View) -> Outcome {
        let shown = self.shown(view);
        self.list.press(at, &shown)
    }

    fn look_at(&mut self, group: &str) {
        if self.list.chosen().is_none_or(|(chosen, _)| chosen != group) {
            self.choose_group(group);
        }
    }

    fn viewport(&self, view: &View, _size: (u16, u16)) -> Option<Viewport> {
        // What its forecasts are mixed of; no charts.
        Some(Viewport { group: self.chosen_group(view), ..Viewport::default() })
    }

    fn chosen_group(&self, view: &View) -> Option<String> {
        self.item(view).map(|item| item.group.to_owned())
    }

    fn keys(&self, view: &View) -> Vec<Action> {
        let running = view.training.as_ref().is_some_and(|t| t.state == TrainingState::Running);
        let item = self.item(view);
        let promotes = item.and_then(|i| i.model).is_some_and(|model| !model.champion);
        let returns =
            item.is_some_and(|i| previous(view, i.group).or_else(|| champion(view, i.group)).is_some());
        let work = if running { Action::Cancel } else { Action::Train };
        let more = [promotes.then_some(Action::Promote), returns.then_some(Action::RollBack)];
        let first = [work].into_iter().chain(more.into_iter().flatten());
        first.chain([Action::Filter, Action::Page(PageId::GROUP)]).take(5).collect()
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Train,
            Action::Cancel,
            Action::Promote,
            Action::RollBack,
            Action::Filter,
            Action::NextMatch,
            Action::PreviousMatch,
        ]
    }
}

/// Words in lines of one role.
fn wrapped(text: &str, width: usize, role: Role, theme: &Theme) -> Vec<Line<'static>> {
    text::wrap(text, width).into_iter().map(|t| pane::line(t, role, theme)).collect()
}

#[cfg(test)]
mod tests;
