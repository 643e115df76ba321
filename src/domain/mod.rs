//! Pure values with units: what the rest of the program talks about.
//!
//! Nothing here does I/O, reads a clock, logs, or knows tokio, ratatui, the AWS SDK or burn; time is
//! always an argument. Every value can be printed, stored, replayed and compared, which is what lets the
//! console, the agent and the backtest agree on what a decision was.
//!
//! Start with [`series`] (evenly spaced samples in which a gap stays a gap; [`publication`] is how often and how late they
//! are published), then [`forecast`]
//! (quantiles of demand), [`plan`] (capacity with reasons), [`preflight`] (named checks) and
//! [`decision`] (the life of a proposal; [`actuator`] is how it is carried out, [`cost_and_risk`] what it is worth, [`inputs`]
//! what it was made of).
//! [`source`] says which group belongs to which account, [`group`] what the cloud says of an Auto Scaling group
//! ([`activity`] its scaling activities, [`process`] what may be
//! suspended), [`event`] one occurrence on the business calendar. [`summary`] is a policy's record in a few figures,
//! [`scorecard`] the running score against a simulated target-tracking baseline, [`objective`] what an operator promises and
//! [`error_budget`] how much of it is spent, [`forecast_score`] what remains of old
//! forecasts, [`keep`] how long the rest is kept. [`what_if`] is what an operator changes in thought, and what would come of it. [`journal`] is what happened, [`fault`]
//! what the simulation can be made to suffer; [`file_draft`] is what a file is to say. [`listing`] is what a list shows of its lines.

pub mod activity;
pub mod actuator;
pub mod caption;
pub mod cost_and_risk;
pub mod decision;
pub mod elasticity;
pub mod error_budget;
pub mod event;
pub mod fault;
pub mod file_draft;
#[cfg(test)]
pub mod fixture;
pub mod forecast;
pub mod forecast_score;
pub mod group;
pub mod inputs;
pub mod journal;
pub mod keep;
pub mod listing;
pub mod metric;
pub mod objective;
pub mod panics;
pub mod plan;
pub mod preflight;
pub mod process;
pub mod publication;
pub mod reading;
pub mod scorecard;
pub mod series;
pub mod source;
pub mod summary;
pub mod suspension;
pub mod text;
pub mod what_if;

/// A moment, always in UTC. Named zones exist only at the edges (calendar and screen).
pub type Time = chrono::DateTime<chrono::Utc>;

/// A length of time in whole seconds.
pub type Seconds = i64;

/// Answer to a command: what was done, or why it was refused and what to do instead.
pub type Answer = Result<String, String>;

/// The moment `seconds` after the Unix epoch.
///
/// Saturates at the ends of chrono's range, so arithmetic on hostile input cannot panic.
pub fn at_epoch(seconds: i64) -> Time {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or(if seconds < 0 {
        Time::MIN_UTC
    } else {
        Time::MAX_UTC
    })
}

/// `time` moved by `seconds`, saturating.
pub fn shift(time: Time, seconds: Seconds) -> Time {
    at_epoch(time.timestamp().saturating_add(seconds))
}

/// The latest multiple of `step` (counted from the epoch) that is not after `time`.
pub fn floor_to(time: Time, step: Seconds) -> Time {
    let t = time.timestamp();
    at_epoch(t - t.rem_euclid(step.max(1)))
}
