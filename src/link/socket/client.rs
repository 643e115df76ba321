//! The console's side. It stands where the engine stands in one process: takes requests out of a link and puts views in.
//!
//! While the agent is away it gives the last view again once a second, with how old it is; requests are refused; what
//! the screen shows is remembered, and asked for anew when the agent is back.

use std::{
    collections::HashMap,
    convert::Infallible,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use tokio::{
    sync::{oneshot, watch},
    time::{Instant, interval, sleep, sleep_until},
};

use super::{
    connection::{AgentConnection, AttachError, STARTING},
    place,
    protocol::{FromAgent, Hello},
};
use crate::{
    domain::{Answer, text::clean},
    link::{Command, ConnectionState, EngineEnd, Request, View, Viewport},
};

/// First and longest pause between two attempts to attach again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// An agent that says nothing for so long is lost, though its socket is open: it is stopped, or hangs.
const SILENCE: Duration = Duration::from_secs(10);
/// How often an old picture says how old it is.
const SECOND: Duration = Duration::from_secs(1);

/// A console's bond with an agent.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    read_only: bool,
    connection: AgentConnection,
}

impl Client {
    /// Attaches to the agent of the home folder `home`. A `read_only` one may look, and every command is refused by the agent.
    ///
    /// # Errors
    /// [`AttachError`]: there is none, or it cannot be spoken with.
    pub async fn attach(home: &Path, read_only: bool) -> Result<Client, AttachError> {
        let path = place::socket(home);
        let connection = AgentConnection::open(path.clone(), Hello::new(read_only), STARTING).await?;
        Ok(Client { path, read_only, connection })
    }

