//! Rows to learn from: an origin in a load, a time ahead, what was known, and what came.

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use super::{
    Recorded,
    chance::Chance,
    library::Library,
    load::{Load, mean},
};
use crate::{
    domain::Seconds,
    forecast::prior::features::{ANCHORS, DAYS, INPUTS, InputRow, LeadTime, Origin, SeenRoots},
};

/// Seconds ahead that rows are made for.
pub(super) const FARTHEST: Seconds = 3_600;
/// Share of rows whose history is short, as that of a new group.
const YOUNG: f64 = 0.35;
/// Days of a history that matter, and a little more.
const KEPT_DAYS: usize = 28;
/// Loads that are at hand at once, those that are renewed for each batch, and those that a batch is drawn from.
const AT_HAND: usize = 160;
const RENEWED: usize = 2;
/// The load of a row beside its own typical change counts at least so much of the mean load.
pub(in crate::forecast::prior) const LEAST_CHANGE: f64 = 0.002;

/// Rows as flat lists.
#[derive(Debug, Clone, Default)]
pub(in crate::forecast::prior) struct Rows {
    /// Number of rows.
    pub count: usize,
    /// `count × INPUTS`, as they come.
    pub inputs: Vec<f32>,
    /// `count × ANCHORS`.
    pub anchors: Vec<f32>,
    /// The same: 0 where there is an anchor, a large negative number where there is none.
    pub mask: Vec<f32>,
    /// Reference and unit of each row, and what came, so that a typical change of the load is 1.
    pub reference: Vec<f32>,
    /// See `reference`.
    pub unit: Vec<f32>,
    /// See `reference`.
    pub actual: Vec<f32>,
}

/// Added to the score of an anchor that is not known.
const NEVER: f32 = -1e4;

impl Rows {
    /// Adds a row of which `actual` came, where loads change by `change` as a rule.
    pub fn push(&mut self, row: &InputRow, actual: f64, change: f64) {
        let root = change.sqrt() as f32;
        self.count += 1;
        self.inputs.extend(&row.inputs);
        self.anchors.extend(row.anchors);
        self.mask.extend(row.known.map(|known| if known { 0.0 } else { NEVER }));
        self.reference.push(row.scale.reference / root);
        self.unit.push(row.scale.unit / root);
        self.actual.push((actual / change) as f32);
    }

    /// The rows at `places`.
    pub fn chosen(&self, places: impl Iterator<Item = usize> + Clone) -> Rows {
        let cut = |all: &[f32], width: usize| {
            places.clone().flat_map(|place| &all[place * width..(place + 1) * width]).copied().collect()
        };
        Rows {
            count: places.clone().count(),
            inputs: cut(&self.inputs, INPUTS),
            anchors: cut(&self.anchors, ANCHORS),
            mask: cut(&self.mask, ANCHORS),
            reference: cut(&self.reference, 1),
            unit: cut(&self.unit, 1),
            actual: cut(&self.actual, 1),
        }
    }
}

/// A load with what its rows need.
struct Ready {
    load: Load,
    roots: Vec<f32>,
    /// Leads in steps, their shares of the rows, and how much load changes over each.
    leads: Vec<(usize, f64, f64)>,
}

impl Ready {
    fn new(load: Load) -> Ready {
        // A gap stays one, as where the prior serves: `max` alone would make it zero.
        let root = |v: f64| if v.is_nan() { f32::NAN } else { v.max(0.0).sqrt() as f32 };
        let roots = load.values.iter().map(|v| root(*v)).collect();
        let least = (LEAST_CHANGE * mean(&load.values)).max(1e-12);
        let all: &[usize] = match load.step {
            60 => &[1, 2, 3, 5, 9, 15, 30, 60],
            120 => &[1, 3, 8, 15, 30],
            _ => &[1, 2, 3, 4, 6, 9, 12],
        };
        let within = |lead: &&usize| load.step * **lead as Seconds <= FARTHEST;
        let leads = all.iter().filter(within).map(|lead| {
            let pairs = load.values.iter().zip(load.values.iter().skip(*lead));
            let changes: Vec<f64> = pairs.map(|(a, b)| (b - a).abs()).collect();
            let judged = [300, 900, 1_800, 3_600].contains(&(load.step * *lead as Seconds));
            (*lead, if judged { 2.0 } else { 1.0 }, mean(&changes).max(least))
        });
        let leads = leads.collect();
        Ready { load, roots, leads }
    }

