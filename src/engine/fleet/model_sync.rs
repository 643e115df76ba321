//! Networks in service on other agents: an agent that does not hold a group imports the newer one of the holder.
//!
//! So the network is the same when another agent takes the group over. A few groups at a time, in the background.

use futures_util::FutureExt;
use tokio::task::JoinHandle;

use super::history_sync::MODELS;
use crate::{
    domain::Time,
    engine::Engine,
    shared::{
        SharedError, SharedStore,
        models::{self, Version},
    },
    store::StoreError,
};

/// Groups checked in one round.
const ROUND: usize = 32;

/// A group and what was found for it.
type Found = (String, Result<Option<Version>, SharedError>);

/// The shared models as the engine uses them: the newer networks of others.
pub(in crate::engine) struct ModelSync {
    store: SharedStore,
    asking: Option<JoinHandle<Vec<Found>>>,
    /// The name after which the next round begins.
    after: String,
}

impl ModelSync {
    pub(in crate::engine) fn new(store: SharedStore) -> ModelSync {
        ModelSync { store, asking: None, after: String::new() }
    }

    /// True while the store is being asked in the background.
    pub(in crate::engine) fn is_busy(&self) -> bool {
        self.asking.as_ref().is_some_and(|task| !task.is_finished())
    }
}

impl Engine {
    /// Imports what the last round found, and starts the next when it is due.
    pub(in crate::engine) fn sync_models(&mut self, now: Time) -> Result<(), StoreError> {
        let Some(sync) = &mut self.fleet.models else { return Ok(()) };
        match sync.asking.as_mut().map(FutureExt::now_or_never) {
            Some(None) => return Ok(()),
            // A cancelled round found nothing; its groups are checked again later.
            Some(Some(found)) => {
                sync.asking = None;
                self.take_models(found.unwrap_or_default())?;
            }
            None => {}
        }
        if now.timestamp() % MODELS == 0 {
            self.ask_for_models();
        }
        Ok(())
    }

    fn take_models(&mut self, found: Vec<Found>) -> Result<(), StoreError> {
        for (group, version) in found {
            match version {
                Ok(Some(version)) => {
                    let wrong = self.take_model(&group, version)?;
                    if wrong.is_some() {
                        self.note_history_trouble(wrong)?;
                    } else {
                        self.install(&group);
                    }
                }
                Ok(None) => {}
                // It is checked again later; an unreachable store is reported by the upload.
                Err(error) => tracing::warn!("the network of {group} in the shared store: {error}"),
            }
        }
        Ok(())
    }

    /// Asks for the networks of the next groups that others hold.
    fn ask_for_models(&mut self) {
        let others = (0..self.groups.len()).filter(|at| self.lease(*at, 0).is_err());
        let others: Vec<&String> = others.map(|at| &self.groups[at].name).collect();
        let Some(sync) = &self.fleet.models else { return };
        let first = others.partition_point(|name| **name <= sync.after);
        let round = others[first..].iter().chain(&others[..first]).take(ROUND);
        let asked: Vec<(String, String)> =
            round.filter_map(|name| Some(((*name).clone(), self.trainer.serving(name)?))).collect();
        let Some((last, _)) = asked.last().cloned() else { return };
        let Some(sync) = &mut self.fleet.models else { return };
        sync.after = last;
        let store = sync.store.clone();
        sync.asking = Some(tokio::spawn(async move {
            let mut found = Vec::new();
            for (group, serving) in asked {
                let version = models::newer(&store, &group, &serving).await;
                found.push((group, version));
            }
            found
        }));
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        domain::{actuator::Actuator, at_epoch, shift},
        engine::{
            jobs::training::{Trainer, TrainingOptions},
            tests::{leases::*, *},
        },
        forecast::{
            lstm::{
                demand::tests::{train, wave},
                trained::DataRange,
            },
            registry::{Model, ModelOrigin, Registry, Scores},
        },
        shared::fixture::objects,
    };

    /// Saves a small network as trained at `second`, and promotes it.
    fn serve(registry: &Registry, second: i64) -> String {
        let data = DataRange { from: at_epoch(0), until: at_epoch(9), step: 3_600 };
        let trained_at = at_epoch(1_690_000_000 + second);
        let origin =
            ModelOrigin { group: GROUP.into(), seed: 1, data, scores: Scores::default(), trained_at };
        let version = registry.save(&Model::Lstm(Box::new(train(&wave(200), 1))), &origin).expect("saves");
        registry.promote(GROUP, &version).expect("it is whole");
        version
    }

    #[test]
    fn other_agents_use_the_network_of_the_holder() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (world, objects) = (simulator_of(|spec| spec), objects());
        let mut both = ["a", "b"].map(|name| join(&world, &objects, name, Actuator::Desired, start()));
        let homes = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
        for (member, home) in both.iter_mut().zip(&homes) {
            member.engine.trainer = Trainer::new(Some(home.path().into()), TrainingOptions::on_request());
        }
        let mut minute = 0;
        let mut until_it_serves = |version: &str| {
            let end = minute + 30;
            while both[1].engine.trainer.serving(GROUP).as_deref() != Some(version) {
                minute += 1;
                assert!(minute < end, "half an hour is long enough");
                for member in &mut both {
                    member.pass(60.0);
                    let now = shift(start(), 60 * minute);
                    runtime.block_on(member.engine.minute(now)).expect("the store is writable");
                }
            }
        };
        let registry = Registry::new(homes[0].path());
        let first = serve(&registry, 0);
        until_it_serves(&first);
        let second = serve(&registry, 600);
        until_it_serves(&second);
        assert_eq!(both[0].engine.trainer.serving(GROUP), Some(second), "the holder's is its own");
    }
}
