//! The operators' session: requests, clock and shutdown.
//!
//! An AWS call may last twenty seconds. While the loop waits for a reading call, commands that need no call are
//! executed and answered at once: the brake, a rejection, a mode. Others wait for the end of the minute.

use std::{convert::Infallible, sync::Arc};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{
    cloud::{CallWording, CloudError, MetricQuery, MetricSource, ResizeWording, Retention, SourceReading},
    domain::{Time, decision::Mode, group::GroupState, metric::Metric, series::Series, source::Routes},
    engine::{Engine, clock::Clock},
    link::{Command, EngineEnd, Request, StartView, View},
    store::StoreError,
};

/// Where requests of operators arrive.
pub(in crate::engine) struct Session {
    pub(in crate::engine) end: EngineEnd,
    pub(in crate::engine) clock: Clock,
    pub(in crate::engine) stop: watch::Receiver<bool>,
    /// Requests that need the cloud.
    pub(in crate::engine) waiting: Vec<Request>,
    /// All senders of commands are gone.
    gone: bool,
}

impl Session {
    pub(in crate::engine) fn new(end: EngineEnd, clock: Clock, stop: watch::Receiver<bool>) -> Session {
        Session { end, clock, stop, waiting: Vec::new(), gone: false }
    }

    /// True once the program is shutting down.
    pub(in crate::engine) fn is_stopping(&self) -> bool {
        self.gone || *self.stop.borrow()
    }
}

/// Completes when the program is shutting down.
pub(in crate::engine) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone.
    let _ = stop.wait_for(|on| *on).await;
}

impl Engine {
    /// Awaits a reading `call`, and answers requests meanwhile. Returns `None` when the program is shutting down.
    pub(in crate::engine) async fn meanwhile<T>(
        &mut self,
        session: Option<&mut Session>,
        call: impl Future<Output = T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(session) = session else { return Ok(Some(call.await)) };
        let mut call = std::pin::pin!(call);
        loop {
            let request = tokio::select! {
                biased;
                answer = &mut call => return Ok(Some(answer)),
                () = stopped(&mut session.stop) => return Ok(None),
                request = session.end.request() => request,
            };
            match request {
                None => {
                    session.gone = true;
                    return Ok(None);
                }
                Some(request) if self.needs_cloud(&request.command) => session.waiting.push(request),
                Some(request) => {
                    self.serve(session, request).await?;
                    if !self.groups.is_empty() {
                        self.publish(session)?;
                    }
                }
            }
        }
    }

    /// Executes one request and answers it.
    pub(in crate::engine) async fn serve(
        &mut self,
        session: &mut Session,
        request: Request,
    ) -> Result<(), StoreError> {
        let answer = match request.command {
            Command::Show(viewport) => {
                session.end.show(request.screen, viewport);
                Ok(String::new())
            }
            command if request.read_only => {
                tracing::warn!("{}: {}: refused: a read-only console", request.operator, command.what());
                Err("this console is read-only; commands are refused".into())
            }
            command => self.command(&request.operator, command, &mut session.clock).await?,
        };
        // The requester may have left; the outcome is in the journal.
        let _ = request.reply.send(answer);
        Ok(())
    }

    /// Tells consoles how far the first minute is: they have nothing else to show.
    pub(in crate::engine) fn report_start(
        &self,
        session: Option<&mut Session>,
        done: usize,
        what: impl FnOnce() -> String,
    ) {
        let Some(session) = session.filter(|_| self.serving.serial == 0) else { return };
        let starting = Some(StartView { done, groups: self.groups.len(), what: what() });
        let view = View { starting, ..View::default() };
        // A view without numbers cannot fail.
        let _ = session.end.publish(|_, _| Ok::<View, Infallible>(view.clone()));
    }

    /// Sends each console a new view; none is made where no console is attached.
    pub(in crate::engine) fn publish(&mut self, session: &mut Session) -> Result<(), StoreError> {
        if !session.end.has_viewers() {
            return Ok(());
        }
        self.serving.serial += 1;
        let common = self.common(&session.clock)?;
        session.end.publish(|viewport, kept| self.cut(common.clone(), viewport, kept))
    }

    /// True for commands that need a call: re-reading a group, or restoring a floor.
    fn needs_cloud(&self, command: &Command) -> bool {
        match command {
            // Groups must not change while their minute is under way.
            Command::Approve { .. } | Command::Undo { .. } | Command::Reload | Command::Adopt { .. } => true,
            Command::SuspendTerminate { .. } => true,
            Command::SetMode { group, mode: Mode::Observe } => {
                self.groups.iter().any(|runtime| runtime.name == *group && runtime.memory.held.is_some())
            }
            _ => false,
        }
    }

    /// Takes the source out for a call, so that the engine stays usable; the placeholder knows what consoles show.
    pub(in crate::engine) fn take_source(&mut self) -> Box<dyn MetricSource> {
        let source = &self.world.source;
        let stand_in = BusySource {
            name: source.name(),
            calls: source.calls(),
            billed: source.billed(),
            price: source.price(),
            warnings: source.warnings(),
            keeps: source.keeps(),
            wording: source.wording(),
            resizing: source.resizing(),
            readings: source.readings(),
            routes: source.routes(),
        };
        std::mem::replace(&mut self.world.source, Box::new(stand_in))
    }
}

/// Placeholder for a source that is in use.
struct BusySource {
    name: String,
    calls: u64,
    billed: u64,
    price: f64,
    warnings: Vec<String>,
    keeps: &'static [Retention],
    wording: CallWording,
    resizing: ResizeWording,
    readings: Vec<SourceReading>,
    routes: Routes,
}

#[async_trait]
impl MetricSource for BusySource {
    async fn groups(&mut self, _now: Time) -> Result<Vec<GroupState>, CloudError> {
        Err(busy())
    }

    async fn metrics(&mut self, _now: Time, _queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        Err(busy())
    }

    fn is_complete(&self, _group: &str, _metric: Metric) -> bool {
        false
    }

    fn calls(&self) -> u64 {
        self.calls
    }

    fn billed(&self) -> u64 {
        self.billed
    }

    fn price(&self) -> f64 {
        self.price
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn keeps(&self) -> &'static [Retention] {
        self.keeps
    }

    fn wording(&self) -> CallWording {
        Arc::clone(&self.wording)
    }

    fn resizing(&self) -> ResizeWording {
        Arc::clone(&self.resizing)
    }

    fn readings(&self) -> Vec<SourceReading> {
        self.readings.clone()
    }

    fn routes(&self) -> Routes {
        self.routes.clone()
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

fn busy() -> CloudError {
    CloudError::Retry("a cloud request is in progress".into())
}
