//! Notifications: lines of the journal on their way to people who are not at the screen.
//!
//! The loop hands each new line to [`Notifier`] and goes on at once: what matters (`message`) is put on a bounded
//! queue, one a place, and a task of its own delivers it (`deliver`), with growing waits between tries and an end
//! to each. When a place does not take messages, or too many wait, the journal says so; nothing is held up. What
//! still waits when the process ends is lost here, and stands in the journal.
//!
//! Start with [`Notifier::start`].

mod deliver;
mod message;

#[cfg(test)]
mod tests;

use std::sync::mpsc as words;

use tokio::sync::mpsc;

use self::{
    deliver::{RetryPolicy, Sink},
    message::Notification,
};
use crate::{
    config::{Notify, NotifyEvent},
    engine::{JournalEvent, JournalFeed},
};

/// Messages that may wait for one place.
const MOST_WAITING: usize = 64;

/// Hears of the journal and never waits.
#[derive(Debug)]
pub struct Notifier {
    events: Vec<NotifyEvent>,
    places: Vec<SinkQueue>,
    troubles: words::Receiver<String>,
}

/// A queue with its task.
#[derive(Debug)]
struct SinkQueue {
    name: String,
    queue: mpsc::Sender<Notification>,
    dropped: usize,
}

/// The places that `notify` names.
///
/// # Errors
/// In words without secrets, when the address is none.
fn sinks(notify: &Notify) -> Result<Vec<Sink>, String> {
    let webhook = notify.webhook.as_ref().map(Sink::webhook).transpose()?;
    let command = (!notify.command.is_empty()).then(|| Sink::Command(notify.command.clone()));
    Ok(webhook.into_iter().chain(command).collect())
}

/// What `notify` would tell, and whom, in words without secrets.
///
/// # Errors
/// What is wrong with it.
pub fn check(notify: &Notify) -> Result<String, String> {
    let places: Vec<String> = sinks(notify)?.iter().map(Sink::name).collect();
    if !notify.is_on() {
        return Ok("notifications are disabled".into());
    }
    let events: Vec<&str> = notify.events.iter().map(|e| e.name()).collect();
    Ok(format!("{}: {}", places.join(" and "), events.join(", ")))
}

impl Notifier {
    /// Starts the tasks that deliver; `None` when nobody is to be told. Needs a tokio runtime.
    ///
    /// # Errors
    /// As [`check`].
    pub fn start(notify: &Notify) -> Result<Option<Notifier>, String> {
        Notifier::paced(notify, RetryPolicy::default())
    }

    fn paced(notify: &Notify, pace: RetryPolicy) -> Result<Option<Notifier>, String> {
        if !notify.is_on() {
            return Ok(None);
        }
        let (trouble, troubles) = words::channel();
        let start = |sink: Sink| {
            let (queue, waiting) = mpsc::channel(MOST_WAITING);
            let name = sink.name();
            tokio::spawn(work(sink, waiting, trouble.clone(), pace));
            SinkQueue { name, queue, dropped: 0 }
        };
        let places = sinks(notify)?.into_iter().map(start).collect();
        Ok(Some(Notifier { events: notify.events.clone(), places, troubles }))
    }
}

/// Delivers what comes, one message after the other, and says what could not be delivered.
async fn work(
    sink: Sink,
    mut waiting: mpsc::Receiver<Notification>,
    trouble: words::Sender<String>,
    pace: RetryPolicy,
) {
    while let Some(message) = waiting.recv().await {
        if let Err(text) = sink.deliver(&message, pace).await
            && trouble.send(text).is_err()
        {
            return;
        }
    }
}

impl JournalFeed for Notifier {
    fn notify(&mut self, noted: &JournalEvent) {
        let Some(message) = Notification::of(noted).filter(|m| self.events.contains(&m.event)) else {
            return;
        };
        for place in &mut self.places {
            if place.queue.try_send(message.clone()).is_err() {
                place.dropped += 1;
            }
        }
    }

    fn remarks(&mut self) -> Vec<String> {
        let mut remarks: Vec<String> = self.troubles.try_iter().collect();
        // Said once the queue moves again, so that a dead place does not fill the journal.
        for place in self.places.iter_mut().filter(|p| p.dropped > 0 && p.queue.capacity() > 0) {
            let dropped = std::mem::take(&mut place.dropped);
            remarks.push(format!("{}: {dropped} messages were dropped, too many were waiting", place.name));
        }
        remarks
    }
}
