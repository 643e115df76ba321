//! The business calendar: what the operators know of the days to come.
//!
//! `calendar.toml` belongs to its operators. They write local times in named zones, repeat events by RFC 5545
//! rules, and comment what they write; the program edits that file without losing a comment. What lives here:
//! the file ([`Document`], [`load`], [`save`]), the rules that an entry must keep ([`check`], field by field, so
//! that a form can use them while it is typed), and the way from an entry to moments in UTC ([`Definition`],
//! [`occurrences`]). What may not: clocks, models, and any opinion on what an event does to demand.
//!
//! Start with [`CalendarEntry`] (text, as typed), then [`Definition`] (the same, proven and typed), then [`Calendar`]
//! (a whole file, which answers "what happens between these two moments?"). [`export`] and [`import`] speak iCalendar,
//! [`parse_events`] reads the simpler CSV of events that backtests use, [`holidays`](holidays()) knows the public
//! holidays of countries.
//!
//! Local times have one meaning throughout: an event keeps its wall-clock times across daylight saving time; a
//! time that the clocks skip means the first moment after the gap; a time that they show twice means the earlier.

mod document;
mod entry;
mod error;
mod events_csv;
mod fields;
mod file;
mod holidays;
mod ical;
mod local;
mod occurrences;
mod parsed;
mod problem;
mod recurrence;
pub mod student;
mod table;
mod typed;
mod upcoming;
mod validate;

pub use document::Document;
pub use entry::{CalendarEntry, EntryField};
pub use error::{CalendarError, Located};
pub use events_csv::{EventsError, parse_events};
pub use file::{load, read, save};
pub use holidays::holidays;
pub use ical::{Imported, MOST_ICAL, export, import, import_summary};
pub use local::{LocalMeaning, newest_of_day, parse_local, resolve};
pub use occurrences::{MOST_OCCURRENCES, occurrences};
pub use parsed::{Calendar, MOST_BYTES};
pub use problem::Problem;
pub use recurrence::RecurrenceRule;
pub use typed::spelled_out;
pub use upcoming::{Upcoming, next, next_of};
pub use validate::{Definition, Note, check, notes};
