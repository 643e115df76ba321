//! A group's forecasters, in memory or asleep on disk.
//!
//! What they have learned takes more than a megabyte a group and is needed once a step. The first groups of a fleet keep
//! it in memory; those beyond [`AWAKE`] keep it in the [`Scratch`] file and hold only what they said last. They wake,
//! learn and go back to sleep one after the other, so that a fleet of a thousand needs little more memory than one of
//! thirty. It makes no difference to what they say.

use std::sync::Arc;

use chrono_tz::Tz;

use super::scratch::{Place, Scratch};
use crate::{
    domain::{Seconds, Time, forecast::Forecast},
    forecast::{
        champion::{Champion, Network},
        outlook::{self, Outlook},
        score::Score,
    },
};

/// Groups whose forecasters stay in memory.
pub(super) const AWAKE: usize = 24;

/// The forecasters of one group.
pub struct Mind {
    start: Time,
    step: Seconds,
    zone: Tz,
    said: Said,
    state: State,
    /// Where it sleeps; without one it does not.
    scratch: Option<Arc<Scratch>>,
}

/// What was said last, for those who ask while it sleeps.
struct Said {
    known_until: Time,
    steps: usize,
    forecast: Option<Forecast>,
    scores: Vec<(usize, Score)>,
    alarms: Vec<(usize, Option<(u32, u32)>)>,
    outlook: Vec<outlook::Row>,
}

enum State {
    /// Nothing was learned yet.
    New,
    Awake(Box<Pair>),
    Asleep(Place, Option<Network>),
}

/// The two that learn together.
struct Pair {
    champion: Champion,
    outlook: Outlook,
}

impl Mind {
    /// One that knows nothing, of demand in steps of `step` from `start` on; it sleeps in `scratch`, if there is one.
    pub(super) fn new(start: Time, step: Seconds, zone: Tz, scratch: Option<Arc<Scratch>>) -> Mind {
        let said = Said {
            known_until: start,
            steps: 0,
            forecast: None,
            scores: Vec::new(),
            alarms: Vec::new(),
            outlook: Vec::new(),
        };
        Mind { start, step, zone, said, state: State::New, scratch }
    }

    /// The first moment of which it was told, or will be.
    pub fn start(&self) -> Time {
        self.start
    }

    /// The first moment that it has not been told of.
    pub fn known_until(&self) -> Time {
        self.said.known_until
    }

    /// Steps that it has been told of.
    pub fn steps(&self) -> usize {
        self.said.steps
    }

    /// What it thinks at `origin`; [`Champion::forecast`].
    pub fn forecast(&self, origin: Time) -> Option<Forecast> {
        Some(Forecast { origin, ..self.said.forecast.clone()? })
    }

    /// Scores by lead in steps; [`Champion::scores`].
    pub fn scores(&self) -> impl Iterator<Item = (usize, &Score)> {
        self.said.scores.iter().map(|(lead, score)| (*lead, score))
    }

    /// [`Champion::alarms`], of the lead of `seconds`, or the last before.
    pub fn alarm(&self, seconds: Seconds) -> Option<(u32, u32)> {
        let ahead = |(lead, _): &&(usize, _)| *lead as Seconds * self.step >= seconds;
        self.said.alarms.iter().find(ahead).or(self.said.alarms.last())?.1
    }

    /// The next two days.
    pub fn outlook(&self) -> &[outlook::Row] {
        &self.said.outlook
    }

    /// True before the first thought.
    pub(super) fn is_new(&self) -> bool {
        matches!(self.state, State::New)
    }

    /// True where it sleeps on disk between two steps.
    pub(super) fn sleeps(&self) -> bool {
        self.scratch.is_some()
    }

    /// The champion, where it is in memory.
    pub(super) fn awake(&self) -> Option<&Champion> {
        match &self.state {
            State::Awake(pair) => Some(&pair.champion),
            _ => None,
        }
    }

    /// Wakes both, lets `work` teach them, and lets them sleep again.
    ///
    /// If they cannot be read back they know nothing: `work` finds them at the beginning.
    pub(super) fn think<T>(&mut self, work: impl FnOnce(&mut Champion, &mut Outlook) -> T) -> T {
        let (mut pair, place) = self.wake();
        let answer = work(&mut pair.champion, &mut pair.outlook);
        self.said = Said::of(&pair);
        self.state = self.rest(pair, place);
        answer
    }

