//! What every handler knows.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{HttpOptions, access::Access, answers::Answers, latest::Latest};
use crate::link::ViewDoor;

/// Scrapes that are made at once: they take processor time.
const MOST_AT_WORK: usize = 2;

/// What every handler knows.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    /// The newest view.
    pub(super) latest: Latest,
    /// What the API has answered.
    pub(super) answers: Arc<Answers>,
    /// Who may ask.
    pub(super) access: Arc<Access>,
    /// Turns of those that make a scrape.
    pub(super) at_work: Arc<Semaphore>,
}

impl Shared {
    /// For a listener of these `options` on the engine behind `viewers`.
    pub(super) fn new(options: &HttpOptions, viewers: ViewDoor) -> Shared {
        Shared {
            latest: Latest::follow(viewers.clone()),
            answers: Arc::new(Answers::new(viewers)),
            access: Arc::new(Access::new(&options.hosts, options.token.as_deref())),
            at_work: Arc::new(Semaphore::new(MOST_AT_WORK)),
        }
    }
}