    /// Serves the screen at the other end of `end` until it leaves or `stop` turns true; attaches again as often as needed.
    pub async fn run(self, end: EngineEnd, mut stop: watch::Receiver<bool>) {
        let Client { path, read_only, connection } = self;
        let bond = Bond { path, read_only, end, last: None, shown: None, requests: 0 };
        tokio::select! {
            () = bond.keep(connection) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
}

/// What outlives a connection.
struct Bond {
    path: PathBuf,
    read_only: bool,
    end: EngineEnd,
    /// The newest view, and when it came.
    last: Option<(View, Instant)>,
    /// What the screen shows.
    shown: Option<Viewport>,
    /// Orders so far: the newest one's id.
    requests: u64,
}

/// How a connection came to its end.
enum Over {
    /// The screen has gone.
    Left,
    /// The agent has, and what is known of it.
    Lost(String),
}

impl Bond {
    async fn keep(mut self, mut connection: AgentConnection) {
        loop {
            let mut open = HashMap::new();
            let over = self.follow(connection, &mut open).await;
            for (_, reply) in open {
                refuse(reply, "connection lost before the answer; check the journal for the outcome");
            }
            let Over::Lost(why) = over else { return };
            let Some(again) = self.seek(why).await else { return };
            connection = again;
        }
    }

    /// Follows the agent until it or the screen has gone, and hangs up; requests that have no answer yet are in `open`.
    async fn follow(
        &mut self,
        mut connection: AgentConnection,
        open: &mut HashMap<u64, oneshot::Sender<Answer>>,
    ) -> Over {
        if let Some(shown) = self.shown.clone() {
            // A queue that is new has room.
            let _ = connection.send(0, Command::Show(shown));
        }
        let state = ConnectionState::Attached {
            pid: connection.agent.pid,
            operator: clean(&connection.agent.operator, 80),
        };
        let (mut ticks, mut last_received, mut old) = (interval(SECOND), Instant::now(), true);
        loop {
            tokio::select! {
                biased;
                message = connection.frames.next::<FromAgent>() => {
                    last_received = Instant::now();
                    match message {
                        Some(Ok(FromAgent::View(view))) if view.serial > 0 => {
                            old = false;
                            self.give(*view, state.clone(), last_received);
                        }
                        Some(Ok(FromAgent::View(view))) if self.last.is_none() && view.starting.is_some() => {
                            self.say(View { connection: state.clone(), ..*view });
                        }
                        Some(Ok(FromAgent::Answer { id, answer })) => {
                            if let Some(reply) = open.remove(&id) {
                                // The screen may have left.
                                let _ = reply.send(answer);
                            }
                        }
                        Some(Ok(FromAgent::View(_) | FromAgent::Alive)) => {}
                        Some(Err(error)) => return Over::Lost(error.to_string()),
                        None => return Over::Lost("the agent closed the connection".into()),
                    }
                }
                request = self.end.request() => match request {
                    Some(request) => self.pass_on(request, &connection, open),
                    None => return Over::Left,
                },
                () = sleep_until(last_received + SILENCE) => {
                    return Over::Lost(format!("no message from the agent for {} s", SILENCE.as_secs()));
                }
                _ = ticks.tick(), if old && self.last.is_some() => {
                    self.say_old("reconnected; waiting for the first view");
                }
            }
        }
    }

    /// Sends a request to the agent; what a screen shows needs no answer.
    fn pass_on(
        &mut self,
        request: Request,
        connection: &AgentConnection,
        open: &mut HashMap<u64, oneshot::Sender<Answer>>,
    ) {
        self.requests += 1;
        let (id, reply) = (self.requests, request.reply);
        if let Command::Show(viewport) = &request.command {
            self.shown = Some(viewport.clone());
        }
        let is_show = matches!(request.command, Command::Show(_));
        match connection.send(id, request.command) {
            Err(why) => refuse(reply, &why),
            Ok(()) if is_show => drop(reply.send(Ok(String::new()))),
            Ok(()) => drop(open.insert(id, reply)),
        }
    }

    /// Tries to attach again until it succeeds; `None` when the screen has gone.
    async fn seek(&mut self, mut why: String) -> Option<AgentConnection> {
        let (mut ticks, mut pause) = (interval(SECOND), PAUSES.0);
        let mut attempt = pin!(later(pause, self.path.clone(), self.read_only));
        loop {
            tokio::select! {
                biased;
                request = self.end.request() => self.put_off(request?),
                _ = ticks.tick() => self.say_old(&why),
                attached = &mut attempt => match attached {
                    Ok(connection) => return Some(connection),
                    Err(error) => {
                        why = error.to_string();
                        pause = (2 * pause).min(PAUSES.1);
                        attempt.set(later(pause, self.path.clone(), self.read_only));
                    }
                },
            }
        }
    }

    /// Refuses a request while the agent is away; what the screen shows is asked for later.
    fn put_off(&mut self, request: Request) {
        match request.command {
            Command::Show(viewport) => {
                self.shown = Some(viewport);
                // The screen may have left.
                let _ = request.reply.send(Ok(String::new()));
            }
            command => {
                let why = format!("not sent ({}): not connected to the agent", command.what());
                refuse(request.reply, &why);
            }
        }
    }

    fn give(&mut self, view: View, connection: ConnectionState, now: Instant) {
        let view = View { connection, ..view };
        self.say(view.clone());
        self.last = Some((view, now));
    }

    /// Gives the last view again, with how old it is.
    fn say_old(&mut self, why: &str) {
        let old = self.last.as_ref().map(|(_, came)| came.elapsed().as_secs());
        let view = self.last.as_ref().map(|(view, _)| view.clone()).unwrap_or_default();
        self.say(View { connection: ConnectionState::Lost { old, why: clean(why, 300) }, ..view });
    }

    fn say(&mut self, view: View) {
        let Ok(()) = self.end.publish(|_, _| Ok::<_, Infallible>(view.clone()));
    }
}

/// Attaches after a pause.
async fn later(pause: Duration, path: PathBuf, read_only: bool) -> Result<AgentConnection, AttachError> {
    sleep(pause).await;
    AgentConnection::open(path, Hello::new(read_only), STARTING).await
}

/// Answers no; the screen may have left.
fn refuse(reply: oneshot::Sender<Answer>, why: &str) {
    let _ = reply.send(Err(why.to_owned()));
}

#[cfg(test)]
mod tests;
