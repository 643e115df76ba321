use std::path::Path;

use proptest::prelude::*;

use super::*;

const TEXT: &str = "timezone = 'Europe/Berlin'\n\
    [[event]]\nname = 'Sale; half, off'\nkind = 'sale'\nstart = '2026-11-27'\nend = '2026-11-30'\nrepeat = 'yearly'\n\
    multiplier = 2.5\nmin_instances = 6\ngroups = ['shop', 'api']\n\
    [[event]]\nname = 'Freeze'\nkind = 'freeze'\nstart = '2026-12-20 18:00'\nend = '2027-01-04 08:00'\nzone = 'America/New_York'\n\
    [[event]]\nname = 'Mail'\nkind = 'promotion'\nstart = '2026-11-02 09:00'\nend = '2026-11-02 12:00'\n\
    repeat = 'FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20270131'\n\
    [[event]]\nname = 'UTC'\nkind = 'other'\nstart = '2026-11-02 09:00'\nend = '2026-11-02 12:00'\nzone = 'UTC'\n";

fn calendar(text: &str) -> Calendar {
    Calendar::parse(text, Path::new("calendar.toml")).unwrap()
}

fn ics(body: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn one(body: &str) -> Result<CalendarEntry, String> {
    let mut read = import(&ics(body), Tz::Europe__Berlin).unwrap();
    read.entries.pop().ok_or_else(|| read.left_out.remove(0))
}

#[test]
fn an_export_comes_back_as_it_was_and_says_times_as_the_standard_does() {
    let before = calendar(TEXT);
    let now = "2026-11-25T10:00:00Z".parse().unwrap();
    let text = export(&before, now);
    for line in [
        "DTSTART;TZID=Europe/Berlin:20261127T000000",
        "DTSTAMP:20261125T100000Z",
        "SUMMARY:Sale\\; half\\, off",
        "RRULE:FREQ=YEARLY",
        "DTSTART;TZID=America/New_York:20261220T180000",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20270131T225959Z",
        "DTSTART:20261102T090000Z",
        "X-PRESCALE-GROUPS:shop\\, api",
    ] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} is not in {text}");
    }
    assert_eq!(text, export(&before, now), "the same calendar gives the same file");
    let back = import(&text, Tz::Europe__Berlin).unwrap();
    assert!(back.left_out.is_empty(), "{:?}", back.left_out);
    let window = ("2026-11-01T00:00:00Z".parse().unwrap(), "2028-01-01T00:00:00Z".parse().unwrap());
    let mut again = Calendar { zone: before.zone, ..Calendar::default() };
    for entry in back.entries {
        again.definitions.push(Definition::from_entry(&entry, before.zone).unwrap());
        again.entries.push(entry);
    }
    assert_eq!(
        again.occurrences(window.0, window.1).unwrap(),
        before.occurrences(window.0, window.1).unwrap()
    );
}

#[test]
fn what_other_calendars_write_is_understood() {
    let day = one("SUMMARY:All hands\r\nDTSTART;VALUE=DATE:20261127\r\nCATEGORIES:work,LAUNCH").unwrap();
    assert_eq!((day.start.as_str(), day.end.as_str()), ("2026-11-27 00:00", "2026-11-28 00:00"));
    assert_eq!((day.kind.as_str(), day.zone.as_str()), ("launch", ""));
    let path = "DTSTART;TZID=/example.org/20070129/America/New_York:20261127T090000\r\nDURATION:PT1H30M";
    let east = one(path).unwrap();
    assert_eq!((east.name.as_str(), east.zone.as_str()), ("without a name", "America/New_York"));
    assert_eq!(east.end, "2026-11-27 10:30");
    let mixed =
        one("SUMMARY:x\r\nDTSTART;TZID=Asia/Tokyo:20261127T090000\r\nDTEND:20261127T010000Z").unwrap();
    assert_eq!(mixed.end, "2026-11-27 10:00", "one o'clock in UTC is ten in Tokyo");
}

#[test]
fn what_cannot_be_said_is_left_out_with_its_reason() {
    let start = "SUMMARY:Mail\r\nDTSTART:20261102T090000\r\nDTEND:20261102T100000";
    for (extra, why) in [
        ("RRULE:FREQ=WEEKLY\r\nEXDATE:20261109T090000", "exceptions"),
        ("RECURRENCE-ID:20261109T090000", "one occurrence"),
        ("STATUS:CANCELLED", "cancelled"),
        ("RRULE:FREQ=HOURLY", "repeat"),
        ("X-PRESCALE-MULTIPLIER:lots", "multiplier"),
    ] {
        let left_out = one(&format!("{start}\r\n{extra}")).expect_err(extra);
        assert!(left_out.starts_with("“Mail”: ") && left_out.contains(why), "{left_out}");
    }
    assert!(one("SUMMARY:x\r\nDTSTART:20261102T090000").expect_err("no end").contains("DTEND"));
    let zone =
        one("SUMMARY:x\r\nDTSTART;TZID=W. Europe Standard Time:20261102T090000\r\nDTEND:20261102T100000Z");
    assert!(zone.expect_err("not IANA").contains("none of the IANA names"));
    for no in ["", "hello", "[[event]]\nname = 'x'\n"] {
        assert!(import(no, Tz::UTC).expect_err(no).contains("not an iCalendar file"), "{no}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,60}|(BEGIN:VEVENT\r\n|END:VEVENT\r\n|DTSTART|:|;TZID=|20261102T090000|DURATION|P1D|\r\n){0,30}") {
        let _ = import(&text, Tz::UTC);
        let _ = import(&ics(&text), Tz::UTC);
        let _ = duration(&text);
    }
}
