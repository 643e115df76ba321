//! The agent's side: lets consoles in and serves each in a task of its own, until the agent is to end.

use std::{
    fs, io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::AsyncWriteExt,
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    frame::{FROM_AGENT, FROM_CONSOLE, FrameError, Frames, encode, encode_packed},
    packing::{self, Packer},
    peer::Peer,
    place::{self, ListenError},
    protocol::{FromAgent, FromConsole, Greeting, Hello, PROTOCOL, VERSION, Welcome, mismatch},
};
use crate::{
    domain::{Answer, text::clean},
    files::own_uid,
    link::{Command, Door, Link, View, Viewport, operator},
};

/// Consoles at once.
const MOST_CONSOLES: usize = 16;
/// Connections at once, those that have not greeted yet included; further ones are closed.
const MOST_CONNECTIONS: usize = 64;
/// Orders of one console that may wait for their answers; further ones are not read before.
const MOST_ASKED: usize = 32;
/// How long a greeting may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// How long a console may take to read a message; one that takes longer (it was suspended, most likely) makes room, and
/// attaches again by itself when it goes on.
const MOST_UNREAD: Duration = Duration::from_secs(10);
/// How often a console hears something, if only that there is nothing new.
const ALIVE_EVERY: Duration = Duration::from_secs(3);

/// What an agent says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentInfo {
    /// Account and region, or `SIMULATED`.
    pub source: String,
    /// It takes no commands.
    pub read_only: bool,
    /// The machine's name, for the journal.
    pub host: String,
}

/// Lets consoles in.
#[derive(Debug)]
pub struct ConsoleServer {
    listener: UnixListener,
    /// The socket that is to be removed at the end; none where systemd listens.
    own: Option<PathBuf>,
    door: Door,
    about: Arc<AgentInfo>,
}

impl ConsoleServer {
    /// Listens in `home`, whose lock the caller must hold ([`place::listen`]), on what was `passed`, if anything was; consoles
    /// get screens at `door`.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn bind(
        home: &Path,
        passed: Option<OwnedFd>,
        door: Door,
        about: AgentInfo,
    ) -> Result<ConsoleServer, ListenError> {
        let (listener, own) = match passed {
            Some(passed) => (place::passed(home, passed)?, None),
            None => (place::listen(home)?, Some(place::socket(home))),
        };
        Ok(ConsoleServer { listener, own, door, about: Arc::new(about) })
    }

    /// Serves until `stop` turns true, then hangs up and removes the socket, unless systemd listens on it: the lock must be
    /// held until it returns.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.let_in() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        if let Some(path) = &self.own {
            // Whoever removed it before us has done the same.
            let _ = fs::remove_file(path);
        }
    }

    /// Lets consoles in for ever; all are hung up on when the wait for that is given up.
    async fn let_in(&self) {
        let (mut consoles, places) = (JoinSet::new(), Arc::new(Semaphore::new(MOST_CONSOLES)));
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // Those that have left make room.
                    while consoles.try_join_next().is_some() {}
                    if consoles.len() < MOST_CONNECTIONS {
                        let (about, places) = (Arc::clone(&self.about), Arc::clone(&places));
                        consoles.spawn(receive(stream, self.door.clone(), about, places));
                    }
                }
                Err(error) => {
                    tracing::warn!("consoles cannot attach: {error}");
                    sleep(PATIENCE).await;
                }
            }
        }
    }
}

/// Serves one console from its greeting to its end.
async fn receive(stream: UnixStream, door: Door, about: Arc<AgentInfo>, places: Arc<Semaphore>) {
    let peer = Peer::of(&stream);
    let (reading, mut writing) = stream.into_split();
    let mut frames = Frames::new(reading, FROM_CONSOLE);
    let known = match admit(peer, &mut frames, places).await {
        Ok(known) => known,
        Err(why) => {
            tracing::warn!("a console was refused: {}", clean(&why, 300));
            // It may have gone already.
            let _ = greet(&mut writing, &Greeting::Refused(why)).await;
            return;
        }
    };
    let operator = operator::operator(Some(&known.name), Some(&about.host));
    let Some(link) = door.open(known.read_only).await else { return };
    let welcome = Welcome {
        protocol: PROTOCOL,
        version: VERSION.into(),
        pid: std::process::id(),
        source: about.source.clone(),
        read_only: about.read_only || known.read_only,
        operator: operator.clone(),
        packing: packing::chosen(&known.packing),
    };
    let packs = welcome.packing.is_some();
    let mode = if known.read_only { ", read-only" } else { "" };
    tracing::info!("{operator} attached a console{mode}");
    // The first view comes at once, not with the next minute.
    drop(link.send(&operator, Command::Show(Viewport::default())));
    let ended = match greet(&mut writing, &Greeting::Welcome(welcome)).await {
        Ok(()) => attend(&link, &operator, frames, Voice::new(writing, packs)).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => tracing::info!("{operator} detached"),
        Err(error) => {
            tracing::warn!("{operator}'s console was disconnected: {}", clean(&error.to_string(), 200))
        }
    }
}

