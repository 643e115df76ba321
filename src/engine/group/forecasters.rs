//! A group's forecasters, in memory or spilled to disk.
//!
//! Their state takes more than a megabyte per group and is needed once per step. The first groups of a fleet keep
//! it in memory; those beyond [`AWAKE`] keep it in the [`SpillFile`] and hold only their last output. They are read,
//! updated and spilled again one after the other, so that a fleet of a thousand needs little more memory than one of
//! thirty. It does not change their output.

use std::sync::Arc;

use chrono_tz::Tz;

use super::spill::{SpillFile, SpillSlot};
use crate::{
    domain::{Seconds, Time, event::Event, forecast::Forecast},
    forecast::{
        blend::{
            champion::{Champion, HORIZON, Trained},
            daily_weights::DailyWeights,
        },
        outlook::{self, Outlook},
        score::RollingScore,
    },
};

/// Groups whose forecasters stay in memory.
pub(in crate::engine) const IN_MEMORY_GROUPS: usize = 24;

/// The forecasters of one group.
pub struct Forecasters {
    start: Time,
    step: Seconds,
    zone: Tz,
    /// Seconds ahead that it forecasts.
    horizon: Seconds,
    latest: LastForecast,
    state: State,
    /// Where it is spilled; without one it stays in memory.
    spill_file: Option<Arc<SpillFile>>,
}

/// The last output, available while it is on disk.
struct LastForecast {
    known_until: Time,
    steps: usize,
    forecast: Option<Forecast>,
    scores: Vec<(usize, RollingScore)>,
    alarms: Vec<(usize, Option<(u32, u32)>)>,
    shares: Vec<(usize, ExpertShares)>,
    daily_weights: DailyWeights,
    outlook: Vec<outlook::OutlookHour>,
    highest_seen: Option<f64>,
}

