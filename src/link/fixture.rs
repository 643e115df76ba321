//! Fleets for tests: as many groups as wanted, whose numbers all change with every minute, the same every time.

use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{Badge, GroupRow, Level, LogLine, View};
use crate::domain::{
    at_epoch,
    decision::Mode,
    journal::{JournalEntry, JournalKind},
    shift,
};

/// A group's line with nothing unusual about it.
pub(crate) fn row(name: &str) -> GroupRow {
    GroupRow {
        name: name.into(),
        source: String::new(),
        tag: None,
        mode: Mode::Observe,
        policy: "capacity".into(),
        min: 2,
        max: 90,
        desired: 8,
        in_service: 8,
        pending: 0,
        cpu: Some(61.432_198_754_6),
        demand: Some(4_321.987_654_321),
        demand_unit: "requests / 5 min".into(),
        predicted: Some(4_567.123_456_789),
        spark: vec![Some(4_000.123_456_7); 48],
        badges: Vec::new(),
        next_event: None,
        budget: None,
        proposal: None,
        model: "blend".into(),
        wape: Some((0.081_234, 0.124_321)),
        coverage: Some(0.943_21),
        accuracy: Vec::new(),
        forecasts: Vec::new(),
        planned: Some(8),
        blocked: Vec::new(),
        data_age: Some(120),
        late: false,
        acts_by_itself: Vec::new(),
        lead: 300,
    }
}

/// A fleet and what happens to it.
pub(crate) struct BusyFleet {
    view: View,
    random: Pcg64Mcg,
}

impl BusyFleet {
    /// So many groups.
    pub(crate) fn new(groups: usize) -> BusyFleet {
        let kinds = ["checkout-web", "api-bursty", "batch-steady", "web-sessions"];
        let groups = (0..groups).map(|n| row(&format!("{}-{n:04}", kinds[n % kinds.len()]))).collect();
        let mut view = View { zone: "UTC".into(), source: "aws eu-west-1".into(), groups, ..View::default() };
        view.groups.sort_by(|a: &GroupRow, b| a.name.cmp(&b.name));
        BusyFleet { view, random: Pcg64Mcg::seed_from_u64(1) }
    }

    /// The fleet a minute later: every number of every group has changed.
    pub(crate) fn minute(&mut self) -> View {
        let (view, random) = (&mut self.view, &mut self.random);
        view.serial += 1;
        view.now = shift(at_epoch(1_800_000_000), 60 * view.serial as i64);
        for row in &mut view.groups {
            change(row, view.serial, random);
        }
        let group = view.groups[random.random_range(0..view.groups.len())].name.clone();
        view.journal.insert(0, entry(view, &group));
        view.journal.truncate(300);
        view.log
            .insert(0, LogLine { at: view.now, level: Level::Info, text: format!("{group}: planned 7 → 8") });
        view.log.truncate(300);
        view.engine_loop.minutes += 1;
        view.engine_loop.took = random.random_range(0.0..1.0);
        view.clone()
    }
}

fn change(row: &mut GroupRow, minute: u64, random: &mut impl Rng) {
    let demand = row.demand.unwrap_or(1_000.0) * random.random_range(0.9..1.1);
    (row.demand, row.predicted) = (Some(demand), Some(demand * random.random_range(1.0..1.3)));
    row.cpu = Some(random.random_range(20.0..80.0));
    row.wape = Some((random.random_range(0.05..0.2), random.random_range(0.1..0.3)));
    row.coverage = Some(random.random_range(0.9..1.0));
    row.data_age = Some(random.random_range(60..400));
    row.in_service = random.random_range(2..90);
    row.desired = row.in_service + random.random_range(0..3);
    row.pending = row.desired - row.in_service;
    row.planned = Some(row.desired + random.random_range(0..2));
    if minute.is_multiple_of(5) {
        row.spark.remove(0);
        row.spark.push(Some(demand));
        row.late = random.random_range(0..200) == 0;
        let text = format!("late {} min", random.random_range(5..9));
        row.badges = if row.late { vec![Badge { level: Level::Warning, text }] } else { Vec::new() };
    }
}

fn entry(view: &View, group: &str) -> JournalEntry {
    JournalEntry {
        id: view.serial as i64,
        at: view.now,
        group: Some(group.to_owned()),
        kind: JournalKind::Outcome,
        operator: "prescale@ops1".into(),
        text: "desired capacity is 8".into(),
        decision: None,
    }
}
