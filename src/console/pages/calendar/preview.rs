//! Beside the form: when the entry that is being typed will happen, on the clocks of its zone.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use ratatui::{Frame, layout::Rect, text::Line};

use super::effect;
use crate::{
    calendar::{self, CalendarEntry, Upcoming},
    console::{
        draw::{
            axis::{self, length},
            theme::{Role, Theme},
        },
        widgets::{pane, text},
    },
    domain::Time,
    link::View,
};

/// Occurrences that are shown.
const SHOWN: usize = 5;

/// Draws the next occurrences of `entry` and what the clocks do to them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, entry: &CalendarEntry, view: &View, theme: &Theme) {
    let inner = pane::framed(frame, area, "What it means", theme);
    let width = usize::from(inner.width);
    let rows = words(entry, view).into_iter().flat_map(|(text, role)| {
        let indent = if text.starts_with("  ") { 2 } else { 0 };
        let lines = text::wrap(&text, width.saturating_sub(indent));
        lines.into_iter().map(move |t| pane::line(format!("{:indent$}{t}", ""), role, theme))
    });
    let rows: Vec<Line<'_>> = rows.collect();
    pane::lines(frame, inner, rows, theme);
}

/// The lines, each with its role.
fn words(entry: &CalendarEntry, view: &View) -> Vec<(String, Role)> {
    let own = axis::zone(&view.calendar.zone);
    let zone: Tz = match entry.zone.trim() {
        "" => own,
        name => match name.parse() {
            Ok(zone) => zone,
            Err(_) => return vec![("The zone is not known yet.".into(), Role::Muted)],
        },
    };
    let mut out = Vec::new();
    match calendar::next_of(entry, own, view.now, SHOWN) {
        Err(_) => out.push(("When it happens is shown once every field is right.".into(), Role::Muted)),
        Ok(next) if next.is_empty() => {
            out.push(("It lies in the past and does not happen again.".into(), Role::Warning));
        }
        Ok(next) => {
            let heading = if next.len() < SHOWN { "All upcoming" } else { "The next five" };
            out.push((format!("{heading} ({zone})"), Role::Title));
            out.extend(next.first().and_then(|first| effect::words(&first.event, view)));
            next.iter().for_each(|upcoming| occurrence(upcoming, entry, view.now, &mut out));
            if shifts(&next, zone) {
                let text = "Daylight saving time changes in between: local time stays, UTC time shifts.";
                out.push((text.into(), Role::Info));
            }
        }
    }
    let notes = calendar::notes(entry, own).into_iter();
    let unknown = effect::unknown(entry, view).into_iter();
    out.extend(unknown.map(|text| (format!("! groups: {text}"), Role::Warning)));
    out.extend(notes.map(|note| (format!("! {}: {}", note.field.name(), note.message), Role::Warning)));
    out
}

/// One occurrence: local times with the offset, how far off it is, and a word where the clocks skip its time.
fn occurrence(upcoming: &Upcoming, entry: &CalendarEntry, now: Time, out: &mut Vec<(String, Role)>) {
    let (event, zone) = (&upcoming.event, upcoming.zone);
    let start = axis::stamp(event.start, zone, "%a %Y-%m-%d %H:%M %:z");
    let lasts = length((event.end - event.start).num_seconds());
    let when = match (event.start - now).num_seconds() {
        ..=0 => "now".to_owned(),
        seconds => format!("in {}", length(seconds)),
    };
    out.push((format!("  {start}, {lasts}, {when}"), Role::Text));
    let typed = entry.start.trim().get(11..16).unwrap_or("00:00");
    // A rule may name hours of its own; then the typed hour says nothing.
    if !entry.repeat.to_ascii_uppercase().contains("BYHOUR")
        && axis::stamp(event.start, zone, "%H:%M") != typed
    {
        out.push((format!("    the clocks skip {typed} on that day"), Role::Warning));
    }
}

/// True if the offset from UTC is not the same for all of `next`.
fn shifts(next: &[Upcoming], zone: Tz) -> bool {
    let offset = |u: &Upcoming| zone.offset_from_utc_datetime(&u.event.start.naive_utc()).fix();
    next.windows(2).any(|pair| offset(&pair[0]) != offset(&pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture::view;

    fn said(start: &str, end: &str, repeat: &str, zone: &str) -> String {
        let [start, end, repeat, zone] = [start, end, repeat, zone].map(str::to_owned);
        let entry = CalendarEntry {
            name: "x".into(),
            kind: "sale".into(),
            start,
            end,
            repeat,
            zone,
            ..CalendarEntry::default()
        };
        words(&entry, &view()).into_iter().map(|(text, _)| text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_next_five_with_their_offsets_and_a_word_on_the_clocks() {
        let weekly = said("2027-03-08 09:00", "2027-03-08 10:30", "weekly", "");
        assert!(weekly.starts_with(
            "The next five (Europe/Berlin)\n\
             shop (1 of 4 groups): the effect is learned from earlier events of this kind\n  Mon 2027-03-08 09:00 +01:00, 1 h 30 min, in 100 d"
        ));
        assert!(
            weekly.contains("Mon 2027-03-29 09:00 +02:00") && weekly.contains("Daylight saving time changes"),
            "{weekly}"
        );
        let night = said("2027-03-27 02:30", "2027-03-27 03:30", "daily", "");
        assert!(night.contains("the clocks skip 02:30 on that day"), "{night}");
        assert!(
            said("2027-03-28 02:30", "2027-03-28 04:00", "", "").contains("! start: the clocks"),
            "noted"
        );
    }

    #[test]
    fn what_is_over_or_not_right_yet_is_said() {
        assert!(said("2020-01-01", "2020-01-02", "", "").contains("lies in the past"));
        assert!(said("2027-01-01", "", "", "").contains("once every field is right"));
        assert!(said("2027-01-01", "2027-01-02", "", "Mars/Base").contains("zone is not known"));
        let once = said("2026-12-01 08:00", "2026-12-01 09:00", "", "Asia/Tokyo");
        assert!(once.starts_with("All upcoming (Asia/Tokyo)") && once.contains("+09:00"), "{once}");
    }
}
