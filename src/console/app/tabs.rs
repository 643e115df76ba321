//! The pages, which of them is open, and the group that they are opened on.

use crate::{
    console::{
        input::{action::PageId, keymap::Keymap},
        pages::{PAGES, PageInfo, PageSetup, page::Page},
        widgets::outcome::Moment,
    },
    link::View,
};

/// The pages in the order of their tabs.
pub(super) struct Tabs {
    pages: Vec<(&'static PageInfo, Box<dyn Page>)>,
    open: usize,
    /// Where Back leads: the pages that one came through, the last one first to be gone back to. None is in it twice.
    before: Vec<usize>,
    /// The group looked at last.
    group: Option<String>,
}

impl Tabs {
    /// Every page; the first is open.
    pub(super) fn new(setup: &PageSetup) -> Tabs {
        let pages = PAGES.iter().map(|info| (info, (info.build)(setup))).collect();
        Tabs { pages, open: 0, before: Vec::new(), group: None }
    }

    /// The open page.
    pub(super) fn page(&self) -> &dyn Page {
        self.pages[self.open].1.as_ref()
    }

    /// The open page, to give it a key.
    pub(super) fn page_mut(&mut self) -> &mut dyn Page {
        self.pages[self.open].1.as_mut()
    }

    /// Place of the open page.
    pub(super) fn index(&self) -> usize {
        self.open
    }

    /// Name of the open page.
    pub(super) fn id(&self) -> PageId {
        self.pages[self.open].0.id
    }

    /// Each page with the key that opens it.
    pub(super) fn labels(&self, keymap: &Keymap) -> Vec<(&'static PageInfo, String)> {
        self.pages.iter().map(|(info, _)| (*info, keymap.key_of_page(info.id))).collect()
    }

    /// Tells every page of a newer view.
    pub(super) fn refresh(&mut self, view: &View) {
        self.pages.iter_mut().for_each(|(_, page)| page.refresh(view));
    }

    /// The group that the page's cursor stands on, else the one looked at last.
    pub(super) fn group(&self, view: &View) -> Option<String> {
        let known = |name: &String| view.groups.iter().any(|g| g.name == *name);
        self.page().chosen_group(view).filter(known).or_else(|| self.last(view))
    }

    /// The group looked at last, where it is still there.
    fn last(&self, view: &View) -> Option<String> {
        self.group.clone().filter(|name| view.groups.iter().any(|g| g.name == *name))
    }

    /// Opens a page on the chosen group; the group page on the first of the fleet where none is chosen.
    pub(super) fn open(&mut self, id: PageId, view: &View) {
        let first = || view.groups.first().map(|g| g.name.clone()).filter(|_| id == PageId::GROUP);
        let group = if self.page().hands_on_group() { self.group(view) } else { self.last(view) };
        self.group = group.or_else(first);
        self.switch(id);
    }

    /// Opens the group page on this group, at this moment.
    pub(super) fn open_group(&mut self, name: String, at: Moment, view: &View) {
        self.group = Some(name);
        self.switch(PageId::GROUP);
        self.page_mut().look_back(at, view);
    }

    /// Opens the page at `index`, if there is one.
    pub(super) fn open_at(&mut self, index: usize, view: &View) {
        if let Some((info, _)) = self.pages.get(index) {
            self.open(info.id, view);
        }
    }

    /// Opens the next page, or the one before, counted round.
    pub(super) fn turn(&mut self, forward: bool, view: &View) {
        let by = if forward { 1 } else { self.pages.len() - 1 };
        self.open_at((self.open + by) % self.pages.len(), view);
    }

    /// Opens the page that one came from; false where there is none.
    pub(super) fn back(&mut self) -> bool {
        let before = self.before.pop();
        self.open = before.unwrap_or(self.open);
        before.is_some()
    }

    fn switch(&mut self, id: PageId) {
        let Some(index) = self.pages.iter().position(|(info, _)| info.id == id) else { return };
        if index != self.open {
            self.before.retain(|page| *page != self.open && *page != index);
            self.before.push(self.open);
        }
        self.open = index;
        if let Some(group) = &self.group {
            self.pages[index].1.look_at(group);
        }
    }
}
