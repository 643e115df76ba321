//! Which stretch of time the charts show, which past forecast lies over it, and the moment that is read off.

use std::borrow::Cow;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    console::{
        draw::{
            axis::{local, zone},
            theme::{Role, Theme},
        },
        input::action::Action,
        widgets::outcome::Outcome,
    },
    domain::{Seconds, Time, shift},
    link::{ForecastOverlay, View},
};

const HOUR: Seconds = 3_600;
const DAY: Seconds = 86_400;

/// Seconds of the past on the charts, by zoom level.
const ZOOM: [Seconds; 10] =
    [1_800, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY];
/// Ranges that one key goes through: zoom level and word. The last looks ahead.
const RANGES: [(usize, &str); 5] = [(1, "1 h"), (3, "6 h"), (5, "24 h"), (8, "7 d"), (4, "48 h ahead")];
/// Seconds ahead that the last of the ranges shows.
const OUTLOOK: Seconds = 2 * DAY;
/// Past forecasts that one key goes through.
const OVERLAYS: [ForecastOverlay; 6] = [
    ForecastOverlay::Lead,
    ForecastOverlay::Before(900),
    ForecastOverlay::Before(1_800),
    ForecastOverlay::Before(HOUR),
    ForecastOverlay::Before(2 * HOUR),
    ForecastOverlay::Hidden,
];

/// What the charts show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartWindow {
    zoom: usize,
    /// Two days ahead are shown, whatever the zoom.
    outlook: bool,
    /// Last moment of the past shown; `None` follows the clock.
    pub until: Option<Time>,
    /// The moment whose values are read, if one is.
    pub cross: Option<Time>,
    /// Which past forecast is shown.
    pub overlay: ForecastOverlay,
    /// The value axes are logarithmic.
    pub log: bool,
}

impl Default for ChartWindow {
    fn default() -> Self {
        ChartWindow {
            zoom: 3,
            outlook: false,
            until: None,
            cross: None,
            overlay: ForecastOverlay::Lead,
            log: false,
        }
    }
}

impl ChartWindow {
    /// Seconds of the past.
    pub fn past(&self) -> Seconds {
        ZOOM[self.zoom.min(ZOOM.len() - 1)]
    }

    /// Seconds of the future.
    pub fn ahead(&self) -> Seconds {
        if self.outlook { OUTLOOK } else { (self.past() / 3).clamp(1_800, OUTLOOK) }
    }

    /// True where two days ahead are shown.
    pub fn looks_ahead(&self) -> bool {
        self.outlook
    }

    /// Does what `action` asks; `cell` is the number of seconds that a cell of the charts covers.
    pub fn act(&mut self, action: Action, cell: Seconds, view: &View) -> Outcome {
        match action {
            Action::Left | Action::Right if self.cross.is_some() => {
                self.move_cross(if action == Action::Left { -1 } else { 1 }, cell, view);
            }
            Action::PageUp | Action::PageDown if self.cross.is_some() => {
                self.move_cross(if action == Action::PageUp { -10 } else { 10 }, cell, view);
            }
            Action::Left => self.pan(-1, view),
            Action::Right => self.pan(1, view),
            Action::Now | Action::Last => (self.until, self.cross) = (None, self.cross.map(|_| view.now)),
            Action::ZoomIn => self.set_zoom(self.zoom.saturating_sub(1)),
            Action::ZoomOut => self.set_zoom((self.zoom + 1).min(ZOOM.len() - 1)),
            Action::Range => {
                let at = self.range().map_or(0, |i| (i + 1) % RANGES.len());
                (self.zoom, self.outlook) = (RANGES[at].0, at + 1 == RANGES.len());
            }
            Action::Overlay => {
                let at = OVERLAYS.iter().position(|f| *f == self.overlay).unwrap_or(0);
                self.overlay = OVERLAYS[(at + 1) % OVERLAYS.len()];
            }
            Action::Crosshair => {
                self.cross = if self.cross.is_some() { None } else { Some(self.until.unwrap_or(view.now)) };
            }
            Action::Scale => self.log = !self.log,
            Action::Back if self.cross.is_some() => self.cross = None,
            _ => return Outcome::Ignored,
        }
        Outcome::Changed
    }

    /// The moment that is read: the crosshair's, else the last of the past shown.
    pub fn read_from(&self, view: &View) -> Time {
        self.cross.or(self.until).map_or(view.now, |at| at.min(view.now))
    }

