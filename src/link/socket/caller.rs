//! The side of a command in a shell: attaches, asks, waits for the answer, and leaves.
//!
//! It tells apart what a console need not: a request that was not sent, one that the agent refused, and one of which nobody
//! knows what became of it.

use std::{path::Path, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::{
    connection::{AgentConnection, AttachError},
    place,
    protocol::{FromAgent, Hello},
};
use crate::{
    domain::{Answer, text::clean},
    link::{Command, View, Viewport},
};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing was asked for.
    #[error("{0}")]
    NotAsked(String),
    /// It was asked for, and the answer did not come: it may have been executed or not.
    #[error("{0}; the journal shows whether it was executed")]
    Unanswered(String),
}

/// A connection to an agent, for one request after the other.
#[derive(Debug)]
pub struct Caller {
    connection: AgentConnection,
    /// When to give up.
    until: Instant,
    /// Requests so far: the newest one's id.
    requests: u64,
}

impl Caller {
    /// Attaches to the agent of the home folder `home`, for `within` at the longest.
    ///
    /// # Errors
    /// [`AttachError`]: there is none, or it cannot be spoken with.
    pub async fn attach(home: &Path, within: Duration) -> Result<Caller, AttachError> {
        let until = Instant::now() + within;
        // One view is read: there is nothing before it that it could be packed by.
        let hello = Hello { packing: Vec::new(), ..Hello::new(false) };
        let connection = AgentConnection::open(place::socket(home), hello, within).await?;
        Ok(Caller { connection, until, requests: 0 })
    }

    /// The name under which the journal has what is asked.
    pub fn operator(&self) -> String {
        clean(&self.connection.agent.operator, 80)
    }

    /// The newest view, for the viewport that was asked for last.
    ///
    /// # Errors
    /// [`CallError::NotAsked`] when none comes.
    pub async fn view(&mut self) -> Result<View, CallError> {
        loop {
            match self.next().await.map_err(CallError::NotAsked)? {
                FromAgent::View(view) if view.serial > 0 => return Ok(*view),
                _ => {}
            }
        }
    }

    /// The first view for `group`; it has no detail where the group was not read since the agent's start.
    ///
    /// # Errors
    /// [`CallError::NotAsked`] when none comes.
    pub async fn show(&mut self, group: &str) -> Result<View, CallError> {
        let viewport = Viewport { group: Some(group.to_owned()), ..Viewport::default() };
        self.connection.send(0, Command::Show(viewport)).map_err(CallError::NotAsked)?;
        loop {
            let view = self.view().await?;
            // One that was on its way already shows another.
            if view.detail.as_ref().is_none_or(|detail| detail.name == group) {
                return Ok(view);
            }
        }
    }

    /// Asks for one thing and waits for the answer: what was done, or why not.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn ask(&mut self, command: Command) -> Result<Answer, CallError> {
        self.requests += 1;
        let asked = self.requests;
        self.connection.send(asked, command).map_err(CallError::NotAsked)?;
        loop {
            match self.next().await.map_err(CallError::Unanswered)? {
                FromAgent::Answer { id, answer } if id == asked => return Ok(answer),
                _ => {}
            }
        }
    }

    /// The next thing that the agent says, or why it says nothing.
    async fn next(&mut self) -> Result<FromAgent, String> {
        match timeout_at(self.until, self.connection.frames.next()).await {
            Ok(Some(Ok(message))) => Ok(message),
            Ok(Some(Err(error))) => {
                Err(format!("connection to the agent lost: {}", clean(&error.to_string(), 200)))
            }
            Ok(None) => Err("the agent closed the connection".into()),
            Err(_) => Err("the agent did not answer in time".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{
        door,
        socket::{connection, fixture},
    };

    const LONG: Duration = Duration::from_secs(60);

    async fn caller(home: &Path, within: Duration) -> Caller {
        Caller::attach(home, within).await.expect("the agent listens")
    }

    #[tokio::test]
    async fn what_is_asked_is_answered_in_the_callers_name() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (_stop, _server) = fixture::agent(home.path());
        let mut caller = caller(home.path(), LONG).await;
        assert!(caller.view().await.expect("an agent shows itself").serial > 0);
        let answer = caller.ask(Command::SetBrake { on: true }).await.expect("it answers");
        assert_eq!(answer, Ok(format!("{}: freeze scale-in", caller.operator())));
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_is_told_from_a_request_that_was_not_made() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let refused = Caller::attach(home.path(), LONG).await.expect_err("nobody is there");
        assert!(matches!(refused, AttachError::NoAgent(_)), "{refused}");
        let (stop, server) = fixture::agent(home.path());
        // The engine of these tests never answers this one.
        let mut hasty = caller(home.path(), Duration::from_millis(200)).await;
        let error = hasty.ask(Command::CancelBacktest).await.expect_err("no answer");
        assert_eq!(
            error.to_string(),
            "the agent did not answer in time; the journal shows whether it was executed"
        );
        let mut waiting = caller(home.path(), LONG).await;
        let asked = tokio::spawn(async move { waiting.ask(Command::CancelBacktest).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        stop.send(true).expect("it runs");
        server.await.expect("it ends");
        let error = asked.await.expect("it does not panic").expect_err("no answer");
        assert!(matches!(error, CallError::Unanswered(_)), "{error}");
    }

    /// As one that systemd is starting: the socket is there, and nobody takes what comes.
    #[tokio::test]
    async fn an_agent_that_does_not_greet_is_waited_for_as_long_as_said() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let _listener = place::listen(home.path()).expect("the home is ours");
        let begun = Instant::now();
        let error = Caller::attach(home.path(), Duration::from_millis(200)).await.expect_err("no greeting");
        assert_eq!(error.to_string(), "unexpected answer from the agent: no handshake within 0.2 s");
        assert!(begun.elapsed() < connection::STARTING / 2, "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn an_engine_that_shows_nothing_is_waited_for_no_longer_than_said() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (door, _end) = door();
        let (_stop, _server) = fixture::serve(home.path(), door);
        let mut caller = caller(home.path(), Duration::from_millis(200)).await;
        let error = caller.view().await.expect_err("there is no view");
        assert_eq!(error.to_string(), "the agent did not answer in time");
    }
}
