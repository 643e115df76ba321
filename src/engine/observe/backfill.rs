//! Backfill: saves history before its retention ends (CloudWatch: 1-minute data after fifteen days, 5-minute data after
//! sixty-three, hourly data after fifteen months), newest first, a few chunks per minute.
//!
//! A chunk is stored and dropped before the next is requested, and the progress of each step is kept in the store: an
//! exit, a kill or a refused call costs one chunk. After a pause of more than a day the gap is filled as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    cloud::{MetricQuery, Retention},
    domain::{
        Seconds, Time, floor_to, journal::JournalKind, metric::Metric, publication::PublishingInterval,
        series::Series, shift,
    },
    engine::{Engine, serve::session::Session},
    plan::silence::{self, Witness},
    store::{StoreError, keys},
};

/// Steps of one chunk: a day of minutes.
const PIECE: Seconds = 1_440;
/// Chunks requested together: one page of CloudWatch.
const TOGETHER: usize = 10;
/// Such requests per minute.
const ROUNDS: usize = 4;
/// Seconds without a request after a failure.
const REST: Seconds = 600;
/// Newer data than the saved history is collected anyway, unless the gap is longer than this.
const PAUSE: Seconds = 86_400;

/// Progress of the backfill for one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct BackfillProgress {
    /// The saved range: from the first moment until the second.
    saved: Option<(Time, Time)>,
    /// The range in progress: down to the first moment so far, from the second.
    open: Option<(Time, Time)>,
}

impl BackfillProgress {
    /// The next chunk to request; `None` when all is saved.
    fn next(&mut self, now: Time, kept: Retention) -> Option<(Time, Time)> {
        if self.open.is_none() && self.saved.is_none_or(|(_, until)| until < shift(now, -PAUSE)) {
            let top = floor_to(now, kept.step);
            self.open = Some((top, top));
        }
        let (reached, top) = self.open?;
        let oldest = shift(floor_to(now, kept.step), kept.step - kept.age);
        let limit = self.saved.map_or(oldest, |(_, until)| until.max(oldest));
        if reached <= limit {
            self.saved = Some((self.saved.map_or(reached, |(from, _)| from), top));
            self.open = None;
            return None;
        }
        Some((limit.max(shift(reached, -PIECE * kept.step)), reached))
    }

    /// Marks the chunk that begins at `from` as stored.
    fn stored(&mut self, from: Time) {
        if let Some((reached, _)) = &mut self.open {
            *reached = from;
        }
    }
}

/// Progress of the backfill for every group.
#[derive(Debug, Default)]
pub(in crate::engine) struct Backfill {
    spans: BTreeMap<String, Vec<BackfillProgress>>,
    /// Until when a source is not asked after a failure.
    rest: BTreeMap<String, Time>,
}

/// One chunk of one group: which of its steps, from when, until when.
struct BackfillChunk {
    group: String,
    tier: usize,
    from: Time,
    until: Time,
}

impl Engine {
    /// Saves some chunks of history. A failed call is retried later; the log has the error.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(in crate::engine) async fn save_history(
        &mut self,
        now: Time,
        mut session: Option<&mut Session>,
    ) -> Result<(), StoreError> {
        // What would be forgotten at once is not asked for.
        let wanted = |kept: &Retention| Retention { age: kept.age.min(self.kept_for(kept.step)), ..*kept };
        let kept: Vec<Retention> = self.world.source.keeps().iter().map(wanted).collect();
        if kept.is_empty() {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let pieces = self.pieces(now, &kept)?;
            if pieces.is_empty() {
                break;
            }
            let queries: Vec<MetricQuery> = pieces.iter().flat_map(|piece| questions(piece, &kept)).collect();
            let mut source = self.take_source();
            let answers = self.meanwhile(session.as_deref_mut(), source.history(now, &queries)).await;
            self.world.source = source;
            let Some(answers) = answers? else { break };
            let answers = match answers {
                Ok(answers) => answers,
                Err(error) => {
                    tracing::warn!("history was not read: {error}");
                    self.observing.backfill.rest.insert(String::new(), shift(now, REST));
                    break;
                }
            };
            let each = pieces.into_iter().zip(queries.chunks(Metric::ALL.len()));
            for ((piece, asked), answers) in each.zip(answers.chunks(Metric::ALL.len())) {
                let given: Option<Vec<Series>> = answers.iter().cloned().collect();
                match given {
                    Some(answers) => self.store_piece(now, &piece, asked, answers)?,
                    None => self.rest_from(&piece.group, now),
                }
            }
        }
        Ok(())
    }

    /// The source of `group` did not answer: it is not asked for history for a while.
    fn rest_from(&mut self, group: &str, now: Time) {
        let source = self.world.source.routes().label_of(group).to_owned();
        self.observing.backfill.rest.insert(source, shift(now, REST));
    }

    /// True while the source of `group` is not asked for history: it failed a while ago, or its groups were not read.
    fn rests(&self, group: &str, now: Time) -> bool {
        let routes = self.world.source.routes();
        let source = routes.label_of(group);
        let rest = self.observing.backfill.rest.get(source);
        rest.is_some_and(|until| now < *until) || self.serving.trouble.contains_key(source)
    }

    /// The next chunks. A group whose history is complete is journalled once.
    fn pieces(&mut self, now: Time, kept: &[Retention]) -> Result<Vec<BackfillChunk>, StoreError> {
        let mut pieces = Vec::new();
        for at in 0..self.groups.len() {
            let name = self.groups[at].name.clone();
            if self.rests(&name, now) {
                continue;
            }
            if !self.observing.backfill.spans.contains_key(&name) {
                let spans: Vec<BackfillProgress> = self.store.get(&keys::history(&name))?.unwrap_or_default();
                self.observing.backfill.spans.insert(name.clone(), spans);
            }
            let Some(spans) = self.observing.backfill.spans.get_mut(&name) else { continue };
            spans.resize(kept.len(), BackfillProgress::default());
            let (before, had) = (spans.clone(), pieces.len());
            for (tier, (span, kept)) in spans.iter_mut().zip(kept).enumerate() {
                if let Some((from, until)) = span.next(now, *kept)
                    && pieces.len() < TOGETHER
                {
                    pieces.push(BackfillChunk { group: name.clone(), tier, from, until });
                }
            }
            let spans = spans.clone();
            if before != spans {
                self.store.set(&keys::history(&name), &spans)?;
                if had == pieces.len() && spans.iter().all(|span| span.open.is_none()) {
                    let days: Vec<String> = kept.iter().map(describe).collect();
                    let text = format!("history backfill complete: {}", days.join(", "));
                    self.note(Some(&name), JournalKind::History, text)?;
                }
            }
            if pieces.len() == TOGETHER {
                break;
            }
        }
        Ok(pieces)
    }

    fn store_piece(
        &mut self,
        now: Time,
        piece: &BackfillChunk,
        asked: &[MetricQuery],
        mut answers: Vec<Series>,
    ) -> Result<(), StoreError> {
        let is_complete = self.world.source.is_complete(&piece.group, Metric::Requests);
        count_silence(asked, &mut answers, now, is_complete);
        let all = asked.iter().zip(&answers).map(|(q, series)| (q.group.as_str(), q.metric, series));
        self.store.append_all(all)?;
        let Some(spans) = self.observing.backfill.spans.get_mut(&piece.group) else { return Ok(()) };
        spans[piece.tier].stored(piece.from);
        let spans = spans.clone();
        self.store.set(&keys::history(&piece.group), &spans)
    }
}

