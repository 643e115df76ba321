//! The zone in which times are shown: the fleet's own, UTC, this machine's, or one of the operator's.

/// Whose clocks times are shown on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// The calendar's zone, in which the fleet's days run.
    Fleet,
    /// Coordinated universal time.
    Utc,
    /// This machine's.
    Local,
    /// An IANA zone that the operator named.
    Named(String),
}

impl Zone {
    /// The zone that `text` asks for: `fleet`, `utc`, `local` or an IANA name.
    ///
    /// # Errors
    /// In words, when there is no such zone.
    pub fn parse(text: &str) -> Result<Zone, String> {
        match text {
            "fleet" => Ok(Zone::Fleet),
            "utc" => Ok(Zone::Utc),
            "local" => Ok(Zone::Local),
            name => match name.parse::<chrono_tz::Tz>() {
                Ok(zone) => Ok(Zone::Named(zone.name().to_owned())),
                Err(_) => {
                    let name = crate::domain::text::clean(name, 40);
                    Err(format!("unknown time zone `{name}`; write fleet, utc, local or an IANA name"))
                }
            },
        }
    }

    /// The IANA name, where `machine` is this machine's; `None` for the fleet's own and where that is not known.
    pub fn name<'a>(&'a self, machine: Option<&'a str>) -> Option<&'a str> {
        match self {
            Zone::Fleet => None,
            Zone::Utc => Some("UTC"),
            Zone::Local => machine,
            Zone::Named(name) => Some(name),
        }
    }

    /// The next of the three that every console has.
    pub fn next(&self) -> Zone {
        match self {
            Zone::Fleet => Zone::Utc,
            Zone::Utc => Zone::Local,
            Zone::Local | Zone::Named(_) => Zone::Fleet,
        }
    }

    /// In words for a message; `shown` is the zone on the screen.
    pub fn words(&self, machine: Option<&str>, shown: &str) -> String {
        match (self, machine) {
            (Zone::Fleet, _) => format!("the fleet's zone, {shown}"),
            (Zone::Local, None) => format!("this machine's time zone is unknown; showing {shown}"),
            (Zone::Local, Some(name)) => format!("this machine's zone, {name}"),
            (Zone::Utc | Zone::Named(_), _) => shown.to_owned(),
        }
    }
}

/// The zone of this machine: `TZ` where it names one, else what the system says.
pub fn of_machine() -> Option<String> {
    let named = std::env::var("TZ").ok().map(|v| v.trim_start_matches(':').to_owned());
    let known = |name: &String| name.parse::<chrono_tz::Tz>().is_ok();
    named.filter(known).or_else(|| iana_time_zone::get_timezone().ok().filter(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_and_go_round() {
        assert_eq!(Zone::parse("utc"), Ok(Zone::Utc));
        assert_eq!(Zone::parse("Asia/Tokyo"), Ok(Zone::Named("Asia/Tokyo".into())));
        assert!(Zone::parse("Nowhere").expect_err("no zone").contains("fleet, utc, local"));
        assert_eq!(Zone::Fleet.next().next().next(), Zone::Fleet);
        assert_eq!(
            (Zone::Fleet.name(Some("Asia/Tokyo")), Zone::Local.name(Some("Asia/Tokyo"))),
            (None, Some("Asia/Tokyo"))
        );
        assert_eq!(Zone::Fleet.words(None, "Europe/Berlin"), "the fleet's zone, Europe/Berlin");
        assert!(Zone::Local.words(None, "UTC").contains("is unknown"));
    }
}
