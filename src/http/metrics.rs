//! `/metrics`: the newest view in Prometheus's text formats.
//!
//! Nothing is kept between two scrapes: each is made of the view that is there. Names begin with `prescale_`; the unit is the
//! last word of a name; what may be unknown is absent while it is. `process` has what there is once, `groups` what there
//! is for each group. `docs/metrics.md` lists all of them, and a test compares the list with a scrape.

mod family;
mod groups;
mod process;

use std::{fmt, io, sync::Arc, time::Duration};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, prometheus_text, text},
    registry::Registry,
};

use self::family::Families;
use super::body;
use crate::link::View;

/// The two text formats that Prometheus reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricFormat {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus 0.0.4, for whoever does not ask for the other.
    Prometheus,
}

impl MetricFormat {
    /// The better one that `accept`, a request's header, names.
    pub(super) fn accepted(accept: &str) -> MetricFormat {
        if accept.contains("application/openmetrics-text") {
            MetricFormat::OpenMetrics
        } else {
            MetricFormat::Prometheus
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            MetricFormat::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            MetricFormat::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The metrics of `view`, which is `age` old.
fn exposition(view: Arc<View>, age: Duration, format: MetricFormat) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("prescale");
    registry.register_collector(Box::new(Snapshot { view, age }));
    let mut page = String::new();
    match format {
        MetricFormat::OpenMetrics => text::encode(&mut page, &registry)?,
        MetricFormat::Prometheus => prometheus_text::encode(&mut page, &registry)?,
    }
    Ok(page)
}

/// The metrics of `view`, which is `age` old, as the body of an answer.
///
/// # Errors
/// Never, as far as is known: it writes into memory.
pub fn page(view: Arc<View>, age: Duration, format: MetricFormat, gzip: bool) -> io::Result<Vec<u8>> {
    let page = exposition(view, age, format).map_err(io::Error::other)?;
    if gzip { body::gzip(page.as_bytes()) } else { Ok(page.into_bytes()) }
}

/// What one scrape sees.
#[derive(Debug)]
struct Snapshot {
    view: Arc<View>,
    age: Duration,
}

impl Collector for Snapshot {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        process::write(&mut families, &self.view, self.age)?;
        groups::write(&mut families, &self.view.groups)
    }
}

#[cfg(test)]
mod tests;
