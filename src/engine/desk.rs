//! The operator's desk: who commands, by which clock, and until when.
//!
//! A call of AWS may last twenty seconds. While the loop waits for one that reads, commands that need no call are carried
//! out and answered at once: the brake, a rejection, a mode. Those that need the cloud wait for the end of the minute.

use async_trait::async_trait;
use tokio::sync::watch;

use super::{Engine, clock::Clock};
use crate::{
    cloud::{CloudError, Kept, MetricQuery, MetricSource},
    domain::{Time, decision::Mode, group::GroupState, series::Series},
    link::{Command, EngineEnd, Order},
    store::StoreError,
};

/// Where operators stand.
pub(super) struct Desk {
    pub(super) end: EngineEnd,
    pub(super) clock: Clock,
    pub(super) stop: watch::Receiver<bool>,
    /// Orders that need the cloud.
    pub(super) waiting: Vec<Order>,
    /// Nobody can command any more.
    gone: bool,
}

impl Desk {
    pub(super) fn new(end: EngineEnd, clock: Clock, stop: watch::Receiver<bool>) -> Desk {
        Desk { end, clock, stop, waiting: Vec::new(), gone: false }
    }

    /// True once the program is to end.
    pub(super) fn is_stopping(&self) -> bool {
        self.gone || *self.stop.borrow()
    }
}

/// Ends when the program is to end.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever could stop it has gone.
    let _ = stop.wait_for(|on| *on).await;
}

impl Engine {
    /// Waits for a `call` that reads, and answers the desk meanwhile. Gives nothing when the program is to end.
    pub(super) async fn meanwhile<T>(
        &mut self,
        desk: Option<&mut Desk>,
        call: impl Future<Output = T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(desk) = desk else { return Ok(Some(call.await)) };
        let mut call = std::pin::pin!(call);
        loop {
            let order = tokio::select! {
                biased;
                answer = &mut call => return Ok(Some(answer)),
                () = stopped(&mut desk.stop) => return Ok(None),
                order = desk.end.order() => order,
            };
            match order {
                None => {
                    desk.gone = true;
                    return Ok(None);
                }
                Some(order) if self.needs_cloud(&order.command) => desk.waiting.push(order),
                Some(order) => {
                    self.serve(desk, order).await?;
                    if !self.groups.is_empty() {
                        self.publish(desk)?;
                    }
                }
            }
        }
    }

    /// Carries out one order and answers it.
    pub(super) async fn serve(&mut self, desk: &mut Desk, order: Order) -> Result<(), StoreError> {
        let answer = match order.command {
            Command::Show(viewport) => {
                desk.end.show(order.screen, viewport);
                Ok(String::new())
            }
            command if order.read_only => {
                tracing::warn!("{}: {}: refused: a read-only console", order.operator, command.what());
                Err("this console is read-only: its commands are not taken".into())
            }
            command => self.command(&order.operator, command, &mut desk.clock).await?,
        };
        // Whoever asked may have left; what was done is in the journal.
        let _ = order.reply.send(answer);
        Ok(())
    }

    /// Gives each screen a new view; none is made where nobody looks.
    pub(super) fn publish(&mut self, desk: &mut Desk) -> Result<(), StoreError> {
        if !desk.end.is_watched() {
            return Ok(());
        }
        let common = self.common(&desk.clock)?;
        desk.end.publish(|viewport| self.cut(common.clone(), viewport))
    }

    /// True for what cannot be done without a call: another look at a group, or a floor that goes back.
    fn needs_cloud(&self, command: &Command) -> bool {
        match command {
            Command::Approve { .. } | Command::Undo { .. } => true,
            Command::SetMode { group, mode: Mode::Observe } => {
                self.groups.iter().any(|watched| watched.name == *group && watched.held.is_some())
            }
            _ => false,
        }
    }

    /// Takes the source out for a call, so that the rest of the engine is free; what stands in knows what screens show.
    pub(super) fn lend_source(&mut self) -> Box<dyn MetricSource> {
        let source = &self.world.source;
        let lent = Lent {
            name: source.name(),
            calls: source.calls(),
            billed: source.billed(),
            warnings: source.warnings(),
            keeps: source.keeps(),
        };
        std::mem::replace(&mut self.world.source, Box::new(lent))
    }
}

/// Stands in for a source that is being asked.
struct Lent {
    name: String,
    calls: u64,
    billed: u64,
    warnings: Vec<String>,
    keeps: &'static [Kept],
}

#[async_trait]
impl MetricSource for Lent {
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

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn keeps(&self) -> &'static [Kept] {
        self.keeps
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

fn busy() -> CloudError {
    CloudError::Retry("the cloud is being asked just now".into())
}