/// Who was let in.
struct AdmittedConsole {
    name: String,
    read_only: bool,
    /// The ways of packing that it can read.
    packing: Vec<String>,
    /// Its place; free again when it has left.
    _place: OwnedSemaphorePermit,
}

/// Lets a peer in, or says why not.
async fn admit(
    peer: io::Result<Peer>,
    frames: &mut Frames<OwnedReadHalf>,
    places: Arc<Semaphore>,
) -> Result<AdmittedConsole, String> {
    let peer = peer.map_err(|e| format!("cannot read the peer's user id: {e}"))?;
    let name = peer.name();
    if !peer.may_attach(own_uid()) {
        return Err(format!("{name} may not attach to an agent of another user"));
    }
    let hello = match timeout(PATIENCE, frames.next::<Hello>()).await {
        Ok(Some(Ok(hello))) => hello,
        Ok(Some(Err(error))) => return Err(format!("no handshake: {error}")),
        Ok(None) => return Err("no handshake: the peer closed the connection".into()),
        Err(_) => return Err(format!("no handshake within {} s", PATIENCE.as_secs())),
    };
    if hello.protocol != PROTOCOL {
        return Err(mismatch((PROTOCOL, VERSION), (hello.protocol, &clean(&hello.version, 40))));
    }
    let place = places.try_acquire_owned();
    let place = place.map_err(|_| format!("{MOST_CONSOLES} consoles are attached already"))?;
    Ok(AdmittedConsole { name, read_only: hello.read_only, packing: hello.packing, _place: place })
}

/// Says the first word to a console.
async fn greet(writing: &mut OwnedWriteHalf, greeting: &Greeting) -> Result<(), FrameError> {
    write(writing, &encode(greeting, FROM_AGENT)?, PATIENCE).await
}

/// Writes a frame, unless the console does not take it in time.
async fn write(writing: &mut OwnedWriteHalf, frame: &[u8], most: Duration) -> Result<(), FrameError> {
    match timeout(most, writing.write_all(frame)).await {
        Ok(written) => Ok(written?),
        Err(_) => {
            let why = format!("it did not read for {} s", most.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, why).into())
        }
    }
}

/// What a console is told after its greeting, packed or plain.
struct Voice {
    writing: OwnedWriteHalf,
    packs: bool,
    packer: Option<Packer>,
}

impl Voice {
    fn new(writing: OwnedWriteHalf, packs: bool) -> Voice {
        Voice { writing, packs, packer: None }
    }

    async fn say(&mut self, what: &FromAgent<&View>) -> Result<(), FrameError> {
        if self.packs && self.packer.is_none() {
            self.packer = Some(Packer::new()?);
        }
        let frame = match &mut self.packer {
            Some(packer) => encode_packed(what, packer, FROM_AGENT)?,
            None => encode(what, FROM_AGENT)?,
        };
        write(&mut self.writing, &frame, MOST_UNREAD).await
    }
}

/// A request that was passed on: its id, and where the answer comes.
type PendingReply = (u64, oneshot::Receiver<Answer>);

/// Passes requests on and tells what is new, until the console leaves or the engine ends.
async fn attend(
    link: &Link,
    operator: &str,
    frames: Frames<OwnedReadHalf>,
    voice: Voice,
) -> Result<(), FrameError> {
    let (asked, waiting) = mpsc::channel(MOST_ASKED);
    tokio::select! {
        ended = hear(link, operator, frames, asked) => ended,
        ended = send_views(link.view.clone(), waiting, voice) => ended,
    }
}

async fn hear(
    link: &Link,
    operator: &str,
    mut frames: Frames<OwnedReadHalf>,
    asked: mpsc::Sender<PendingReply>,
) -> Result<(), FrameError> {
    while let Some(message) = frames.next().await {
        let FromConsole::Request { id, command } = message?;
        if asked.send((id, link.send(operator, command))).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn send_views(
    mut view: watch::Receiver<Arc<View>>,
    mut waiting: mpsc::Receiver<PendingReply>,
    mut voice: Voice,
) -> Result<(), FrameError> {
    let mut open = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            Some(answer) = open.next() => voice.say(&answer).await?,
            Some(asked) = waiting.recv(), if open.len() < MOST_ASKED => open.push(answered(asked)),
            changed = view.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let newest = Arc::clone(&view.borrow_and_update());
                voice.say(&FromAgent::View(&*newest)).await?;
            }
            () = sleep(ALIVE_EVERY) => voice.say(&FromAgent::Alive).await?,
        }
    }
}

async fn answered((id, answer): PendingReply) -> FromAgent<&'static View> {
    let answer = answer.await.unwrap_or_else(|_| Err("the engine did not answer".into()));
    FromAgent::Answer { id, answer }
}

#[cfg(test)]
mod tests;
