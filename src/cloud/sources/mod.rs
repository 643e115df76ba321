//! Several accounts and regions as one: a source and a scaler that pass each group's calls on to its own.
//!
//! What lives here: [`Sources`], which reads all of them at the same time, each within its own bound of time (`member`), and
//! joins what they give; `scalers`, which does the same for changes; and the names of groups, which are their own below and
//! those of [`Routes`] above. One source that fails, is throttled or does not answer costs the others a few seconds of a minute at
//! the most. What it could not give is missing, and [`Sources::readings`] says why, so that nothing acts on its groups.
//!
//! Start with `Sources::look_at_all`.

mod member;
mod scalers;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use futures_util::future::join_all;

use self::member::Member;
pub use self::{member::Patience, scalers::Scalers};
use super::{CallWording, CloudError, MetricQuery, MetricSource, ResizeWording, Retention, SourceReading};
use crate::domain::{
    Time,
    group::GroupState,
    metric::{CustomMetric, Metric},
    series::Series,
    source::{Routes, UNNAMED},
    text::clean,
};

/// Several sources as one.
pub struct Sources {
    routes: Routes,
    patience: Patience,
    members: Vec<Member>,
    /// Groups that are left out here, by the name that they would have, with why.
    refused: BTreeMap<String, String>,
    /// The source to which each group (place, own name) belongs, as far as it is known.
    owners: HashMap<(String, String), usize>,
}

impl Sources {
    /// The sources that `routes` names, in their order.
    pub fn new(routes: Routes, sources: Vec<Box<dyn MetricSource>>) -> Sources {
        Sources {
            routes,
            patience: Patience::default(),
            members: sources.into_iter().map(Member::new).collect(),
            refused: BTreeMap::new(),
            owners: HashMap::new(),
        }
    }

    /// The same, which wait otherwise.
    pub fn with_patience(self, patience: Patience) -> Sources {
        Sources { patience, ..self }
    }

    /// The source of `group`, and the group's name there.
    fn member<'g>(&self, group: &'g str) -> Option<(&Member, &'g str)> {
        let (at, own) = self.routes.of(group)?;
        Some((self.members.get(at)?, own))
    }

    fn member_mut<'g>(&mut self, group: &'g str) -> Option<(&mut Member, &'g str)> {
        let (at, own) = self.routes.of(group)?;
        Some((self.members.get_mut(at)?, own))
    }

    /// What each source gives, all asked at the same time.
    async fn look_at_all(&mut self, now: Time) -> Vec<Vec<GroupState>> {
        let patience = self.patience;
        join_all(self.members.iter_mut().map(|member| member.look(now, patience))).await
    }

    /// `found` under the names that the groups have here. One that two sources give is the first one's, also while that one
    /// is not read: under another name it would be another group, with a floor and a history of its own.
    fn named(&mut self, found: Vec<Vec<GroupState>>) -> Vec<GroupState> {
        self.refused.clear();
        let members = &self.members;
        self.owners.retain(|_, owner| members[*owner].unread().is_some());
        let mut groups = Vec::new();
        for (at, found) in found.into_iter().enumerate() {
            let place = self.members[at].source.name();
            for group in found {
                let Some(name) = self.routes.name(at, &group.name) else {
                    let why = "its name begins as those of another source do; give its own source a `name`";
                    self.refused.insert(format!("{UNNAMED}: {}", group.name), why.into());
                    continue;
                };
                let key = (place.clone(), group.name.clone());
                if let Some(owner) = self.owners.get(&key).copied().filter(|owner| *owner < at) {
                    self.refused.insert(name, self.is_of(owner, &group.name));
                    continue;
                }
                self.owners.insert(key, at);
                groups.push(GroupState { name, ..group });
            }
        }
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        groups
    }

    /// Says that a group is the one that the source at `owner` calls `own`.
    fn is_of(&self, owner: usize, own: &str) -> String {
        let name = self.routes.name(owner, own).unwrap_or_default();
        let unread = self.members[owner].unread().map_or("", |_| ", which was not read");
        format!("it is the group {} of another source{unread}", clean(&name, 80))
    }

    /// `queries` by source, under the names that the groups have there, each with its place.
    fn by_source(&self, queries: &[MetricQuery]) -> Vec<Part> {
        let mut parts = vec![(Vec::new(), Vec::new()); self.members.len()];
        for (place, query) in queries.iter().enumerate() {
            if let Some((at, own)) = self.routes.of(&query.group)
                && let Some((places, own_queries)) = parts.get_mut(at)
            {
                places.push(place);
                own_queries.push(MetricQuery { group: own.to_owned(), ..query.clone() });
            }
        }
        parts
    }

    fn labelled(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.routes.labels().zip(&self.members)
    }
}

/// Questions to one source, each with its place among all.
type Part = (Vec<usize>, Vec<MetricQuery>);

