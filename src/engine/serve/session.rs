//! The operator's desk: who commands, by which clock, and until when.
//!
//! A call of AWS may last twenty seconds. While the loop waits for one that reads, commands that need no call are carried
//! out and answered at once: the brake, a rejection, a mode. Those that need the cloud wait for the end of the minute.

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{
    cloud::{CloudError, MetricQuery, MetricSource, Retention},
    domain::{Time, decision::Mode, group::GroupState, series::Series},
    engine::{Engine, clock::Clock},
    link::{Command, EngineEnd, Request},
    store::StoreError,
};

/// Where operators stand.
pub(in crate::engine) struct Session {
    pub(in crate::engine) end: EngineEnd,
    pub(in crate::engine) clock: Clock,
    pub(in crate::engine) stop: watch::Receiver<bool>,
    /// Orders that need the cloud.
    pub(in crate::engine) waiting: Vec<Request>,
    /// Nobody can command any more.
    gone: bool,
}

impl Session {
    pub(in crate::engine) fn new(end: EngineEnd, clock: Clock, stop: watch::Receiver<bool>) -> Session {
        Session { end, clock, stop, waiting: Vec::new(), gone: false }
    }

    /// True once the program is to end.
    pub(in crate::engine) fn is_stopping(&self) -> bool {
        self.gone || *self.stop.borrow()
    }
}

/// Ends when the program is to end.
pub(in crate::engine) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever could stop it has gone.
    let _ = stop.wait_for(|on| *on).await;
}

impl Engine {
    /// Waits for a `call` that reads, and answers the desk meanwhile. Gives nothing when the program is to end.
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

    /// Carries out one order and answers it.
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
                Err("this console is read-only: its commands are not taken".into())
            }
            command => self.command(&request.operator, command, &mut session.clock).await?,
        };
        // Whoever asked may have left; what was done is in the journal.
        let _ = request.reply.send(answer);
        Ok(())
    }

    /// Gives each screen a new view; none is made where nobody looks.
    pub(in crate::engine) fn publish(&mut self, session: &mut Session) -> Result<(), StoreError> {
        if !session.end.has_viewers() {
            return Ok(());
        }
        let common = self.common(&session.clock)?;
        session.end.publish(|viewport| self.cut(common.clone(), viewport))
    }

    /// True for what cannot be done without a call: another look at a group, or a floor that goes back.
    fn needs_cloud(&self, command: &Command) -> bool {
        match command {
            Command::Approve { .. } | Command::Undo { .. } => true,
            Command::SetMode { group, mode: Mode::Observe } => {
                self.groups.iter().any(|runtime| runtime.name == *group && runtime.memory.held.is_some())
            }
            _ => false,
        }
    }

    /// Takes the source out for a call, so that the rest of the engine is free; what stands in knows what screens show.
    pub(in crate::engine) fn take_source(&mut self) -> Box<dyn MetricSource> {
        let source = &self.world.source;
        let stand_in = BusySource {
            name: source.name(),
            calls: source.calls(),
            billed: source.billed(),
            price: source.price(),
            warnings: source.warnings(),
            keeps: source.keeps(),
        };
        std::mem::replace(&mut self.world.source, Box::new(stand_in))
    }
}

/// Stands in for a source that is being asked.
struct BusySource {
    name: String,
    calls: u64,
    billed: u64,
    price: f64,
    warnings: Vec<String>,
    keeps: &'static [Retention],
}

#[async_trait]
impl MetricSource for BusySource {
    async fn groups(&mut self, _now: Time) -> Result<Vec<GroupState>, CloudError> {
        Err(busy())
    }

    async fn metrics(&mut self, _now: Time, _queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        Err(busy())
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

    fn name(&self) -> String {
        self.name.clone()
    }
}

fn busy() -> CloudError {
    CloudError::Retry("the cloud is being asked just now".into())
}
