//! Background training, the promotion gate, and the models on disk.
//!
//! A challenger is trained on all but the newest days, scored on those, and promoted only if it wins: the prior, adapted to the
//! group, against the prior as it ships and the one in service; a network of the group's own against seasonal-naive and the
//! network in service. An adapted prior is heard in place of the one that ships; a network is one expert of the blend
//! ([`crate::forecast::blend::champion`]), used for steps that it was not trained on.

mod challenge;
mod operate;
mod score;

use self::challenge::verdict;
pub use crate::forecast::{
    retraining::Retraining,
    training::{ModelKind, TrainingOptions},
};
use crate::{
    domain::{Answer, Time, event::Event, keep::Keep, series::Series},
    forecast::{lstm::fit::Epoch, prior::finetune::FinetuneOptions, registry::Registry},
    link::{EpochLoss, ModelRow, ModelScore, TrainingState, TrainingView},
};
pub use challenge::{Challenge, Stopped, Trained};
pub(in crate::engine) use operate::install_network;

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    time::Instant,
};

use chrono_tz::Tz;

/// Owns the training thread and the list of models.
pub struct Trainer {
    registry: Option<Registry>,
    options: TrainingOptions,
    running: Option<RunningTraining>,
    view: Option<TrainingView>,
    rows: Vec<ModelRow>,
    problem: Option<String>,
    /// When each group was last trained.
    trained: Vec<(String, Time)>,
    /// Models of a group that could not be loaded, and why, until the journal has them.
    damaged: Vec<(String, String)>,
    /// Newest models of a group that are kept, beside those that served.
    kept: usize,
}

struct RunningTraining {
    group: String,
    news: Receiver<TrainingUpdate>,
    cancel: Arc<AtomicBool>,
    since: Instant,
}

/// Messages of the training thread.
enum TrainingUpdate {
    Epoch(Epoch),
    Over(Result<Trained, String>),
    Cancelled,
}

/// All that the training thread needs, owned.
struct TrainingJob {
    challenge: Challenge,
    cancel: Arc<AtomicBool>,
}

impl Trainer {
    /// A trainer whose models are stored in `dir`; without one there is no training.
    pub fn new(dir: Option<PathBuf>, options: TrainingOptions) -> Trainer {
        let registry = dir.map(Registry::new);
        let mut trainer = Trainer {
            registry,
            options,
            running: None,
            view: None,
            rows: vec![],
            problem: None,
            trained: vec![],
            damaged: vec![],
            kept: Keep::default().models,
        };
        trainer.list();
        // Newest first within a group: the first row of a group is its newest training.
        trainer.trained = trainer.rows.iter().map(|r| (r.group.clone(), r.trained_at)).collect();
        trainer
    }