/// The `answers` to `parts`, each in its place among `count`.
fn in_place(count: usize, parts: Vec<Part>, answers: Vec<Vec<Option<Series>>>) -> Vec<Option<Series>> {
    let mut all = vec![None; count];
    for ((places, _), answers) in parts.into_iter().zip(answers) {
        for (place, answer) in places.into_iter().zip(answers) {
            all[place] = answer;
        }
    }
    all
}

#[async_trait]
impl MetricSource for Sources {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        let found = self.look_at_all(now).await;
        Ok(self.named(found))
    }

    async fn group(&mut self, now: Time, name: &str) -> Result<Option<GroupState>, CloudError> {
        if let Some(why) = self.refused.get(name) {
            return Err(CloudError::Replan(why.clone()));
        }
        let patience = self.patience;
        let Some((member, own)) = self.member_mut(name) else { return Ok(None) };
        let read = member.look_again(now, own, patience).await?;
        Ok(read.map(|group| GroupState { name: name.to_owned(), ..group }))
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        let (parts, patience) = (self.by_source(queries), self.patience);
        let asked = self.members.iter_mut().zip(&parts);
        let answers = asked.map(|(member, (_, queries))| member.answer(now, queries, patience));
        let answers = join_all(answers.collect::<Vec<_>>()).await;
        let all = queries.iter().zip(in_place(queries.len(), parts, answers));
        Ok(all.map(|(q, series)| series.unwrap_or_else(|| Series::new(q.from, q.period))).collect())
    }

    async fn history(
        &mut self,
        now: Time,
        queries: &[MetricQuery],
    ) -> Result<Vec<Option<Series>>, CloudError> {
        let (parts, patience) = (self.by_source(queries), self.patience);
        let asked = self.members.iter_mut().zip(&parts);
        let answers = asked.map(|(member, (_, queries))| member.history(now, queries, patience));
        let answers = join_all(answers.collect::<Vec<_>>()).await;
        Ok(in_place(queries.len(), parts, answers))
    }

    fn is_complete(&self, group: &str, metric: Metric) -> bool {
        self.member(group).is_some_and(|(member, own)| member.is_complete(own, metric))
    }

    fn define(&mut self, group: &str, custom: &CustomMetric) {
        if let Some((member, own)) = self.member_mut(group) {
            member.source.define(own, custom);
        }
    }

    fn calls(&self) -> u64 {
        self.members.iter().map(|member| member.source.calls()).sum()
    }

    fn billed(&self) -> u64 {
        self.members.iter().map(|member| member.source.billed()).sum()
    }

    fn price(&self) -> f64 {
        self.members.iter().map(|member| member.source.price()).fold(0.0, f64::max)
    }

    /// Those of a source that was not read are of an earlier look.
    fn warnings(&self) -> Vec<String> {
        let refused =
            self.refused.iter().map(|(name, why)| format!("{} is left out: {why}", clean(name, 80)));
        let of = |(label, member): (&str, &Member)| {
            let warnings = member.source.warnings().into_iter().filter(|_| member.unread().is_none());
            warnings.map(|warning| format!("{label}: {warning}")).collect::<Vec<_>>()
        };
        refused.chain(self.labelled().flat_map(of)).collect()
    }

    fn left_out(&self) -> BTreeMap<String, String> {
        let mut all = self.refused.clone();
        for (at, member) in self.members.iter().enumerate().filter(|(_, member)| member.unread().is_none()) {
            let left_out = member.source.left_out().into_iter();
            all.extend(left_out.filter_map(|(own, why)| Some((self.routes.name(at, &own)?, why))));
        }
        all
    }

    fn keeps(&self) -> &'static [Retention] {
        self.members.iter().map(|member| member.source.keeps()).find(|kept| !kept.is_empty()).unwrap_or(&[])
    }

    fn wording(&self) -> CallWording {
        let routes = self.routes.clone();
        let all: Vec<CallWording> = self.members.iter().map(|member| member.source.wording()).collect();
        Arc::new(move |act, group| {
            let found = routes.of(group).and_then(|(at, own)| Some((all.get(at)?, own)));
            found.map_or_else(Vec::new, |(wording, own)| wording(act, own))
        })
    }

    fn resizing(&self) -> ResizeWording {
        let routes = self.routes.clone();
        let all: Vec<ResizeWording> = self.members.iter().map(|member| member.source.resizing()).collect();
        Arc::new(move |group, sizes| {
            let (at, own) = routes.of(group)?;
            all.get(at)?(own, sizes)
        })
    }

    fn readings(&self) -> Vec<SourceReading> {
        let reading = |(label, member): (&str, &Member)| SourceReading {
            label: label.to_owned(),
            place: member.source.name(),
            calls: member.source.calls(),
            billed: member.source.billed(),
            trouble: member.trouble.clone(),
        };
        self.labelled().map(reading).collect()
    }

    fn routes(&self) -> Routes {
        self.routes.clone()
    }

    fn name(&self) -> String {
        format!("aws {}", self.routes.labels().collect::<Vec<_>>().join(", "))
    }
}
