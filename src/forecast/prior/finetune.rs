//! Adapts the prior to the load of one group.
//!
//! It goes on where the training of the prior ended, by the same loss, on what the prior saw of this load and what came. Only the
//! head moves, which weighs the anchors and makes the quantiles: what it sees of each example is computed once, so that a month of
//! five-minute steps takes well under a second, and a thousand adapted nets share the rest. The newest examples are not learned
//! from: they choose after how many steps the net is the best, and whether it is better than the one that it started from.

mod head;

use std::ops::ControlFlow;

use rand::{SeedableRng, seq::SliceRandom};
use rand_pcg::Pcg64Mcg;

use self::head::HeadRows;
use super::{
    features::InputRow,
    net::Net,
    pretrain::{
        adam::Learned,
        rows::{LEAST_CHANGE, Rows},
    },
};
use crate::domain::{Seconds, Time};

/// Fewest examples that anything is learned from.
const FEWEST: usize = 256;
/// Least time that examples which are not learned from stretch over, and how many times that all of them do: weekends differ, and
/// what less history taught was as often worse as better.
const DAY: Seconds = 86_400;
const DAYS: Seconds = 7;

/// What the prior saw at an origin, and what came.
#[derive(Debug, Clone)]
pub struct Example {
    /// What it saw.
    pub row: InputRow,
    /// Steps ahead.
    pub lead: usize,
    /// Start of the step ahead.
    pub target: Time,
    /// Load of the newest step that was known; not a number for a gap.
    pub last: f64,
    /// Load that came.
    pub actual: f64,
}

/// How to adapt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FinetuneOptions {
    /// Learning rate.
    pub rate: f32,
    /// By how much of the rate parameters return towards those of the prior at each step.
    pub decay: f32,
    /// Steps, at the most.
    pub steps: usize,
    /// Examples of a step.
    pub batch: usize,
    /// Steps from one look at the newest examples to the next.
    pub look: usize,
    /// Looks without a smaller loss before it ends.
    pub patience: usize,
    /// Share of the examples, the newest, that are not learned from.
    pub held_out: f64,
    /// Seed of the order of examples.
    pub seed: u64,
}

impl Default for FinetuneOptions {
    /// What was measured to be best on recorded loads.
    fn default() -> Self {
        FinetuneOptions {
            rate: 3e-4,
            decay: 30.0,
            steps: 300,
            batch: 256,
            look: 10,
            patience: 5,
            held_out: 0.15,
            seed: 1,
        }
    }
}

impl FinetuneOptions {
    /// Looks, at the most.
    pub fn looks(&self) -> usize {
        self.steps / self.look.max(1)
    }
}

/// One look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FinetuneProgress {
    /// Steps done.
    pub step: usize,
    /// Mean loss since the last look.
    pub loss: f64,
    /// Loss on the newest examples.
    pub held_out: f64,
}

/// An adapted net.
#[derive(Debug, Clone, PartialEq)]
pub struct Finetuned {
    /// Its head: that of the prior where no look was better.
    pub head: Vec<f32>,
    /// Steps of which it is the result.
    pub steps: usize,
    /// Loss on the newest examples, before and after.
    pub held_out: (f64, f64),
}

/// Why nothing was adapted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FinetuneError {
    /// There is too little to learn from.
    #[error("there is too little to learn from ({0} examples): wait for {DAYS} days of history")]
    TooFew(usize),
    /// There is no prior.
    #[error("the prior that ships with the program cannot be read: {0}")]
    Prior(String),
    /// It was told to stop.
    #[error("the training was cancelled")]
    Cancelled,
}

/// Adapts `net` to `examples`, the oldest first; `progress` hears of each look.
///
/// # Errors
/// [`FinetuneError`].
pub fn finetune(
    net: &Net,
    examples: &[Example],
    options: &FinetuneOptions,
    progress: &mut dyn FnMut(FinetuneProgress) -> ControlFlow<()>,
) -> Result<Finetuned, FinetuneError> {
    let kept = examples.len() - newest(examples, options).len();
    let span = |(first, last): (&Example, &Example)| (last.target - first.target).num_seconds();
    let span = examples.first().zip(examples.last()).map_or(0, span);
    if kept < FEWEST || kept == examples.len() || span < DAYS * DAY {
        return Err(FinetuneError::TooFew(examples.len()));
    }
    let rows = HeadRows::new(net, rows(examples));
    let newest: Vec<usize> = (kept..examples.len()).collect();
    let before = rows.mean_loss(net.head(), &newest);
    let mut best = Finetuned { head: net.head().to_vec(), steps: 0, held_out: (before, before) };
    let mut learned = Learned::new(net.head().to_vec());
    let mut order = Order::new(kept, options.seed);
    let (mut worse, mut sum) = (0, 0.0);
    while learned.steps < options.steps && worse < options.patience {
        sum += step(&rows, net, options, &mut learned, &mut order);
        if !learned.steps.is_multiple_of(options.look) {
            continue;
        }
        let held_out = rows.mean_loss(&learned.mean, &newest);
        worse += 1;
        if held_out < best.held_out.1 {
            best =
                Finetuned { head: learned.mean.clone(), steps: learned.steps, held_out: (before, held_out) };
            worse = 0;
        }
        let loss = std::mem::take(&mut sum) / options.look as f64;
        if progress(FinetuneProgress { step: learned.steps, loss, held_out }).is_break() {
            return Err(FinetuneError::Cancelled);
        }
    }
    Ok(best)
}

