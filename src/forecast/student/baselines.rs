//! Forecasters of a table's next row without a neural network; each prediction comes with its row.

use std::{f64::consts::TAU, ops::Range};

use chrono::Timelike;

use crate::{
    domain::{
        event::{Event, EventKind},
        forecast::MEDIAN,
    },
    forecast::{
        blend::{champion::Champion, ridge::OnlineRidge},
        lstm::table::MetricTable,
    },
};

/// Rows and their predicted CPU.
pub type Answers = Vec<(usize, f64)>;

/// Newest values that the ridge sees.
const LAGS: usize = 24;
/// Waves a day that the ridge sees.
const WAVES: u32 = 4;
const WIDTH: usize = 1 + LAGS + 2 * WAVES as usize + 2;

/// CPU of row `index`, if it is there.
fn cpu(table: &MetricTable, index: usize) -> Option<f64> {
    table.rows.get(index).copied().flatten().map(|row| row.cpu)
}

/// 1 if the calendar has an event at row `index`, else 0; where the row is a gap, so is this.
fn event(table: &MetricTable, index: usize) -> Option<f64> {
    table.rows.get(index).copied().flatten().map(|row| row.event)
}

/// The value `lag` rows before each of `targets`.
pub fn lagged(table: &MetricTable, lag: usize, targets: Range<usize>) -> Answers {
    targets.filter_map(|i| Some((i, cpu(table, i.checked_sub(lag)?)?))).collect()
}

/// As [`lagged`], with the effect of an event added or removed where only one of the two days has an event.
///
/// What it adds is the mean difference between such days before the first target; `None` where there was none.
pub fn lagged_with_events(table: &MetricTable, lag: usize, targets: Range<usize>) -> Option<Answers> {
    let change = |i: usize| Some(event(table, i)? - event(table, i.checked_sub(lag)?)?);
    let effects: Vec<f64> = (lag..targets.start)
        .filter_map(|i| {
            let change = change(i).filter(|c| *c != 0.0)?;
            Some((cpu(table, i)? - cpu(table, i - lag)?) / change)
        })
        .collect();
    let effect = effects.iter().sum::<f64>() / effects.len() as f64;
    let predicted = |i: usize| Some((i, cpu(table, i.checked_sub(lag)?)? + change(i)? * effect));
    (!effects.is_empty()).then(|| targets.filter_map(predicted).collect())
}

/// A ridge regression on the newest values, the time of day and the calendar, fitted on the rows before the
/// first target and left as it is.
pub fn ridge(table: &MetricTable, targets: Range<usize>) -> Answers {
    let mut ridge = OnlineRidge::new(WIDTH, 1.0, f64::INFINITY);
    for i in 0..targets.start {
        if let (Some(x), Some(y)) = (features(table, i), cpu(table, i)) {
            ridge.learn(&x, y);
        }
    }
    ridge.solve();
    targets.filter_map(|i| Some((i, ridge.predict(&features(table, i)?)))).collect()
}

/// What the ridge sees of row `target` before it comes.
fn features(table: &MetricTable, target: usize) -> Option<Vec<f64>> {
    let from = target.checked_sub(LAGS)?;
    let mut x = vec![1.0];
    for i in from..target {
        x.push(cpu(table, i)?);
    }
    let slot = f64::from(table.time_of(target).num_seconds_from_midnight()) / 86_400.0;
    for k in 1..=WAVES {
        let angle = TAU * slot * f64::from(k);
        x.extend([angle.sin(), angle.cos()]);
    }
    let history = (from..target).filter_map(|i| event(table, i)).sum::<f64>() / LAGS as f64;
    x.extend([event(table, target)?, history]);
    Some(x)
}

/// The blend that the program uses for groups, over all rows from the first, with the event flag as its
/// calendar. It gives the median of each target one step ahead and learns as it goes, as it does for a group.
pub fn champion(table: &MetricTable, targets: Range<usize>) -> Answers {
    let events = calendar(table);
    let mut champion = Champion::new(table.start, table.step, chrono_tz::UTC);
    let mut predicted = Vec::new();
    for i in 0..targets.end.min(table.len()) {
        let forecast = targets.contains(&i).then(|| champion.forecast(table.time_of(i))).flatten();
        if let Some(row) = forecast.and_then(|f| f.rows.first().copied()) {
            predicted.push((i, row[MEDIAN]));
        }
        champion.learn(cpu(table, i), &events);
    }
    predicted
}

/// The runs of the event flag as calendar events; a gap goes on with what was.
fn calendar(table: &MetricTable) -> Vec<Event> {
    let (mut events, mut began) = (Vec::new(), None);
    for i in 0..=table.len() {
        let on = if i < table.len() { event(table, i).map(|flag| flag != 0.0) } else { Some(false) };
        match (on, began) {
            (Some(true), None) => began = Some(i),
            (Some(false), Some(from)) => {
                events.push(Event {
                    name: "sale".into(),
                    kind: EventKind::Sale,
                    label: EventKind::Sale.name().into(),
                    start: table.time_of(from),
                    end: table.time_of(i),
                    multiplier: None,
                    min_instances: None,
                    groups: vec![],
                });
                began = None;
            }
            _ => {}
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::at_epoch,
        forecast::student::generator::{generate, tests::original},
    };

    fn mae(table: &MetricTable, predicted: &Answers) -> f64 {
        assert_eq!(predicted.len(), table.len() - table.test_start(), "an answer for every test row");
        let error = |(i, predicted): &(usize, f64)| (cpu(table, *i).expect("row") - predicted).abs();
        predicted.iter().map(error).sum::<f64>() / predicted.len() as f64
    }

    #[test]
    fn the_calendar_improves_seasonal_naive_and_the_ridge_is_near_the_floor() {
        let table = original();
        let test = || table.test_start()..table.len();
        let plain = mae(&table, &lagged(&table, 288, test()));
        let knowing = mae(&table, &lagged_with_events(&table, 288, test()).expect("two sale days before"));
        let ridge = mae(&table, &ridge(&table, test()));
        assert!(plain > 15.0 && knowing < 5.6 && ridge < 4.05, "{plain} {knowing} {ridge}");
        assert!(lagged_with_events(&table, 288, 1_000..1_100).is_none(), "no sale day has been seen yet");
    }

    #[test]
    fn the_champion_comes_within_two_percent_of_the_noise_floor() {
        let table = original();
        let predicted = mae(&table, &champion(&table, table.test_start()..table.len()));
        assert!(predicted < 1.02 * 3.911, "{predicted}");
    }

    #[test]
    fn rows_to_come_change_nothing_that_was_said() {
        let table = generate(at_epoch(0), 11, 3);
        let mut other = table.clone();
        for row in other.rows[3_000..].iter_mut().flatten() {
            row.cpu = 77.0;
        }
        let all = |table: &MetricTable| {
            let mut predicted = ridge(table, 2_900..3_000);
            predicted.extend(champion(table, 2_900..3_000));
            predicted.extend(lagged_with_events(table, 288, 2_900..3_000).expect("two sale days"));
            predicted
        };
        assert_eq!(all(&table), all(&other));
    }

    #[test]
    fn flags_become_events_and_gaps_go_on() {
        let mut table = generate(at_epoch(0), 6, 3);
        table.rows[5 * 288 - 1] = None;
        table.rows[5 * 288 - 40] = None;
        let events = calendar(&table);
        let spans: Vec<_> = events.iter().map(|e| (e.start, e.end)).collect();
        assert_eq!(spans, [(table.time_of(4 * 288), table.time_of(5 * 288))]);
    }
}
