//! The keys of the group page: all of its own, and those that matter most now.

use super::GroupPage;
use crate::{console::input::action::Action, link::View};

/// Actions of the page beside those understood everywhere.
pub(super) const ACTIONS: &[Action] = &[
    Action::Range,
    Action::ZoomIn,
    Action::ZoomOut,
    Action::Now,
    Action::Crosshair,
    Action::WhatIf,
    Action::Overlay,
    Action::EarlierDecision,
    Action::LaterDecision,
    Action::AtTime,
    Action::Expand,
    Action::Scale,
    Action::Mode,
];

impl GroupPage {
    /// The keys that matter most now.
    pub(super) fn footer_keys(&self, view: &View) -> Vec<Action> {
        if self.back.moment().is_some() {
            return vec![
                Action::EarlierDecision,
                Action::LaterDecision,
                Action::AtTime,
                Action::Now,
                Action::Expand,
            ];
        }
        if self.thought.is_open() {
            return vec![Action::Right, Action::Open, Action::WhatIf, Action::Now, Action::Back];
        }
        if self.window.cross.is_some() {
            return vec![Action::Left, Action::Right, Action::Now, Action::Crosshair, Action::Back];
        }
        let waits = view.groups.iter().any(|g| Some(&g.name) == self.group.as_ref() && g.proposal.is_some());
        let past = self.window.until.is_some().then_some(Action::Now);
        let first = waits.then_some(Action::Open).into_iter().chain(past);
        let usual = [Action::Range, Action::WhatIf, Action::AtTime, Action::Crosshair, Action::Expand];
        first.chain(usual).take(5).collect()
    }

    /// What the footer calls `action` here, where the keymap's own word is too general.
    pub(super) fn footer_word(&self, action: Action) -> Option<&'static str> {
        if self.thought.is_open() {
            return match action {
                Action::Left => Some("less"),
                Action::Right => Some("more"),
                Action::WhatIf => Some("write"),
                Action::Open => Some("type"),
                Action::Now => Some("as it is"),
                Action::Back => Some("leave"),
                _ => None,
            };
        }
        match action {
            Action::Open => Some("proposal"),
            Action::AtTime if self.back.moment().is_none() => Some("look back"),
            Action::Crosshair if self.window.cross.is_some() => Some("values off"),
            _ => None,
        }
    }
}