/// Names of experts with their weights, which sum to one.
type ExpertShares = Vec<(&'static str, f64)>;

enum State {
    /// Nothing was learned yet.
    New,
    Awake(Box<Pair>),
    Asleep(SpillSlot, Trained),
}

/// The two that are trained together.
struct Pair {
    champion: Champion,
    outlook: Outlook,
}

impl Forecasters {
    /// An untrained one, for demand in steps of `step` from `start` on; it is spilled to `scratch`, if there is one.
    pub(in crate::engine) fn new(
        start: Time,
        step: Seconds,
        zone: Tz,
        spill_file: Option<Arc<SpillFile>>,
    ) -> Forecasters {
        let latest = LastForecast {
            known_until: start,
            steps: 0,
            forecast: None,
            scores: Vec::new(),
            alarms: Vec::new(),
            shares: Vec::new(),
            daily_weights: DailyWeights::default(),
            outlook: Vec::new(),
            highest_seen: None,
        };
        Forecasters { start, step, zone, horizon: HORIZON, latest, state: State::New, spill_file }
    }

    /// Start of the first step that it has received or will receive.
    pub fn start(&self) -> Time {
        self.start
    }

    /// Seconds ahead that it forecasts.
    pub(in crate::engine) fn horizon(&self) -> Seconds {
        self.horizon
    }

    /// Forecasts at least `horizon` seconds ahead from the next step on.
    pub(in crate::engine) fn extend(&mut self, horizon: Seconds) {
        if horizon > self.horizon {
            self.horizon = horizon;
            if !self.is_new() {
                self.update(|champion, _| champion.extend(horizon));
            }
        }
    }

    /// Start of the first step that it has not received.
    pub fn known_until(&self) -> Time {
        self.latest.known_until
    }

    /// Steps that it has received.
    pub fn steps(&self) -> usize {
        self.latest.steps
    }

    /// The forecast at `origin`; [`Champion::forecast`].
    pub fn forecast(&self, origin: Time) -> Option<Forecast> {
        Some(Forecast { origin, ..self.latest.forecast.clone()? })
    }

    /// Scores by lead in steps; [`Champion::scores`].
    pub fn scores(&self) -> impl Iterator<Item = (usize, &RollingScore)> {
        self.latest.scores.iter().map(|(lead, score)| (*lead, score))
    }

    /// Weight of each expert in the median by lead in steps; [`Champion::shares`].
    pub fn shares(&self) -> &[(usize, ExpertShares)] {
        &self.latest.shares
    }

    /// [`Champion::daily_weights`].
    pub fn daily_weights(&self) -> &DailyWeights {
        &self.latest.daily_weights
    }

    /// [`Champion::alarms`], of the lead of `seconds`, or the last before.
    pub fn alarm(&self, seconds: Seconds) -> Option<(u32, u32)> {
        let ahead = |(lead, _): &&(usize, _)| *lead as Seconds * self.step >= seconds;
        self.latest.alarms.iter().find(ahead).or(self.latest.alarms.last())?.1
    }

    /// [`Champion::highest_or_lasting`].
    pub fn highest_seen(&self) -> Option<f64> {
        self.latest.highest_seen
    }

    /// The next two days.
    pub fn outlook(&self) -> &[outlook::OutlookHour] {
        &self.latest.outlook
    }

    /// True before the first forecast.
    pub(in crate::engine) fn is_new(&self) -> bool {
        matches!(self.state, State::New)
    }

    /// True if it is spilled to disk between two steps.
    pub(in crate::engine) fn is_spilled(&self) -> bool {
        self.spill_file.is_some()
    }

    /// The champion, if it is in memory.
    pub(in crate::engine) fn in_memory(&self) -> Option<&Champion> {
        match &self.state {
            State::Awake(pair) => Some(&pair.champion),
            _ => None,
        }
    }

    /// Reads both from disk, lets `work` train them, and spills them again.
    ///
    /// If they cannot be read back, `work` receives untrained ones.
    pub(in crate::engine) fn update<T>(&mut self, work: impl FnOnce(&mut Champion, &mut Outlook) -> T) -> T {
        let (mut pair, place) = self.reload();
        let answer = work(&mut pair.champion, &mut pair.outlook);
        self.latest = LastForecast::of(&pair);
        self.state = self.spill(pair, place);
        answer
    }

    /// Corrects steps that were learned already.
    pub(in crate::engine) fn correct(&mut self, steps: &[(Time, f64)], events: &[Event]) {
        if steps.is_empty() || self.is_new() {
            return;
        }
        self.update(|champion, outlook| {
            for (time, value) in steps {
                let before = champion.correct(*time, *value, events);
                outlook.correct(*time, before, *value, events);
            }
        });
    }

    fn reload(&mut self) -> (Box<Pair>, Option<SpillSlot>) {
        match std::mem::replace(&mut self.state, State::New) {
            State::Awake(pair) => (pair, None),
            State::New => (Box::new(self.untrained()), None),
            State::Asleep(place, trained) => {
                let mut pair = self.read(place).unwrap_or_else(|why| {
                    tracing::warn!(
                        "spilled forecasters could not be read and are retrained from scratch: {why}"
                    );
                    self.untrained()
                });
                pair.champion.give_trained(trained);
                (Box::new(pair), Some(place))
            }
        }
    }

    fn untrained(&self) -> Pair {
        Pair {
            champion: Champion::reaching(self.horizon, self.start, self.step, self.zone),
            outlook: Outlook::new(self.step, self.zone),
        }
    }

    fn read(&self, place: SpillSlot) -> Result<Pair, String> {
        let spill_file = self.spill_file.as_ref().ok_or("there is no spill file")?;
        let bytes = spill_file.read(place).map_err(|e| e.to_string())?;
        let (champion, outlook) = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
        Ok(Pair { champion, outlook })
    }

    /// Spills `pair` to the slot `place` that it had before; if that fails it stays in memory.
    fn spill(&self, mut pair: Box<Pair>, place: Option<SpillSlot>) -> State {
        let Some(spill_file) = &self.spill_file else { return State::Awake(pair) };
        let bytes = postcard::to_stdvec(&(&pair.champion, &pair.outlook)).map_err(|e| e.to_string());
        match bytes.and_then(|bytes| spill_file.write(place, &bytes).map_err(|e| e.to_string())) {
            Ok(place) => State::Asleep(place, pair.champion.take_trained()),
            Err(why) => {
                tracing::warn!("forecasters could not be spilled to disk and stay in memory: {why}");
                State::Awake(pair)
            }
        }
    }
}

impl LastForecast {
    fn of(pair: &Pair) -> LastForecast {
        let champion = &pair.champion;
        LastForecast {
            known_until: champion.known_until(),
            steps: champion.len(),
            forecast: champion.forecast(champion.known_until()),
            scores: champion.scores().map(|(lead, score)| (lead, score.clone())).collect(),
            alarms: champion.alarms().collect(),
            shares: champion.shares(),
            daily_weights: champion.daily_weights().clone(),
            outlook: pair.outlook.rows(),
            highest_seen: champion.highest_or_lasting(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, shift};

    const STEP: Seconds = 900;

    fn forecasters(spill_file: Option<Arc<SpillFile>>) -> Forecasters {
        Forecasters::new(at_epoch(0), STEP, chrono_tz::Europe::Berlin, spill_file)
    }

    /// A day's wave with a gap now and then.
    fn load(step: i64) -> Option<f64> {
        let wave = (std::f64::consts::TAU * (step % 96) as f64 / 96.0).sin();
        (step % 89 != 0).then(|| 100.0 + 50.0 * wave + (step * 7 % 13) as f64)
    }

    fn teach(forecasters: &mut Forecasters, step: i64) {
        forecasters.update(|champion, outlook| {
            champion.learn(load(step), &[]);
            outlook.learn(at_epoch(step * STEP), load(step), &[]);
        });
    }

    #[test]
    fn spilled_forecasters_predict_the_same() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let spill_file = Arc::new(SpillFile::on(folder.path()).expect("it is ours"));
        let (mut in_memory, mut spilled) = (forecasters(None), forecasters(Some(spill_file)));
        for step in 0..900 {
            teach(&mut in_memory, step);
            teach(&mut spilled, step);
            let now = at_epoch(step * STEP);
            assert_eq!(spilled.forecast(now), in_memory.forecast(now), "step {step}");
            assert_eq!(spilled.outlook(), in_memory.outlook(), "step {step}");
            assert_eq!(spilled.known_until(), shift(now, STEP));
        }
        assert!(spilled.in_memory().is_none() && in_memory.in_memory().is_some());
        assert!(spilled.forecast(at_epoch(0)).is_some() && spilled.outlook().len() == 48);
        let scores = |forecasters: &Forecasters| {
            forecasters.scores().map(|(_, s)| (s.wape(), s.pinball())).collect::<Vec<_>>()
        };
        assert_eq!(scores(&spilled), scores(&in_memory));
        assert_eq!(spilled.alarm(1_800), in_memory.alarm(1_800));
        assert_eq!(spilled.shares(), in_memory.shares());
        assert_eq!(spilled.daily_weights(), in_memory.daily_weights());
        let days: Vec<Time> = spilled.daily_weights().of(1).map(|(day, _)| day).collect();
        let week: Vec<Time> = (2..9).map(|day| at_epoch(day * 86_400)).collect();
        assert_eq!(days, week, "900 steps of a quarter of an hour end on the tenth day");
        let sums = spilled.daily_weights().of(1).map(|(_, weights)| weights.iter().sum::<f32>());
        assert!(sums.into_iter().all(|sum| (sum - 1.0).abs() < 1e-4));
        let sum: f64 = spilled.shares()[0].1.iter().map(|(_, weight)| weight).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{:?}", spilled.shares());
    }

    #[test]
    fn a_corrected_step_is_the_one_that_is_remembered() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let spill_file = Arc::new(SpillFile::on(folder.path()).expect("it is ours"));
        let mut forecasters = forecasters(Some(spill_file));
        (0..200).for_each(|step| teach(&mut forecasters, step));
        let (wrong, gap) = (at_epoch(150 * STEP), at_epoch(89 * STEP));
        forecasters.correct(&[(wrong, 700.0), (gap, 80.0), (at_epoch(200 * STEP), 1.0)], &[]);
        forecasters.update(|champion, _| {
            assert_eq!(champion.correct(wrong, 700.0, &[]), Some(700.0));
            assert_eq!(champion.correct(gap, 80.0, &[]), Some(80.0));
            assert_eq!(champion.correct(at_epoch(200 * STEP), 1.0, &[]), None, "not learned yet");
            assert_eq!(champion.len(), 200);
        });
    }

    #[test]
    fn what_cannot_be_read_back_is_learned_anew() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let spill_file = Arc::new(SpillFile::on(folder.path()).expect("it is ours"));
        let mut lost = forecasters(Some(spill_file.clone()));
        teach(&mut lost, 0);
        let State::Asleep(place, _) = lost.state else { panic!("it sleeps") };
        spill_file.write(Some(place), &[0xff; 64]).expect("there is room");
        lost.update(|champion, _| assert_eq!((champion.known_until(), champion.len()), (at_epoch(0), 0)));
        assert_eq!(lost.known_until(), at_epoch(0));
    }
}
