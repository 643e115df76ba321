//! One round of calls: what each gave, what could not be read, and when to stop asking.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_autoscaling::error::{ProvideErrorMetadata, SdkError};
use futures_util::future::join_all;

use super::Wanted;
use crate::{
    cloud::{
        CloudError,
        aws::{
            answer_limit::too_many_pages,
            convert::NOT_READ,
            error::{classify, facts},
            fleet::some,
        },
    },
    domain::reading::Reading,
};

/// Groups whose details are read at the same time.
pub(super) const ABREAST: usize = 8;

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Miss {
    pub(super) why: String,
    /// It will pass by itself, and any call may meet it: throttling, silence, a lost connection.
    pub(super) passing: bool,
}

/// `error` of `action`.
pub(super) fn miss<E>(action: &str, error: &SdkError<E>) -> Miss
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match classify(action, error) {
        CloudError::Retry(why) => Miss { why, passing: !facts(error).is_server_fault() },
        CloudError::NotSent(why) | CloudError::Replan(why) | CloudError::Stop(why) => {
            Miss { why, passing: false }
        }
    }
}

/// An answer of `action` that is damaged.
pub(super) fn damaged(action: &str, what: &str) -> Miss {
    Miss { why: format!("{action}: the answer is damaged: {what}"), passing: false }
}

/// An answer of `action` whose pages do not end.
pub(super) fn overlong(action: &str) -> Miss {
    let (CloudError::Retry(why) | CloudError::NotSent(why) | CloudError::Replan(why) | CloudError::Stop(why)) =
        too_many_pages(action);
    Miss { why, passing: false }
}

/// What one call gives for all groups.
#[derive(Debug)]
pub(super) struct ByGroup<T> {
    found: HashMap<String, Reading<T>>,
    /// What holds for a group that the answer did not name.
    others: Reading<T>,
}

impl<T> Default for ByGroup<T> {
    fn default() -> Self {
        ByGroup { found: HashMap::new(), others: Reading::unknown(NOT_READ) }
    }
}

impl<T: Clone + Default> ByGroup<T> {
    /// What is known of `group`.
    pub(super) fn of(&self, group: &str) -> Reading<T> {
        self.found.get(group).unwrap_or(&self.others).clone()
    }

    /// Puts what was `read` in place of all that is known, or of what is known of `only` one group.
    pub(super) fn replace(&mut self, only: Option<&str>, read: Result<HashMap<String, Reading<T>>, String>) {
        match (only, read) {
            (Some(group), Ok(mut found)) => {
                self.found.insert(group.to_owned(), found.remove(group).unwrap_or_default());
            }
            (Some(group), Err(why)) => drop(self.found.insert(group.to_owned(), Reading::unknown(why))),
            (None, Ok(found)) => *self = ByGroup { found, others: Reading::default() },
            (None, Err(why)) => *self = ByGroup { found: HashMap::new(), others: Reading::unknown(why) },
        }
    }

    /// Forgets the groups that `is_there` does not know.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.found.retain(|name, _| is_there(name));
    }
}

/// What could not be read, by reason, with the groups that it concerns.
#[derive(Debug, Default)]
pub(in crate::cloud::aws) struct Misses(BTreeMap<String, BTreeSet<String>>);

impl Misses {
    fn add(&mut self, why: &str, groups: &[Wanted]) {
        self.0.entry(why.to_owned()).or_default().extend(groups.iter().map(|group| group.name.clone()));
    }

    /// A warning for each reason; the groups are named where not all `count` are concerned.
    pub(in crate::cloud::aws) fn warnings(&self, count: usize) -> Vec<String> {
        let warning = |(why, groups): (&String, &BTreeSet<String>)| {
            let names: Vec<&String> = groups.iter().collect();
            let whose = if names.len() < count { format!("{}: ", some(&names)) } else { String::new() };
            format!("{whose}{why} (unknown: no scale-in until it can be read)")
        };
        self.0.iter().map(warning).collect()
    }
}

/// The calls of one look at the groups `wanted`.
pub(super) struct Round<'a> {
    wanted: &'a [Wanted],
    misses: &'a mut Misses,
    /// Why nothing more is asked for.
    over: Option<String>,
}

impl<'a> Round<'a> {
    pub(super) fn new(wanted: &'a [Wanted], misses: &'a mut Misses) -> Round<'a> {
        Round { wanted, misses, over: None }
    }

    /// What a call about all groups gave, or why it gave nothing.
    pub(super) async fn ask<T>(&mut self, call: impl Future<Output = Result<T, Miss>>) -> Result<T, String> {
        if let Some(why) = &self.over {
            return Err(why.clone());
        }
        call.await.map_err(|miss| {
            self.misses.add(&miss.why, self.wanted);
            if miss.passing {
                self.over = Some(miss.why.clone());
            }
            miss.why
        })
    }

    /// Asks about each group by itself, some at a time, and files what it gave. Where all of some fail, it is not the
    /// groups: the others are not asked about, nor those of later calls with the same `refused`; and where they fail by
    /// something that will pass, nothing more is asked for. Gives the number of groups, from the first, that were asked about.
    pub(super) async fn each<'g, T, F: Future<Output = Result<T, Miss>>>(
        &mut self,
        known: &mut HashMap<String, Reading<T>>,
        refused: &mut Option<String>,
        groups: &'g [Wanted],
        ask: impl Fn(&'g Wanted) -> F,
    ) -> usize {
        let mut asked = 0;
        *refused = refused.take().or_else(|| self.over.clone());
        for few in groups.chunks(ABREAST) {
            if let Some(why) = refused {
                self.misses.add(why, few);
                let unknown = |group: &Wanted| (group.name.clone(), Reading::unknown(why.as_str()));
                known.extend(few.iter().map(unknown));
                continue;
            }
            asked += few.len();
            let answers = join_all(few.iter().map(&ask)).await;
            if let Some(miss) = self.file(known, few, answers) {
                self.over = miss.passing.then(|| miss.why.clone()).or(self.over.take());
                // A few bad groups at the end of a list are no sign.
                *refused = (miss.passing || few.len() == ABREAST).then_some(miss.why);
            }
        }
        asked
    }

    /// Files `answers` by group; gives one of the misses where nothing else came.
    pub(super) fn file<T>(
        &mut self,
        known: &mut HashMap<String, Reading<T>>,
        groups: &[Wanted],
        answers: Vec<Result<T, Miss>>,
    ) -> Option<Miss> {
        let mut misses = Vec::new();
        for (group, answer) in groups.iter().zip(answers) {
            let reading = match answer {
                Ok(value) => Reading::Known(value),
                Err(miss) => {
                    self.misses.add(&miss.why, std::slice::from_ref(group));
                    misses.push(miss.clone());
                    Reading::unknown(miss.why)
                }
            };
            known.insert(group.name.clone(), reading);
        }
        if misses.len() < groups.len() {
            return None;
        }
        let passing = misses.iter().position(|miss| miss.passing).unwrap_or(0);
        (!misses.is_empty()).then(|| misses.swap_remove(passing))
    }
}
