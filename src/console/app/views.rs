//! The view on the screen: the newest, or the one at which the screen is held still, with times in the zone chosen.

use std::sync::Arc;

use crate::{console::zone::Zone, link::View};

/// Views that arrived, and the one that is shown.
pub(super) struct Views {
    /// What is on the screen: `arrived`, in the zone chosen.
    pub(super) shown: Arc<View>,
    /// The view on the screen as it arrived.
    arrived: Arc<View>,
    /// The newest view that arrived while the screen was held still, and how many did.
    waiting: Option<(Arc<View>, u64)>,
    frozen: bool,
    zone: Zone,
    /// IANA name of this machine's zone, where it says one.
    machine_zone: Option<String>,
}

impl Views {
    /// No view yet, and times in `zone`.
    pub(super) fn new(zone: Zone, machine_zone: Option<String>) -> Views {
        Views {
            shown: Arc::default(),
            arrived: Arc::default(),
            waiting: None,
            frozen: false,
            zone,
            machine_zone,
        }
    }

    /// The same views, with times in `zone` from the next one that arrives.
    pub(super) fn in_zone(self, zone: Zone, machine_zone: Option<String>) -> Views {
        Views { zone, machine_zone, ..self }
    }

    /// True once the engine has spoken.
    pub(super) fn any(&self) -> bool {
        self.shown.serial > 0
    }

    /// A newer view, which is given back if it is to be shown; it waits while the screen is held still.
    pub(super) fn arrive(&mut self, view: Arc<View>) -> Option<Arc<View>> {
        if !self.frozen || self.arrived.serial == 0 {
            return Some(view);
        }
        let (before, count) = self.waiting.as_ref().map_or((self.arrived.serial, 0), |(v, n)| (v.serial, *n));
        // An old picture that tells its age is no newer one.
        let newer = u64::from(view.serial != before);
        self.waiting = Some((view, count + newer));
        None
    }

    /// Puts `view` on the screen, in the zone chosen.
    pub(super) fn show(&mut self, view: Arc<View>) {
        self.shown = match self.zone.name(self.machine_zone.as_deref()) {
            Some(name) if name != view.zone => Arc::new(View { zone: name.to_owned(), ..(*view).clone() }),
            _ => Arc::clone(&view),
        };
        self.arrived = view;
    }

    /// Holds the screen still, or gives the newest view to show.
    pub(super) fn freeze(&mut self) -> Option<Arc<View>> {
        self.frozen = !self.frozen;
        self.waiting.take().filter(|_| !self.frozen).map(|(view, _)| view)
    }

    /// The newest view, and how many newer ones wait while the screen is held still.
    pub(super) fn newest(&self) -> (&View, Option<u64>) {
        let newest = self.waiting.as_ref().map_or(&self.shown, |(view, _)| view);
        let waiting = self.waiting.as_ref().map_or(0, |(_, count)| *count);
        (newest, self.frozen.then_some(waiting))
    }

    /// The zone chosen.
    pub(super) fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Shows times in `zone`; gives the view to show again.
    pub(super) fn set_zone(&mut self, zone: Zone) -> Arc<View> {
        self.zone = zone;
        Arc::clone(&self.arrived)
    }

    /// The zone of the times on the screen in words.
    pub(super) fn zone_words(&self) -> String {
        self.zone.words(self.machine_zone.as_deref(), &self.shown.zone)
    }
}
