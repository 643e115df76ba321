//! The pages of the console, a file each.
//!
//! A page implements [`page::Page`]: it draws a `View` and keeps only its own cursor, filter and forms. What several pages
//! need is a widget; what has no state is in `draw`. A page never sends a command and never opens another page by itself:
//! it answers with an [`Outcome`](super::widgets::outcome::Outcome), which the app carries out.
//!
//! [`PAGES`] is the only list of them: tabs, keys, help, palette and tests go by it. Start with [`log`], the simplest.

pub mod backtest;
pub mod calendar;
pub mod fleet;
pub mod group;
pub mod journal;
pub mod log;
pub mod models;
pub mod page;
pub mod proposals;
pub mod settings;

use self::{
    backtest::BacktestPage,
    calendar::{CalendarPage, EntryCheck},
    fleet::FleetPage,
    group::GroupPage,
    journal::JournalPage,
    log::LogPage,
    models::ModelsPage,
    page::Page,
    proposals::ProposalsPage,
    settings::{SettingRow, SettingsPage},
};
use super::input::action::{Action, PageId};

/// What pages are built from, beside the view.
#[derive(Debug, Clone)]
pub struct PageSetup {
    /// The configuration in force, for the settings page.
    pub settings: Vec<SettingRow>,
    /// Checks an entry of the calendar while it is typed.
    pub check: EntryCheck,
}

impl Default for PageSetup {
    fn default() -> Self {
        PageSetup { settings: Vec::new(), check: calendar::problems }
    }
}

/// A page of the console: how it is called, which key opens it, and how it is built.
#[derive(Debug)]
pub struct PageInfo {
    /// Its name as an action.
    pub id: PageId,
    /// The key that opens it, unless `[keys]` says otherwise.
    pub key: char,
    /// Its name on the tab.
    pub title: &'static str,
    /// Its name on the tab where there is little room.
    pub short: &'static str,
    /// Its line in the help.
    pub help: &'static str,
    /// Builds it.
    pub build: fn(&PageSetup) -> Box<dyn Page>,
}

/// Every page, in the order of the tabs; the console starts on the first.
#[rustfmt::skip]
pub const PAGES: &[PageInfo] = &[
    page(PageId::FLEET, '1', ("Fleet", "Fleet"), "Fleet: every group on one line", |_| Box::new(FleetPage::default())),
    page(PageId::GROUP, '2', ("Group", "Group"), "Group: charts, plan and activities of the selected group", |_| Box::new(GroupPage::default())),
    page(PageId::PROPOSALS, '3', ("Proposals", "Prop"), "Proposals waiting for approval", |_| Box::new(ProposalsPage::default())),
    page(PageId("calendar"), '4', ("Calendar", "Cal"), "Business calendar", |setup| Box::new(CalendarPage::new(setup.check))),
    page(PageId("models"), '5', ("Models", "Mod"), "Models and training", |_| Box::new(ModelsPage::default())),
    page(PageId("journal"), '6', ("Journal", "Jour"), "Journal: what happened, who, why", |_| Box::new(JournalPage::default())),
    page(PageId("backtest"), '7', ("Backtest", "Back"), "Backtest: what other policies would have done", |_| Box::new(BacktestPage::default())),
    page(PageId("log"), '8', ("Log", "Log"), "Log: actions, warnings and errors", |_| Box::new(LogPage::default())),
    page(PageId::SETTINGS, '9', ("Settings", "Set"), "Effective settings, and themes", |setup| Box::new(SettingsPage::new(setup.settings.clone()))),
];

/// A line of [`PAGES`].
const fn page(
    id: PageId,
    key: char,
    (title, short): (&'static str, &'static str),
    help: &'static str,
    build: fn(&PageSetup) -> Box<dyn Page>,
) -> PageInfo {
    PageInfo { id, key, title, short, help, build }
}

/// The actions of each page beside those that every page understands: keys of one page may not clash.
pub fn contexts() -> Vec<&'static [Action]> {
    let setup = PageSetup::default();
    PAGES.iter().map(|info| (info.build)(&setup).actions()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pages_share_a_name_or_a_key_and_those_that_others_open_are_listed() {
        let mut names: Vec<&str> = PAGES.iter().map(|page| page.id.0).collect();
        let mut keys: Vec<char> = PAGES.iter().map(|page| page.key).collect();
        names.sort_unstable();
        keys.sort_unstable();
        names.dedup();
        keys.dedup();
        assert_eq!((names.len(), keys.len()), (PAGES.len(), PAGES.len()));
        for id in [PageId::FLEET, PageId::GROUP, PageId::PROPOSALS, PageId::SETTINGS] {
            assert!(PAGES.iter().any(|page| page.id == id), "{id:?}");
        }
    }
}