fn questions(piece: &BackfillChunk, kept: &[Retention]) -> [MetricQuery; Metric::ALL.len()] {
    Metric::ALL.map(|metric| MetricQuery {
        group: piece.group.clone(),
        metric,
        from: piece.from,
        until: piece.until,
        period: kept[piece.tier].step,
    })
}

/// Puts zero on the requests that were silent in the `answers` of a chunk, where they were given in full.
fn count_silence(asked: &[MetricQuery], answers: &mut [Series], now: Time, is_complete: bool) {
    let place = |metric| asked.iter().position(|query| query.metric == metric);
    let of = |metric| place(metric).and_then(|at| answers.get(at)).cloned();
    let (cpu, in_service) = (of(Metric::Cpu), of(Metric::InService));
    let requests = place(Metric::Requests).and_then(|at| answers.get_mut(at));
    let (Some(cpu), Some(requests)) = (cpu, requests) else { return };
    let in_service = in_service.as_ref().filter(|series| series.last_known().is_some());
    let witness = Witness { cpu: &cpu, in_service };
    if requests.last_known().is_some() && is_complete {
        let busy = witness.busy(requests);
        let points = requests.iter().filter(|(_, value)| value.is_some()).map(|(time, _)| time);
        let every = PublishingInterval::detect(points).map_or(requests.step(), |i| i.seconds);
        silence::fill(requests, every, witness, (requests.start(), now), busy);
    }
}

/// `15 d at 1 min`.
fn describe(kept: &Retention) -> String {
    format!("{} d at {} min", kept.age / 86_400, kept.step / 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::at_epoch;

    const KEPT: Retention = Retention { step: 60, age: 3 * PIECE * 60 };

    /// Runs the backfill to its end, as at `now`; returns the chunks.
    fn fill(span: &mut BackfillProgress, now: Time) -> Vec<(i64, i64)> {
        let mut pieces = Vec::new();
        while let Some((from, until)) = span.next(now, KEPT) {
            pieces.push((from.timestamp(), until.timestamp()));
            span.stored(from);
            assert!(pieces.len() < 100, "it comes to an end");
        }
        pieces
    }

    #[test]
    fn history_is_saved_from_now_backwards_without_a_hole() {
        let (mut span, now) = (BackfillProgress::default(), at_epoch(10 * 86_400 + 30));
        let pieces = fill(&mut span, now);
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[0].1, 10 * 86_400);
        assert_eq!(pieces[2].0, 7 * 86_400 + 60, "the oldest minute may be gone by then");
        assert!(pieces.windows(2).all(|pair| pair[0].0 == pair[1].1));
        assert_eq!(fill(&mut span, shift(now, 3_600)), [], "what follows is collected anyway");
    }

    #[test]
    fn a_range_that_was_not_stored_is_requested_again() {
        let (mut span, now) = (BackfillProgress::default(), at_epoch(10 * 86_400));
        let first = span.next(now, KEPT);
        assert_eq!(span.next(now, KEPT), first);
        span.stored(first.expect("there is one").0);
        let text = serde_json::to_string(&span).expect("plain values");
        let mut later: BackfillProgress = serde_json::from_str(&text).expect("what was written");
        assert_eq!(later.next(now, KEPT).map(|(_, until)| until), first.map(|(from, _)| from));
    }

    #[test]
    fn a_pause_of_days_is_filled_and_no_more() {
        let (mut span, now) = (BackfillProgress::default(), at_epoch(10 * 86_400));
        fill(&mut span, now);
        let later = shift(now, 2 * 86_400);
        let pieces = fill(&mut span, later);
        assert_eq!(pieces, [(11 * 86_400, 12 * 86_400), (10 * 86_400, 11 * 86_400)]);
        assert_eq!(span.saved.map(|(_, until)| until), Some(later));
    }
}
