//! The subcommands of `prescale calendar` and their options.

use std::path::PathBuf;

use super::ical;
use crate::{
    calendar::CalendarEntry,
    cli::Failure,
    domain::{Time, text::clean},
};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum CalendarCommand {
    /// List the entries, in the order of the file.
    List(CalendarFileArgs),
    /// Add an entry at the end of the file; its comments and order stay as they are.
    Add(Box<AddOptions>),
    /// Remove an entry by name or by its number in `list`.
    Remove(RemoveOptions),
    /// Check the file: each mistake with file, line and fix, and exit code 2 if there is one.
    Check(CalendarFileArgs),
    /// Print the next occurrences, in local time and UTC.
    Next(NextOptions),
    /// Add the events of an iCalendar file that the calendar does not have yet.
    Import(ical::ImportOptions),
    /// Write the calendar as an iCalendar file.
    Export(ical::ExportOptions),
}

/// Which calendar.
#[derive(Debug, clap::Args)]
pub struct CalendarFileArgs {
    /// Calendar file [default: calendar.toml in the home folder, see --home]
    #[arg(long, value_name = "PATH")]
    pub(super) file: Option<PathBuf>,
}

/// Options of `prescale calendar add`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: prescale calendar add --name 'Spring sale' --kind sale --start '2027-03-19 18:00' \
    --end 2027-03-22 --multiplier 1.8 --group checkout-web"
)]
pub struct AddOptions {
    #[command(flatten)]
    pub(super) place: CalendarFileArgs,
    #[command(flatten)]
    pub(super) entry: EntryArgs,
}

/// An entry, as the command line has it.
#[derive(Debug, clap::Args)]
pub struct EntryArgs {
    /// Name of the event.
    #[arg(long)]
    pub(in crate::cli) name: String,
    /// sale, promotion, launch, holiday, freeze, incident or other.
    #[arg(long)]
    pub(in crate::cli) kind: String,
    /// Local start: "2026-11-27 09:00", or 2026-11-27 for the first moment of that day.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) start: String,
    /// Local end, the first moment after the event.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) end: String,
    /// IANA zone of start and end [default: the calendar's]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::cli) zone: String,
    /// daily, weekly, monthly, yearly, or an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO,FR.
    #[arg(long, value_name = "RULE", default_value = "", hide_default_value = true)]
    pub(in crate::cli) repeat: String,
    /// Demand relative to an ordinary day: 2.0 means twice.
    #[arg(long, value_name = "X", default_value = "", hide_default_value = true)]
    pub(in crate::cli) multiplier: String,
    /// Minimum number of instances during the event.
    #[arg(long, value_name = "N", default_value = "", hide_default_value = true)]
    pub(in crate::cli) min_instances: String,
    /// Group it applies to; may be repeated [default: all groups]
    #[arg(long = "group", value_name = "GROUP")]
    pub(in crate::cli) groups: Vec<String>,
}

impl EntryArgs {
    /// The entry of these options.
    ///
    /// # Errors
    /// [`Failure::Usage`] where one `--group` names several.
    pub fn entry(&self) -> Result<CalendarEntry, Failure> {
        if let Some(name) = self.groups.iter().find(|name| name.contains(',')) {
            return Err(Failure::Usage(format!(
                "--group {}: one group each; repeat --group",
                clean(name, 40)
            )));
        }
        Ok(CalendarEntry {
            name: self.name.clone(),
            kind: self.kind.clone(),
            start: self.start.clone(),
            end: self.end.clone(),
            zone: self.zone.clone(),
            repeat: self.repeat.clone(),
            multiplier: self.multiplier.clone(),
            min_instances: self.min_instances.clone(),
            groups: self.groups.join(", "),
        })
    }
}

/// Options of `prescale calendar remove`.
#[derive(Debug, clap::Args)]
pub struct RemoveOptions {
    #[command(flatten)]
    pub(super) place: CalendarFileArgs,
    /// Name of the entry, or its number in `list`.
    #[arg(value_name = "NAME|INDEX")]
    pub(super) which: String,
}

/// Options of `prescale calendar next`.
#[derive(Debug, clap::Args)]
pub struct NextOptions {
    #[command(flatten)]
    pub(super) place: CalendarFileArgs,
    /// Number of occurrences.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(super) count: u16,
    /// Start time, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<Time>,
}