    /// Reads the list of models again.
    fn list(&mut self) {
        let Some(registry) = &self.registry else { return };
        match registry.list() {
            Ok(rows) => self.rows = rows.into_iter().map(row).collect(),
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    /// The models, for screens.
    pub fn rows(&self) -> Vec<ModelRow> {
        self.rows.clone()
    }

    /// The newest training, for screens.
    pub fn view(&self) -> Option<TrainingView> {
        self.view.clone()
    }

    /// What is wrong with the models on disk.
    pub fn problem(&self) -> Option<String> {
        self.problem.clone()
    }

    /// The model in service for `group`, as text.
    pub fn name_of(&self, group: &str) -> String {
        let champion = self.rows.iter().find(|r| r.group == group && r.champion);
        champion.map_or_else(|| "blend".into(), |r| format!("blend with {}", r.what))
    }

    /// Stops the running training at its next batch.
    pub fn cancel(&mut self) -> Answer {
        let Some(running) = &self.running else { return Err("no training is running".into()) };
        running.cancel.store(true, Ordering::Relaxed);
        Ok(format!("stopping the training of {}", running.group))
    }

    fn start(&mut self, group: &str, history: Series, events: Vec<Event>, zone: Tz, now: Time) -> Answer {
        let registry = self.registry.clone().ok_or("no models folder is configured")?;
        if let Some(running) = &self.running {
            return Err(format!(
                "a model for {} is being trained; only one training runs at a time",
                running.group
            ));
        }
        let (sender, news) = mpsc::channel();
        let cancel = Arc::new(AtomicBool::new(false));
        let options = self.options.clone();
        let (what, epochs) = match options.kind {
            ModelKind::Lstm => (format!("lstm {}×1", options.hidden), options.epochs),
            ModelKind::Prior => ("adapted prior".to_owned(), FinetuneOptions::default().looks()),
        };
        self.view = Some(TrainingView {
            group: group.to_owned(),
            what: what.clone(),
            state: TrainingState::Running,
            epochs,
            losses: Vec::new(),
            eta: None,
        });
        let challenge = Challenge { group: group.into(), history, events, zone, now, registry, options };
        let job = TrainingJob { challenge, cancel: cancel.clone() };
        let thread = std::thread::Builder::new().name("training".into()).spawn(move || job.run(&sender));
        thread.map_err(|e| format!("cannot start the training thread: {e}"))?;
        self.running = Some(RunningTraining { group: group.to_owned(), news, cancel, since: Instant::now() });
        Ok(format!("training {what} for {group}"))
    }

    /// Handles messages of the thread; returns the group and outcome of a training that has ended.
    fn follow(&mut self) -> Option<(String, Result<Trained, String>)> {
        loop {
            let running = self.running.as_ref()?;
            let news = match running.news.try_recv() {
                Ok(news) => news,
                Err(mpsc::TryRecvError::Empty) => return None,
                Err(mpsc::TryRecvError::Disconnected) => {
                    TrainingUpdate::Over(Err("the training ended without a result".into()))
                }
            };
            let since = running.since;
            match news {
                TrainingUpdate::Epoch(epoch) => self.epoch(&epoch, since),
                TrainingUpdate::Cancelled => {
                    self.state(TrainingState::Cancelled);
                    self.running = None;
                }
                TrainingUpdate::Over(outcome) => {
                    let group = self.running.take()?.group;
                    self.state(match &outcome {
                        Ok(trained) => TrainingState::Done(trained.words.clone()),
                        Err(why) => TrainingState::Failed(why.clone()),
                    });
                    self.list();
                    return Some((group, outcome));
                }
            }
        }
    }

    fn epoch(&mut self, epoch: &Epoch, since: Instant) {
        let Some(view) = &mut self.view else { return };
        view.epochs = epoch.epochs;
        view.losses.extend(epoch.valid_loss.map(|valid| EpochLoss { train: epoch.train_loss, valid }));
        let done = view.losses.len();
        view.eta =
            Some(since.elapsed().as_secs_f64() / done as f64 * epoch.epochs.saturating_sub(done) as f64);
    }

    fn state(&mut self, state: TrainingState) {
        if let Some(view) = &mut self.view {
            view.state = state;
            view.eta = None;
        }
    }
}

impl TrainingJob {
    fn run(self, sender: &Sender<TrainingUpdate>) {
        let mut progress = |epoch: Epoch| match sender.send(TrainingUpdate::Epoch(epoch)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let outcome = self.challenge.train(&self.cancel, &mut progress);
        // The engine may be gone; then nothing is sent.
        let _ = sender.send(match outcome {
            Err(Stopped::Cancelled) => TrainingUpdate::Cancelled,
            Err(Stopped::Failed(why)) => TrainingUpdate::Over(Err(why)),
            Ok(trained) => TrainingUpdate::Over(Ok(trained)),
        });
    }
}

fn row(row: crate::forecast::registry::ModelEntry) -> ModelRow {
    let blank = ModelRow {
        group: row.group,
        version: row.version,
        what: "damaged".into(),
        trained_at: Time::MIN_UTC,
        champion: row.champion,
        previous: row.previous,
        score: ModelScore::default(),
        remark: String::new(),
    };
    match row.manifest {
        Err(why) => ModelRow { remark: crate::domain::text::clean(&why, 300), ..blank },
        Ok(manifest) => {
            let s = manifest.scores;
            let score = ModelScore {
                wape: s.wape,
                naive_wape: s.naive_wape,
                champion_wape: s.champion_wape,
                coverage: s.coverage,
                count: s.count,
            };
            let remark = verdict(&s).1;
            ModelRow { what: manifest.what, trained_at: manifest.trained_at, score, remark, ..blank }
        }
    }
}
