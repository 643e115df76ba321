//! A console's connection to an agent: made, greeted, and from then on two queues that never hold the console up.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::AsyncWriteExt,
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

use super::{
    frame::{FROM_AGENT, FROM_CONSOLE, FrameError, Frames, encode},
    packing,
    protocol::{FromConsole, Greeting, Hello, PROTOCOL, VERSION, Welcome, mismatch},
};
use crate::{domain::text::clean, link::Command};

/// How long an agent may take to greet a console: one that systemd starts for whoever connects reads its configuration and
/// history first.
pub(super) const STARTING: Duration = Duration::from_secs(20);
/// Orders on their way to the socket.
const MOST_QUEUED: usize = 64;

/// Why a console is not attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// Nobody listens.
    #[error("no agent is listening at {}; start one with `prescale agent`", .0.display())]
    NoAgent(PathBuf),
    /// The socket is another user's.
    #[error("{} may not be opened by this user; attach as the agent's user, or as root", .0.display())]
    Denied(PathBuf),
    /// The agent said no, and why.
    #[error("the agent refused: {0}")]
    Refused(String),
    /// The two are of different versions.
    #[error("{0}")]
    Mismatch(String),
    /// It does not answer, or what it says makes no sense.
    #[error("unexpected answer from the agent: {0}")]
    Strange(String),
}

/// A connection that has been greeted.
#[derive(Debug)]
pub(super) struct AgentConnection {
    /// What the agent says.
    pub(super) frames: Frames<OwnedReadHalf>,
    /// Whom it belongs to.
    pub(super) agent: Welcome,
    outbox: mpsc::Sender<Bytes>,
    /// Ends with the connection.
    _writer: JoinSet<()>,
}

impl AgentConnection {
    /// Connects to the agent that listens at `path`, which greets `within` that time.
    pub(super) async fn open(
        path: PathBuf,
        hello: Hello,
        within: Duration,
    ) -> Result<AgentConnection, AttachError> {
        match timeout(within, greeted(&path, hello)).await {
            Ok(connection) => connection,
            Err(_) => Err(AttachError::Strange(format!("no handshake within {} s", within.as_secs_f64()))),
        }
    }

    /// Sends a request without waiting, or says why not.
    pub(super) fn send(&self, id: u64, command: Command) -> Result<(), String> {
        let request = FromConsole::Request { id, command };
        let frame = encode(&request, FROM_CONSOLE).map_err(|e| format!("not sent: {e}"))?;
        self.outbox.try_send(frame).map_err(|_| "the agent is busy; try again".into())
    }
}

async fn greeted(path: &Path, hello: Hello) -> Result<AgentConnection, AttachError> {
    let stream = UnixStream::connect(path).await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => AttachError::NoAgent(path.to_owned()),
        io::ErrorKind::PermissionDenied => AttachError::Denied(path.to_owned()),
        _ => AttachError::Strange(error.to_string()),
    })?;
    let strange = |error: FrameError| AttachError::Strange(clean(&error.to_string(), 200));
    let (reading, mut writing) = stream.into_split();
    let mut frames = Frames::new(reading, FROM_AGENT);
    let hello = encode(&hello, FROM_CONSOLE).map_err(strange)?;
    // An agent that has hung up may still have said why.
    let written = writing.write_all(&hello).await;
    let agent = match (frames.next::<Greeting>().await, written) {
        (Some(Ok(Greeting::Welcome(agent))), Ok(())) => agent,
        (Some(Ok(Greeting::Refused(why))), _) => return Err(AttachError::Refused(clean(&why, 300))),
        (Some(Err(error)), _) => return Err(strange(error)),
        (_, Err(error)) => return Err(strange(error.into())),
        (None, _) => return Err(AttachError::Strange("it hung up".into())),
    };
    if agent.protocol != PROTOCOL {
        let its = (agent.protocol, &*clean(&agent.version, 40));
        return Err(AttachError::Mismatch(mismatch(its, (PROTOCOL, VERSION))));
    }
    match agent.packing.as_deref() {
        None => {}
        Some(packing::ZSTD) => frames.unpack().map_err(strange)?,
        Some(other) => {
            let why = format!("it packs what it says as “{}”, which was not offered", clean(other, 40));
            return Err(AttachError::Strange(why));
        }
    }
    let (outbox, requests) = mpsc::channel(MOST_QUEUED);
    let mut writer = JoinSet::new();
    writer.spawn(write(writing, requests));
    Ok(AgentConnection { frames, agent, outbox, _writer: writer })
}

/// Writes requests until there are no more or the agent has gone; the reading side hears of that as well.
async fn write(mut writing: OwnedWriteHalf, mut requests: mpsc::Receiver<Bytes>) {
    while let Some(frame) = requests.recv().await {
        if writing.write_all(&frame).await.is_err() {
            return;
        }
    }
}
