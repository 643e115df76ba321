//! Prices of instances that nobody configured: AWS's list prices on a date, from a table in the program.
//!
//! The table is small on purpose. Where type or region is not in it, or a group has several types, there is no figure: a
//! wrong one would be taken for the bill.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::{cost_and_risk::HourlyPrice, group::GroupState};

/// The table.
const TABLE: &str = include_str!("../../data/prices.csv");

#[derive(Debug, Deserialize)]
struct PriceRow {
    instance_type: String,
    region: String,
    hour: f64,
    as_of: NaiveDate,
}

static ROWS: LazyLock<Vec<PriceRow>> = LazyLock::new(|| {
    let rows = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(TABLE.as_bytes()).into_deserialize();
    // A test reads them all.
    rows.filter_map(Result::ok).collect()
});

/// List price of an instance of `group`, whose instances are all of one type in one region.
pub fn of(group: &GroupState) -> Option<HourlyPrice> {
    let first = group.instances.first()?;
    let (kind, region) = (first.instance_type.as_deref()?, region(&first.zone)?);
    let is_alike = group.instances.iter().all(|instance| {
        instance.instance_type.as_deref() == Some(kind)
            && instance.weight == 1
            && self::region(&instance.zone) == Some(region)
    });
    let row = ROWS.iter().find(|row| is_alike && row.instance_type == kind && row.region == region)?;
    Some(HourlyPrice { amount: row.hour, list: Some(row.as_of) })
}

/// The region of an Availability Zone: `us-east-1` of `us-east-1a`.
fn region(zone: &str) -> Option<&str> {
    let region = zone.strip_suffix(|letter: char| letter.is_ascii_lowercase())?;
    region.ends_with(|c: char| c.is_ascii_digit()).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::group;

    fn typed(kind: Option<&str>, zones: &[&str]) -> GroupState {
        let mut group = group(zones.len() as u32, zones.len() as u32);
        for (instance, zone) in group.instances.iter_mut().zip(zones) {
            instance.instance_type = kind.map(str::to_owned);
            instance.zone = (*zone).to_owned();
        }
        group
    }

    #[test]
    fn every_row_is_read_once_and_larger_instances_cost_more() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
        assert_eq!((ROWS.len(), ROWS.len() > 100), (lines - 1, true));
        for (at, row) in ROWS.iter().enumerate() {
            assert!(row.hour > 0.0 && row.hour < 20.0, "{row:?}");
            assert!(ROWS[..at].iter().all(|other| other.instance_type != row.instance_type), "{row:?} twice");
            if let Some(before) = at.checked_sub(1).and_then(|before| ROWS.get(before)) {
                let family = |row: &PriceRow| row.instance_type.split('.').next().map(str::to_owned);
                assert!(family(before) != family(row) || before.hour < row.hour, "{before:?} {row:?}");
            }
        }
    }

    #[test]
    fn a_price_is_known_for_one_known_type_in_a_known_region_alone() {
        let price = |kind, zones: &[&str]| of(&typed(kind, zones)).map(|price| price.amount);
        assert_eq!(price(Some("m5.large"), &["us-east-1a", "us-east-1f"]), Some(0.096));
        let listed = of(&typed(Some("c7g.xlarge"), &["us-east-1b"])).expect("it is in the table");
        assert_eq!((listed.amount, listed.list), (0.145, NaiveDate::from_ymd_opt(2024, 7, 1)));
        assert_eq!(price(Some("m5.large"), &["eu-west-1a"]), None, "another region has other prices");
        assert_eq!(price(Some("m5.large"), &["us-east-1-bos-1a"]), None, "so has a local zone");
        assert_eq!(price(Some("x9.large"), &["us-east-1a"]), None);
        assert_eq!((price(None, &["us-east-1a"]), price(Some("m5.large"), &[])), (None, None));
        let mut mixed = typed(Some("m5.large"), &["us-east-1a", "us-east-1b"]);
        mixed.instances[1].instance_type = Some("m5.xlarge".into());
        assert_eq!(of(&mixed), None);
    }
}
