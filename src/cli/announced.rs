//! What a recorded load was announced to do: the options `--events`, `--holidays` and `--timezone`.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use opening_hours::localization::Country;

use super::Failure;
use crate::{
    calendar::{Calendar, holidays, parse_events},
    domain::{Time, event::Event},
    files,
};

/// The calendar of a recorded load.
#[derive(Debug, Clone, clap::Args)]
pub struct Announced {
    /// Calendar: `start,end,name,kind`.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Countries whose public holidays are known, for example DE,US.
    #[arg(long, value_name = "COUNTRY", value_delimiter = ',', value_parser = country)]
    holidays: Vec<Country>,
    /// Time zone of days and weeks, for example Europe/Berlin [default: UTC].
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<Tz>,
}

fn country(code: &str) -> Result<Country, String> {
    code.parse().map_err(|_| "allowed: the two letters of a country, for example DE".to_owned())
}

impl Announced {
    /// True when one of them is given.
    pub fn given(&self) -> bool {
        self.events.is_some() || !self.holidays.is_empty() || self.timezone.is_some()
    }

    /// The events of `--events`, where it is given.
    pub fn events(&self) -> Result<Option<Vec<Event>>, Failure> {
        let Some(path) = &self.events else { return Ok(None) };
        let text = String::from_utf8_lossy(&file(path)?).into_owned();
        parse_events(&text, path).map(Some).map_err(|e| Failure::Usage(e.to_string()))
    }

    /// The public holidays within `[from, until)`, of `otherwise` where no country is given.
    pub fn holidays(&self, otherwise: &[Country], zone: Tz, (from, until): (Time, Time)) -> Vec<Event> {
        let countries = if self.holidays.is_empty() { otherwise } else { &self.holidays };
        countries.iter().flat_map(|country| holidays(*country, zone, from, until)).collect()
    }
}

/// The bytes of a file that the operator named.
pub fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read(path, files::MOST_CSV).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))
}

/// What the calendar at `path`, if there is one, says of `group`.
pub fn of_calendar(path: &Path, group: &str, (from, until): (Time, Time)) -> Result<Vec<Event>, Failure> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&file(path)?).into_owned();
    Calendar::parse(&text, path)
        .and_then(|calendar| calendar.for_group(group, from, until))
        .map_err(|e| Failure::Usage(e.to_string()))
}
