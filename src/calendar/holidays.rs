//! Public holidays by country, from the tables that the `opening-hours` crate carries.

use chrono::{Days, NaiveTime};
use chrono_tz::Tz;
use opening_hours::localization::Country;

use super::local::resolve;
use crate::domain::{
    Time,
    event::{Event, EventKind},
};

/// The public holidays of the whole of `country` that begin within `[from, until)`: local days of `zone`.
pub fn holidays(country: Country, zone: Tz, from: Time, until: Time) -> Vec<Event> {
    let days = country.holidays();
    let begins = |day: chrono::NaiveDate| resolve(day.and_time(NaiveTime::MIN), zone).0;
    let first = from.with_timezone(&zone).date_naive();
    let all = std::iter::successors(first.pred_opt(), |day| days.get_public().first_after(*day));
    all.skip(1)
        .map_while(|day| Some((begins(day), begins(day.checked_add_days(Days::new(1))?))))
        .skip_while(|(start, _)| *start < from)
        .take_while(|(start, _)| *start < until)
        .map(|(start, end)| Event {
            name: format!("public holiday ({})", country.iso_code()),
            kind: EventKind::Holiday,
            label: EventKind::Holiday.name().into(),
            start,
            end,
            multiplier: None,
            min_instances: None,
            groups: Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        text.parse().expect("a time")
    }

    #[test]
    fn holidays_are_local_days_of_the_right_dates() {
        let zone = chrono_tz::America::New_York;
        let found = holidays(Country::US, zone, time("2026-11-01T00:00:00Z"), time("2027-01-01T00:00:00Z"));
        let starts: Vec<String> = found.iter().map(|e| e.start.to_rfc3339()).collect();
        assert_eq!(
            starts,
            ["2026-11-11T05:00:00+00:00", "2026-11-26T05:00:00+00:00", "2026-12-25T05:00:00+00:00"]
        );
        assert!(found.iter().all(|e| (e.end - e.start).num_hours() == 24 && e.kind == EventKind::Holiday));
    }

    #[test]
    fn a_year_of_each_country_is_plausible() {
        let (from, until) = (time("2026-01-01T00:00:00Z"), time("2027-01-01T00:00:00Z"));
        for country in [Country::DE, Country::GB, Country::JP, Country::BR, Country::ZA] {
            let found = holidays(country, Tz::UTC, from, until);
            assert!((3..=30).contains(&found.len()), "{country:?}: {}", found.len());
            assert!(found.windows(2).all(|pair| pair[0].start < pair[1].start));
        }
    }

    #[test]
    fn a_holiday_under_way_is_not_begun_twice() {
        let found =
            holidays(Country::DE, Tz::UTC, time("2026-12-25T12:00:00Z"), time("2026-12-27T00:00:00Z"));
        assert_eq!(found.len(), 1, "only the 26th begins in that time");
    }
}