    /// A row, what came, and how much load changes as a rule, if this origin has one.
    fn row(&self, chance: &mut Chance) -> Option<(InputRow, f64, f64)> {
        let drawn = self.draw(chance)?;
        let actual = *self.load.values.get(drawn.origin + drawn.lead).filter(|v| !v.is_nan())?;
        Some((self.inputs(drawn)?, actual, drawn.change))
    }

    /// An origin, a time ahead and a length of history.
    fn draw(&self, chance: &mut Chance) -> Option<Drawn> {
        let day = self.load.day;
        let weights: Vec<f64> = self.leads.iter().map(|(_, weight, _)| *weight).collect();
        let (lead, _, change) = *self.leads.get(chance.place(&weights))?;
        let origin = chance.whole(2, self.roots.len().saturating_sub(lead));
        let mut length = KEPT_DAYS * day + day / 12;
        if chance.is(YOUNG) {
            let (least, most) = (3f64.log10(), (15.0 * day as f64).log10());
            length = length.min(chance.ten_to(least, most) as usize);
        }
        Some(Drawn { origin, lead, change, length })
    }

    /// The inputs of a row: nothing after its origin.
    fn inputs(&self, Drawn { origin, lead, length, .. }: Drawn) -> Option<InputRow> {
        let day = self.load.day;
        let roots = &self.roots[(origin + 1).saturating_sub(length)..=origin];
        let seen = SeenRoots { roots, step: self.load.step, day };
        let lead = LeadTime { steps: lead, back: DAYS.map(|days| (days * day).saturating_sub(lead)) };
        Some(Origin::new(seen)?.row(&lead))
    }
}

/// Where a row is in its load.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    /// The newest step that is known.
    origin: usize,
    /// Steps ahead.
    lead: usize,
    /// How much load changes over those as a rule.
    change: f64,
    /// Steps of history, at the most.
    length: usize,
}

/// Makes batches, each a function of the seed and its number alone.
pub(super) struct Batches<'a> {
    library: Library<'a>,
    seed: u64,
    size: usize,
    at_hand: Vec<Ready>,
    next: usize,
}

/// Draws random numbers for the thing `number` of the kind `kind`.
fn chance(seed: u64, kind: u64, number: usize) -> Chance {
    let mixed = mix(mix(mix(seed).wrapping_add(kind)).wrapping_add(number as u64));
    Chance(Pcg64Mcg::seed_from_u64(mixed))
}

/// Splitmix64: numbers that lie beside each other are far apart after it.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl<'a> Batches<'a> {
    /// Batches of `size` rows from batch `first` on.
    pub fn new(recorded: &'a [Recorded], seed: u64, size: usize, first: usize) -> Batches<'a> {
        let mut batches =
            Batches { library: Library::new(recorded), seed, size, at_hand: Vec::new(), next: first };
        // Load `i` takes the place of load `i - AT_HAND`; the order of places is that of all numbers so far.
        let newest = AT_HAND + RENEWED * first;
        let mut at_hand: Vec<(usize, Ready)> =
            (newest - AT_HAND..newest).map(|number| (number % AT_HAND, batches.load(number))).collect();
        at_hand.sort_by_key(|(place, _)| *place);
        batches.at_hand = at_hand.into_iter().map(|(_, ready)| ready).collect();
        batches
    }

    fn load(&self, number: usize) -> Ready {
        Ready::new(self.library.draw(&mut chance(self.seed, 1, number)))
    }
}

