//! Families of metrics, written one after the other.

use std::fmt;

use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet},
    metrics::{MetricType, exemplar::Exemplar},
};

/// Digits of a value that are written: more than a chart or a rule can use.
const DIGITS: i32 = 5;

/// Where families are written to.
pub(super) struct Families<'a>(pub(super) DescriptorEncoder<'a>);

impl Families<'_> {
    /// One value; a family without any where it is unknown.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Into<Option<f64>>) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        value.into().map_or(Ok(()), |value| encode(&mut metric, value))
    }

    /// A value for each set of labels.
    pub(super) fn gauges<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (L, f64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        rows.into_iter().try_for_each(|(labels, value)| encode(&mut family.encode_family(&labels)?, value))
    }

    /// What has been counted since the start; a family without a value where nothing is counted.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl Into<Option<u64>>) -> fmt::Result {
        self.counters(name, help, value.into().map(|value| ([("", ""); 0], value)))
    }

    /// What has been counted since the start for each set of labels.
    pub(super) fn counters<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        rows: impl IntoIterator<Item = (L, u64)>,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        let none: Option<&Exemplar<NoLabelSet, f64>> = None;
        rows.into_iter()
            .try_for_each(|(labels, value)| family.encode_family(&labels)?.encode_counter(&value, none))
    }
}

/// Whole numbers are written without a point, others with [`DIGITS`] digits.
fn encode(metric: &mut prometheus_client::encoding::MetricEncoder<'_>, value: f64) -> fmt::Result {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        metric.encode_gauge(&(value as i64))
    } else {
        metric.encode_gauge(&rounded(value))
    }
}

fn rounded(value: f64) -> f64 {
    if !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(DIGITS - 1 - value.abs().log10().floor() as i32);
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_five_digits() {
        let cases = [(1_234.567_89, 1_234.6), (0.081_234_567, 0.081_235), (-98_765.432_1, -98_765.0)];
        for (value, wanted) in cases {
            assert!((rounded(value) - wanted).abs() < 1e-9, "{value}: {}", rounded(value));
        }
        assert!(rounded(f64::NAN).is_nan() && rounded(1e-320).is_finite() && rounded(1.5e300).is_finite());
    }
}
