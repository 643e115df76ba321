//! What an objective promises: below the upper bound of the quantile, no more goes wrong than its share and a slack.

use prescale::{
    domain::{objective::Objective, scorecard::Tally},
    engine::Engine,
    plan::objective::QuantileLevel,
};

/// What came since the quantile was last at its upper bound, beyond the share that is allowed.
#[derive(Debug, Default)]
pub struct Promise {
    seen: Tally,
    beyond: f64,
    least: f64,
    most: f64,
    objective: Option<Objective>,
}

impl Promise {
    /// Looks at the group after a minute of the engine.
    pub fn look(&mut self, engine: &Engine) {
        let Some(group) = engine.groups().first() else { return };
        let Some((objective, level)) = group.options.settings.objective.zip(group.memory.quantile) else {
            return;
        };
        let all = group.memory.scorecard.score().all();
        let (minutes, bad) =
            (all.minutes - self.seen.minutes, all.ours.bad(objective) - self.seen.ours.bad(objective));
        (self.seen, self.objective) = (all, Some(objective));
        self.beyond += bad - objective.allowed() * minutes;
        self.least = self.least.min(self.beyond);
        // It may have been at its bound between two looks: minutes are counted late, several at once.
        if level.room(objective) <= objective.allowed() * minutes {
            (self.beyond, self.least) = (0.0, 0.0);
        }
        self.most = self.most.max(self.beyond - self.least);
    }

    /// What is wrong, in words.
    pub fn broken(&self) -> Option<String> {
        let slack = QuantileLevel::slack(self.objective?);
        let nothing = (self.seen.minutes < 1.0).then(|| "no minute was counted for the objective".to_owned());
        let too_much = (self.most > slack + 1e-6)
            .then(|| format!("{} minutes beyond {:?}, more than {slack}", self.most, self.objective));
        nothing.or(too_much)
    }
}