    /// The line that says which stretch of time is shown.
    ///
    /// Of a moment of the past it says the range alone: past forecasts and the end of the charts are those of the moment.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, (view, theme): (&View, &Theme), live: bool) {
        let mut spans = vec![Span::styled("range ", theme.style(Role::Muted))];
        for (name, shown) in self.ranges() {
            let (text, role) = if shown {
                (Cow::Owned(format!("[{name}]")), Role::Selected)
            } else {
                (Cow::Owned(format!(" {name} ")), Role::Muted)
            };
            spans.push(Span::styled(text, theme.style(role)));
        }
        if live {
            let role = if self.until.is_some() { Role::Warning } else { Role::Muted };
            let words = self.words(zone(&view.zone));
            spans.push(Span::styled(format!("   {words}"), theme.style(role)));
        }
        frame.buffer_mut().set_line(area.x, area.y, &Line::from(spans), area.width);
    }

    /// Shows what was around `at`, with the crosshair on it.
    pub fn look_back(&mut self, at: Time, view: &View) {
        let until = shift(at, self.past() / 4);
        (self.until, self.outlook) = ((until < view.now).then_some(until), false);
        self.cross = Some(at);
    }

    fn set_zoom(&mut self, zoom: usize) {
        (self.zoom, self.outlook) = (zoom, false);
    }

    /// Moves the charts by a quarter of their past; to now when the end passes it.
    fn pan(&mut self, direction: i64, view: &View) {
        self.scroll(direction * self.past() / 4, view);
    }

    fn scroll(&mut self, by: Seconds, view: &View) {
        let until = shift(self.until.unwrap_or(view.now), by);
        self.until = (until < view.now).then_some(until);
    }

    /// Moves the crosshair by cells; the charts follow where it would leave them.
    fn move_cross(&mut self, cells: i64, cell: Seconds, view: &View) {
        let Some(cross) = self.cross else { return };
        let to = shift(cross, cells.saturating_mul(cell.max(1)));
        let end = self.until.unwrap_or(view.now);
        let (first, last) = (shift(end, -self.past()), shift(end, self.ahead()));
        if to < first {
            self.scroll(-self.past() / 4, view);
        } else if to >= last {
            self.scroll(self.past() / 4, view);
        }
        let end = self.until.unwrap_or(view.now);
        self.cross = Some(to.clamp(shift(end, -self.past()), shift(end, self.ahead() - 1)));
    }

    /// The range that the charts show now, if it is one of those named.
    fn range(&self) -> Option<usize> {
        let last = RANGES.len() - 1;
        RANGES.iter().enumerate().position(|(i, (zoom, _))| *zoom == self.zoom && (i == last) == self.outlook)
    }

    /// The named ranges, each with whether it is shown.
    pub fn ranges(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let shown = self.range();
        RANGES.iter().enumerate().map(move |(i, (_, name))| (*name, Some(i) == shown))
    }

    /// What else is not as it begins, in words: a past looked at, another past forecast.
    pub fn words(&self, zone: chrono_tz::Tz) -> String {
        let overlay = match self.overlay {
            ForecastOverlay::Lead => "past forecasts: one lead time ahead".to_owned(),
            ForecastOverlay::Hidden => "past forecasts: hidden".to_owned(),
            ForecastOverlay::Before(seconds) => format!("past forecasts: {} min ahead", seconds / 60),
        };
        match self.until {
            Some(until) => format!("{overlay}; ends at {}, not live", local(until, zone)),
            None => overlay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::{now, view};
    use proptest::prelude::*;

    #[test]
    fn the_crosshair_moves_by_cells_and_takes_the_charts_along() {
        let (mut window, view) = (ChartWindow::default(), view());
        window.act(Action::Crosshair, 600, &view);
        assert_eq!(window.cross, Some(now()));
        window.act(Action::Left, 600, &view);
        assert_eq!((window.cross, window.until), (Some(shift(now(), -600)), None));
        (0..4).for_each(|_| {
            window.act(Action::PageUp, 600, &view);
        });
        assert_eq!(window.cross, Some(shift(now(), -24_600)));
        assert_eq!(window.until, Some(shift(now(), -5_400)));
        window.act(Action::Now, 600, &view);
        assert_eq!((window.cross, window.until), (Some(now()), None));
        window.act(Action::Back, 600, &view);
        assert_eq!(window.cross, None);
        assert_eq!(window.act(Action::Back, 600, &view), Outcome::Ignored);
    }

    #[test]
    fn ranges_and_past_forecasts_go_round() {
        let (mut window, view) = (ChartWindow::default(), view());
        let first = window;
        let mut seen = Vec::new();
        for _ in RANGES {
            window.act(Action::Range, 60, &view);
            seen.push((window.past() / HOUR, window.ahead() / HOUR));
        }
        assert_eq!(seen, [(24, 8), (168, 48), (12, 48), (1, 0), (6, 2)]);
        assert_eq!(window, first);
        OVERLAYS.iter().for_each(|_| {
            window.act(Action::Overlay, 60, &view);
        });
        assert_eq!(window, first);
        window.act(Action::ZoomOut, 60, &view);
        assert!(window.ranges().all(|(_, shown)| !shown), "twelve hours have no name");
    }

    proptest! {
        #[test]
        fn what_is_shown_stays_sane(actions in prop::collection::vec(0usize..11, 0..60), cell in 0i64..100_000) {
            let keys = [
                Action::Left, Action::Right, Action::PageUp, Action::PageDown, Action::Now, Action::ZoomIn,
                Action::ZoomOut, Action::Range, Action::Overlay, Action::Crosshair, Action::Back,
            ];
            let (mut window, view) = (ChartWindow::default(), view());
            for action in actions {
                window.act(keys[action], cell, &view);
                prop_assert!(window.until.is_none_or(|until| until < view.now));
                prop_assert!(window.past() > 0 && window.ahead() >= 1_800 && window.ranges().count() == 5);
            }
        }
    }
}
