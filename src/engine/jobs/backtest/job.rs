//! A backtest on a thread of its own.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Sender,
    },
};

use super::{BacktestInput, BacktestResult, Backtester};
use crate::link::BacktestState;

/// What the thread tells.
pub(super) enum BacktestUpdate {
    Share(f64),
    Row(Box<BacktestResult>),
    Refused(String),
    Over(BacktestState),
}

/// All that the thread needs, owned.
pub(super) struct BacktestJob {
    pub by: Arc<dyn Backtester>,
    pub input: BacktestInput,
    pub contenders: Vec<String>,
    pub cancel: Arc<AtomicBool>,
}

impl BacktestJob {
    /// Whoever listened may be gone: then nobody is left to tell, and the walk ends.
    pub fn run(self, sender: &Sender<BacktestUpdate>) {
        let all = self.contenders.len().max(1) as f64;
        let mut refused = 0;
        for (done, contender) in self.contenders.iter().enumerate() {
            let mut percent = 0;
            let mut progress = |share: f64| {
                let overall = (done as f64 + share) / all;
                let news = (100.0 * overall) as u32;
                let delivered = news == percent || sender.send(BacktestUpdate::Share(overall)).is_ok();
                percent = news;
                if delivered && !self.cancel.load(Ordering::Relaxed) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            };
            let news = match self.by.walk(&self.input, contender, &mut progress) {
                Ok(Some(walked)) => BacktestUpdate::Row(Box::new(walked)),
                Ok(None) => return drop(sender.send(BacktestUpdate::Over(BacktestState::Cancelled))),
                Err(why) => {
                    refused += 1;
                    BacktestUpdate::Refused(why)
                }
            };
            if sender.send(news).is_err() {
                return;
            }
        }
        let state = if refused < self.contenders.len() {
            BacktestState::Done
        } else {
            BacktestState::Failed("no policy could be simulated".into())
        };
        let _ = sender.send(BacktestUpdate::Over(state));
    }
}