    fn wake(&mut self) -> (Box<Pair>, Option<Place>) {
        match std::mem::replace(&mut self.state, State::New) {
            State::Awake(pair) => (pair, None),
            State::New => (Box::new(self.newborn()), None),
            State::Asleep(place, network) => {
                let mut pair = self.read(place).unwrap_or_else(|why| {
                    tracing::warn!("what a group's forecasters had learned is lost, they learn anew: {why}");
                    self.newborn()
                });
                pair.champion.give_network(network);
                (Box::new(pair), Some(place))
            }
        }
    }

    fn newborn(&self) -> Pair {
        Pair {
            champion: Champion::new(self.start, self.step, self.zone),
            outlook: Outlook::new(self.step, self.zone),
        }
    }

    fn read(&self, place: Place) -> Result<Pair, String> {
        let scratch = self.scratch.as_ref().ok_or("there is no scratch file")?;
        let bytes = scratch.read(place).map_err(|e| e.to_string())?;
        let (champion, outlook) = postcard::from_bytes(&bytes).map_err(|e| e.to_string())?;
        Ok(Pair { champion, outlook })
    }

    /// Lays `pair` down, in the `place` where it lay before; where that fails it stays awake.
    fn rest(&self, mut pair: Box<Pair>, place: Option<Place>) -> State {
        let Some(scratch) = &self.scratch else { return State::Awake(pair) };
        let bytes = postcard::to_stdvec(&(&pair.champion, &pair.outlook)).map_err(|e| e.to_string());
        match bytes.and_then(|bytes| scratch.write(place, &bytes).map_err(|e| e.to_string())) {
            Ok(place) => State::Asleep(place, pair.champion.take_network()),
            Err(why) => {
                tracing::warn!("a group's forecasters stay in memory: {why}");
                State::Awake(pair)
            }
        }
    }
}

impl Said {
    fn of(pair: &Pair) -> Said {
        let champion = &pair.champion;
        Said {
            known_until: champion.known_until(),
            steps: champion.len(),
            forecast: champion.forecast(champion.known_until()),
            scores: champion.scores().map(|(lead, score)| (lead, score.clone())).collect(),
            alarms: champion.alarms().collect(),
            outlook: pair.outlook.rows(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{at_epoch, shift};

    const STEP: Seconds = 900;

    fn mind(scratch: Option<Arc<Scratch>>) -> Mind {
        Mind::new(at_epoch(0), STEP, chrono_tz::Europe::Berlin, scratch)
    }

    /// A day's wave with a gap now and then.
    fn load(step: i64) -> Option<f64> {
        let wave = (std::f64::consts::TAU * (step % 96) as f64 / 96.0).sin();
        (step % 89 != 0).then(|| 100.0 + 50.0 * wave + (step * 7 % 13) as f64)
    }

    fn teach(mind: &mut Mind, step: i64) {
        mind.think(|champion, outlook| {
            champion.learn(load(step), &[]);
            outlook.learn(at_epoch(step * STEP), load(step), &[]);
        });
    }

    #[test]
    fn whoever_sleeps_between_two_steps_says_the_same() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let scratch = Arc::new(Scratch::on(folder.path()).expect("it is ours"));
        let (mut awake, mut sleeper) = (mind(None), mind(Some(scratch)));
        for step in 0..900 {
            teach(&mut awake, step);
            teach(&mut sleeper, step);
            let now = at_epoch(step * STEP);
            assert_eq!(sleeper.forecast(now), awake.forecast(now), "step {step}");
            assert_eq!(sleeper.outlook(), awake.outlook(), "step {step}");
            assert_eq!(sleeper.known_until(), shift(now, STEP));
        }
        assert!(sleeper.awake().is_none() && awake.awake().is_some());
        assert!(sleeper.forecast(at_epoch(0)).is_some() && sleeper.outlook().len() == 48);
        let scores = |mind: &Mind| mind.scores().map(|(_, s)| (s.wape(), s.pinball())).collect::<Vec<_>>();
        assert_eq!(scores(&sleeper), scores(&awake));
        assert_eq!(sleeper.alarm(1_800), awake.alarm(1_800));
    }

    #[test]
    fn what_cannot_be_read_back_is_learned_anew() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let scratch = Arc::new(Scratch::on(folder.path()).expect("it is ours"));
        let mut lost = mind(Some(scratch.clone()));
        teach(&mut lost, 0);
        let State::Asleep(place, _) = lost.state else { panic!("it sleeps") };
        scratch.write(Some(place), &[0xff; 64]).expect("there is room");
        lost.think(|champion, _| assert_eq!((champion.known_until(), champion.len()), (at_epoch(0), 0)));
        assert_eq!(lost.known_until(), at_epoch(0));
    }
}