/// One step; returns the loss of its batch.
fn step(
    rows: &HeadRows,
    net: &Net,
    options: &FinetuneOptions,
    learned: &mut Learned,
    order: &mut Order,
) -> f64 {
    let (loss, gradient) = rows.gradient(&learned.parameters, order.take(options.batch));
    learned.step(options.rate, &gradient);
    let back = options.rate * options.decay;
    learned.parameters.iter_mut().zip(net.head()).for_each(|(x, start)| *x += back * (start - *x));
    f64::from(loss)
}

/// The examples that are not learned from: a share, and at least those of a day, since hours differ.
pub fn newest<'a>(examples: &'a [Example], options: &FinetuneOptions) -> &'a [Example] {
    let share = ((1.0 - options.held_out) * examples.len() as f64) as usize;
    let day = examples.last().map_or(0, |last| {
        examples.partition_point(|example| (last.target - example.target).num_seconds() >= DAY)
    });
    &examples[share.min(day)..]
}

/// The mean loss of `net` with the head `head`, in typical changes of the load.
pub fn loss(net: &Net, head: &[f32], examples: &[Example]) -> f64 {
    HeadRows::new(net, rows(examples)).mean_loss(head, &(0..examples.len()).collect::<Vec<_>>())
}

/// Examples as rows; losses are in units of how much load changes over the same time ahead as a rule.
fn rows(examples: &[Example]) -> Rows {
    let known = |example: &&Example| example.last.is_finite();
    let mean = mean(examples.iter().map(|example| example.actual));
    let farthest = examples.iter().map(|example| example.lead).max().unwrap_or(0);
    let changes: Vec<f64> = (0..=farthest)
        .map(|lead| {
            let of_lead = examples.iter().filter(known).filter(|example| example.lead == lead);
            self::mean(of_lead.map(|example| (example.actual - example.last).abs()))
                .max(LEAST_CHANGE * mean)
                .max(1e-12)
        })
        .collect();
    let mut rows = Rows::default();
    examples.iter().for_each(|example| rows.push(&example.row, example.actual, changes[example.lead]));
    rows
}

/// 0 where there is nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    sum / count.max(1) as f64
}

/// The order in which examples are learned: each once, then in another order.
struct Order {
    places: Vec<usize>,
    next: usize,
    rng: Pcg64Mcg,
}

impl Order {
    /// Of the first `count` examples.
    fn new(count: usize, seed: u64) -> Order {
        Order { places: (0..count).collect(), next: count, rng: Pcg64Mcg::seed_from_u64(seed) }
    }

    /// The next `count` places, or as many as are left.
    fn take(&mut self, count: usize) -> &[usize] {
        if self.next + count > self.places.len() {
            self.places.shuffle(&mut self.rng);
            self.next = 0;
        }
        let from = self.next;
        self.next = (from + count).min(self.places.len());
        &self.places[from..self.next]
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::{
        domain::{at_epoch, series::Series},
        forecast::{
            blend::prior_examples::{Draw, examples},
            prior::file,
        },
    };

    /// A load that stands at one of two levels, at random: no anchor is near, and the quantiles lie in two heaps.
    fn two_levels() -> Vec<Example> {
        let mut rng = Pcg64Mcg::seed_from_u64(2);
        let values = (0..288 * 14).map(|i| {
            let level = if rng.random::<f64>() < 0.5 { 50.0 } else { 150.0 };
            (i % 83 > 2).then(|| level * (0.98 + 0.04 * rng.random::<f64>()))
        });
        let history = Series::from_values(at_epoch(0), 300, values.collect::<Vec<_>>());
        examples(&history, &[], chrono_tz::UTC, &Draw { days: 14, origins: 1_000, leads: 2, seed: 1 })
    }

    fn options() -> FinetuneOptions {
        FinetuneOptions {
            rate: 2e-3,
            decay: 0.0,
            steps: 60,
            batch: 128,
            look: 10,
            patience: 3,
            held_out: 0.2,
            seed: 1,
        }
    }

    fn go_on(_: FinetuneProgress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn what_the_prior_could_not_know_is_learned() {
        let (net, known) = (file::shipped().expect("fits").0, two_levels());
        let tuned = finetune(&net, &known, &options(), &mut go_on).expect("enough");
        let (before, after) = tuned.held_out;
        assert!(tuned.steps > 0 && after < 0.95 * before, "{before} to {after}");
        assert_eq!(tuned.head.len(), net.head().len());
        assert_eq!(
            finetune(&net, &known, &options(), &mut go_on),
            Ok(tuned),
            "the same bytes for the same seed"
        );
    }

    #[test]
    fn a_training_that_makes_it_worse_gives_the_head_back() {
        let (net, known) = (file::shipped().expect("fits").0, two_levels());
        let wild = FinetuneOptions { rate: 3.0, ..options() };
        let tuned = finetune(&net, &known, &wild, &mut go_on).expect("enough");
        let (before, after) = tuned.held_out;
        assert_eq!((tuned.steps, after, tuned.head.as_slice()), (0, before, net.head()));
    }

    #[test]
    fn too_few_examples_and_a_cancelled_training_give_nothing() {
        let (net, known) = (file::shipped().expect("fits").0, two_levels());
        let tuned = |examples: &[Example], progress: &mut dyn FnMut(FinetuneProgress) -> ControlFlow<()>| {
            finetune(&net, examples, &options(), progress)
        };
        assert_eq!(tuned(&known[..200], &mut go_on), Err(FinetuneError::TooFew(200)));
        assert_eq!(tuned(&[], &mut go_on), Err(FinetuneError::TooFew(0)));
        assert_eq!(tuned(&known, &mut |_| ControlFlow::Break(())), Err(FinetuneError::Cancelled));
    }
}
