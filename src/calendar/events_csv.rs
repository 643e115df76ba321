//! Events for backtests: a CSV of `start,end,name,kind`, one occurrence a row.

use std::path::PathBuf;

use crate::domain::{
    Time,
    event::{Event, EventKind},
    text::clean,
};

/// Most rows of a file of events.
const MOST_ROWS: usize = 100_000;

/// What is wrong with a file of events.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {message}; {fix}", path.display())]
pub struct EventsError {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// Reads `text`, the content of `path`, into events ascending by start.
///
/// The header is `start,end,name,kind`, in any order. Times are RFC 3339 (`2026-11-27T05:00:00Z`) or dates, which mean the
/// first moment of that day in UTC. A kind that the program knows means that kind; any other word falls under
/// [`EventKind::Other`] and effects are learned by the word itself.
///
/// # Errors
/// [`EventsError`] for the first row that is wrong.
pub fn parse_events(text: &str, path: &std::path::Path) -> Result<Vec<Event>, EventsError> {
    let wrong = |line: u64, message: String, fix: &str| EventsError {
        path: path.to_owned(),
        line,
        message,
        fix: fix.into(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        wrong(
            line,
            "the row has more or fewer fields than the header".into(),
            "put names with commas between double quotes",
        )
    };
    let headers = reader.headers().map_err(unreadable)?.clone();
    let column = |name: &str| {
        let fix = "the first line must be start,end,name,kind";
        headers
            .iter()
            .position(|h| h == name)
            .ok_or_else(|| wrong(1, format!("there is no column {name}"), fix))
    };
    let columns = [column("start")?, column("end")?, column("name")?, column("kind")?];
    let mut events = Vec::new();
    for row in reader.records() {
        let row = row.map_err(unreadable)?;
        let line = row.position().map_or(0, csv::Position::line);
        if events.len() == MOST_ROWS {
            return Err(wrong(
                line,
                format!("more than {MOST_ROWS} events"),
                "leave out those outside the trace",
            ));
        }
        let fields = columns.map(|index| row.get(index).unwrap_or(""));
        events.push(event(fields).map_err(|(message, fix)| wrong(line, message, fix))?);
    }
    events.sort_by(|a, b| (a.start, a.end, &a.name).cmp(&(b.start, b.end, &b.name)));
    Ok(events)
}

fn event([start, end, name, kind]: [&str; 4]) -> Result<Event, (String, &'static str)> {
    let (start, end) = (moment(start)?, moment(end)?);
    if end <= start {
        return Err((
            "the event does not end after it starts".into(),
            "the end is the first moment after the event",
        ));
    }
    let (name, label) = (clean(name, 80), clean(kind, 40));
    if name.is_empty() {
        return Err(("the event has no name".into(), "write what people call it"));
    }
    if label.is_empty() {
        return Err(("the event has no kind".into(), "write a word such as holiday, sale or launch"));
    }
    let kind = EventKind::from_name(&label).unwrap_or(EventKind::Other);
    Ok(Event { name, kind, label, start, end, multiplier: None, min_instances: None, groups: Vec::new() })
}

fn moment(text: &str) -> Result<Time, (String, &'static str)> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    match chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) => Ok(date.and_time(chrono::NaiveTime::MIN).and_utc()),
        Err(_) => Err((
            format!("\"{}\" is not a valid time", clean(text, 40)),
            "write 2026-11-27T05:00:00Z, or 2026-11-27",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn parse(text: &str) -> Result<Vec<Event>, String> {
        parse_events(text, Path::new("e.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_of_recorded_traces_are_read() {
        let events = parse(
            "start,end,name,kind\n2014-11-02T04:00:00Z,2014-11-03T05:00:00Z,NYC Marathon,event\n\
             2014-07-04T04:00:00Z,2014-07-05T04:00:00Z,Independence Day,holiday\n\
             1995-08-01T18:52:00Z,1995-08-03T08:36:00Z,server off (hurricane Erin),outage\n\
             2011-04-15T04:00:00Z,2011-04-16T04:00:00Z,Emancipation Day (observed),holiday\n\
             2015-01-27T04:00:00Z,2015-01-27T12:30:00Z,blizzard travel ban,weather\n\
             1995-07-13T12:30:00Z,1995-07-13T15:30:00Z,STS-70 launch 13:42Z,launch\n",
        )
        .unwrap();
        let seen: Vec<_> = events.iter().map(|e| (e.label.as_str(), e.kind)).collect();
        use EventKind::{Holiday, Launch, Other};
        assert_eq!(
            seen,
            [
                ("launch", Launch),
                ("outage", Other),
                ("holiday", Holiday),
                ("holiday", Holiday),
                ("event", Other),
                ("weather", Other)
            ]
        );
        assert!(events.windows(2).all(|pair| pair[0].start <= pair[1].start));
    }

    #[test]
    fn dates_offsets_quotes_and_other_orders_are_read() {
        let events = parse(
            "\u{feff}kind,name,start,end\r\nsale,\"Big, bigger\",2026-11-27,2026-11-28T02:00:00+02:00\r\n",
        )
        .unwrap();
        assert_eq!((events[0].name.as_str(), events[0].kind), ("Big, bigger", EventKind::Sale));
        assert_eq!((events[0].end - events[0].start).num_hours(), 24);
        assert_eq!(parse("start,end,name,kind\n").unwrap(), []);
    }

    #[test]
    fn errors_name_file_line_and_fix() {
        let head = "start,end,name,kind\n2026-01-01,2026-01-02,a,sale\n";
        let import_summary = |row: &str| parse(&format!("{head}{row}\n")).unwrap_err();
        assert_eq!(
            import_summary("soon,2026-01-02,a,sale"),
            "e.csv:3: \"soon\" is not a valid time; write 2026-11-27T05:00:00Z, or 2026-11-27"
        );
        assert!(
            import_summary("2026-01-02,2026-01-02,a,sale").starts_with("e.csv:3: the event does not end")
        );
        assert!(import_summary("2026-01-02,2026-01-03,a,b,sale").starts_with("e.csv:3: the row has more"));
        assert!(import_summary("2026-01-02,2026-01-03,,sale").contains("no name"));
        assert!(import_summary("2026-01-02,2026-01-03,a,").contains("no kind"));
        assert!(parse("from,to\n").unwrap_err().contains("no column start"));
        assert!(parse("").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in ".*|(start,end,name,kind\n)?([0-9:TZ,\"a-z-]{0,40}\n){0,6}") {
            if let Ok(events) = parse(&text) {
                prop_assert!(events.iter().all(|event| event.start < event.end));
            }
        }
    }
}