impl Iterator for Batches<'_> {
    type Item = Rows;

    fn next(&mut self) -> Option<Rows> {
        let mut chance = chance(self.seed, 2, self.next);
        let mut rows = Rows::default();
        while rows.count < self.size {
            let place = chance.whole(0, AT_HAND);
            if let Some((row, actual, change)) = self.at_hand[place].row(&mut chance) {
                rows.push(&row, actual, change);
            }
        }
        for added in 0..RENEWED {
            let number = AT_HAND + RENEWED * self.next + added;
            self.at_hand[number % AT_HAND] = self.load(number);
        }
        self.next += 1;
        Some(rows)
    }
}

/// Rows of loads as they were recorded, for a score: `each` of every load.
pub(super) fn of_recorded(recorded: &[Recorded], each: usize) -> Rows {
    let mut rows = Rows::default();
    for (number, Recorded { step, values, .. }) in recorded.iter().enumerate() {
        let (step, day) = (*step, (86_400 / step).max(1) as usize);
        let ready = Ready::new(Load { step, day, values: values.clone() });
        let mut chance = chance(0, 3, number);
        let drawn = (0..4 * each).filter_map(|_| ready.row(&mut chance)).take(each);
        drawn.for_each(|(row, actual, change)| rows.push(&row, actual, change));
    }
    debug_assert_eq!((rows.inputs.len(), rows.anchors.len()), (rows.count * INPUTS, rows.count * ANCHORS));
    rows
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::forecast::prior::pretrain::tests::recorded;

    /// Place of an input: the steps since the newest one that is known.
    const AGE: usize = 175;

    fn ready(values: Vec<f64>) -> Ready {
        Ready::new(Load { step: 300, day: 288, values })
    }

    #[test]
    fn a_gap_of_a_load_is_one_in_its_rows() {
        let roots = ready(vec![4.0, f64::NAN, -1.0, 9.0]).roots;
        assert!(roots[1].is_nan());
        assert_eq!([roots[0], roots[2], roots[3]], [2.0, 0.0, 3.0]);
        let recorded = recorded();
        let rows: Vec<Rows> = Batches::new(&recorded, 2, 128, 0).take(4).collect();
        let ages = rows.iter().flat_map(|rows| rows.inputs.iter().skip(AGE).step_by(INPUTS));
        let different: BTreeSet<u32> = ages.map(|x| x.to_bits()).collect();
        assert!(different.len() > 1, "how long the newest step has been known: {different:?}");
    }

    #[test]
    fn nothing_after_the_origin_is_in_the_inputs() {
        let plain = ready(recorded()[0].values.clone());
        let mut drawn = 0;
        for number in 0..300 {
            let place = plain.draw(&mut chance(0, 9, number)).expect("five-minute steps have leads");
            let (mut load, mut roots) = (plain.load.clone(), plain.roots.clone());
            load.values[place.origin + 1..].fill(7e5);
            roots[place.origin + 1..].fill(9e5);
            let poisoned = Ready { load, roots, leads: plain.leads.clone() };
            let (Some(a), Some(b)) = (plain.inputs(place), poisoned.inputs(place)) else { continue };
            assert_eq!((a.inputs, a.anchors, a.known, a.scale), (b.inputs, b.anchors, b.known, b.scale));
            drawn += 1;
        }
        assert!(drawn > 250, "{drawn}");
    }

    #[test]
    fn no_two_seeds_share_a_load() {
        let draw = |seed: u64| {
            let library = Library::new(&[]);
            let bits = |number| library.draw(&mut chance(seed, 1, number)).values[..9].to_vec();
            (0..40).map(|n| bits(n).into_iter().map(f64::to_bits).collect()).collect::<BTreeSet<Vec<u64>>>()
        };
        let (zero, one) = (draw(0), draw(1));
        assert!(zero.is_disjoint(&one));
        assert_eq!((zero.len(), one.len()), (40, 40), "and no two of one seed are the same");
    }
}
