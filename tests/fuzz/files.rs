//! Files that people write: configuration, calendar, iCalendar, CSV, themes, keys.

use std::path::Path;

use chrono_tz::Tz;
use prescale::{
    calendar::{self, Calendar, CalendarEntry, Document, parse_events},
    cloud::simulator::Trace,
    config::{Config, SAMPLE},
    console::draw::{
        style::Depth,
        theme::{Symbols, Theme},
    },
    domain::{at_epoch, metric::Missing, shift},
    forecast::lstm::table::MetricTable,
};

use super::fuzz;

const PLACE: &str = "/nowhere/file";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn seeds(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|seed| seed.as_bytes().to_vec()).collect()
}

#[test]
fn configurations() {
    const GROUPS: &str = "[defaults]\nrisk = 0.9\nprice = 0.1\nshortage_price = 2\n[group.web]\nmode = \"auto\"\nmax_step = 3\n\
        [group.web.demand]\nnamespace = \"Shop\"\nname = \"Orders\"\nstatistic = \"Sum\"\n[keys]\nquit = [\"F12\", \"Ctrl-Q\"]\n";
    fuzz("configuration", 19, &seeds(&[SAMPLE, GROUPS]), |bytes| {
        if let Ok(config) = Config::parse(&text(bytes), Path::new(PLACE), Path::new("/nowhere")) {
            config.group("web");
            config.effective();
        }
    });
}

#[test]
fn calendars() {
    let all = [include_str!("seeds/calendar.toml"), include_str!("../../calendar.toml")];
    let (from, until) = (at_epoch(1_764_547_200), shift(at_epoch(1_764_547_200), 400 * 86_400));
    fuzz("calendar", 16, &seeds(&all), |bytes| {
        let text = text(bytes);
        if let Ok(calendar) = Calendar::parse(&text, Path::new(PLACE)) {
            // An entry that happens too often is an error, in words.
            let _ = calendar.for_group("web", from, until);
            calendar::export(&calendar, from);
        }
        if let Ok(mut document) = Document::parse(&text, Path::new(PLACE)) {
            let entries: Vec<CalendarEntry> = document.entries();
            let _ = document.merge(&entries);
            let _ = document.remove(0);
            document.to_text();
        }
    });
}

#[test]
fn icalendar_files() {
    fuzz("iCalendar", 12, &seeds(&[include_str!("seeds/sale.ics")]), |bytes| {
        if let Ok(read) = calendar::import(&text(bytes), Tz::UTC) {
            calendar::import_summary(read.entries.len(), &read);
        }
    });
}

#[test]
fn tables() {
    let all = [
        include_str!("seeds/events.csv"),
        include_str!("seeds/trace.csv"),
        include_str!("seeds/metrics.csv"),
    ];
    fuzz("CSV", 16, &seeds(&all), |bytes| {
        let _ = parse_events(&text(bytes), Path::new(PLACE));
        let _ = Trace::parse_csv(bytes, PLACE, Missing::Gap);
        let _ = MetricTable::read(PLACE, bytes);
        let _ = calendar::student::parse_flag(&text(bytes), Path::new(PLACE));
    });
}

#[test]
fn themes() {
    fuzz("theme", 6, &seeds(&[include_str!("seeds/theme.toml")]), |bytes| {
        let _ = Theme::parse(PLACE, &text(bytes), Depth::Sixteen, Symbols::default());
    });
}
