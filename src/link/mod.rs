//! What passes between the engine and whoever watches it: one [`View`] out, [`Command`]s in.
//!
//! A [`View`] is a snapshot of everything a screen may show, already cut to the range and width asked for,
//! so that drawing is a pure function of it. A [`Command`] is one thing an operator may ask; the engine
//! answers each with [`Answer`]: done (in words), or why not. Both are plain serde values: in process they
//! pass over channels ([`Link`]); the words stay the same over a socket.

mod backtest;
mod command;
mod log;
mod models;
mod view;

pub use backtest::{Backtest, BacktestRow, BacktestState, BacktestView};
pub use command::{Answer, CalendarEdit, ClockCommand, Command, Fault, Foretold, Order, Viewport};
pub use log::{Log, LogLine};
pub use models::{Loss, ModelRow, ModelScore, TrainingState, TrainingView};
pub use view::{
    Badge, CalendarView, Chart, ChartKind, ClockView, GroupDetail, GroupRow, JournalEntry, LeadScore,
    LedgerView, Level, Limit, Line, LineRole, Notice, OutlookRow, Usage, View,
};

use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// One end of the wire: what a console or the agent's printer holds.
#[derive(Debug, Clone)]
pub struct Link {
    /// The newest view; older ones are gone, so a slow screen never holds the engine up.
    pub view: watch::Receiver<Arc<View>>,
    orders: mpsc::Sender<Order>,
}

/// The engine's end.
#[derive(Debug)]
pub struct EngineEnd {
    /// Where the engine puts each new view.
    pub view: watch::Sender<Arc<View>>,
    /// Where commands arrive.
    pub orders: mpsc::Receiver<Order>,
}

/// Commands that may wait unanswered; a sender beyond that is told to try again.
const MOST_WAITING: usize = 64;

/// Joins an engine and its watchers inside one process.
pub fn pair() -> (Link, EngineEnd) {
    let (view_in, view) = watch::channel(Arc::new(View::default()));
    let (orders, orders_out) = mpsc::channel(MOST_WAITING);
    (Link { view, orders }, EngineEnd { view: view_in, orders: orders_out })
}

impl Link {
    /// Sends a command in `operator`'s name without waiting; the answer arrives on the receiver.
    ///
    /// The receiver ends without a value when the engine is gone or too busy to take commands.
    pub fn send(&self, operator: &str, command: Command) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        let order = Order { operator: operator.to_owned(), command, reply };
        if let Err(error) = self.orders.try_send(order) {
            let (mpsc::error::TrySendError::Full(order) | mpsc::error::TrySendError::Closed(order)) = error;
            // The receiver may be gone as well; then nobody is left to tell.
            let _ = order.reply.send(Err("the engine takes no commands now; try again".into()));
        }
        answer
    }
}
