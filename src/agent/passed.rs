//! What systemd listens on in the agent's place (`LISTEN_FDS`), so that nobody is refused while it restarts.

use std::{io, os::fd::OwnedFd};

use listenfd::ListenFd;

use crate::http::PassedSocket;

/// The sockets that systemd passed; none without them.
#[derive(Debug, Default)]
pub struct PassedSockets {
    /// For HTTP.
    pub(super) http: PassedSocket,
    /// For consoles: a Unix socket.
    pub(super) consoles: Option<OwnedFd>,
}

impl PassedSockets {
    /// Takes them from the environment, which is changed by that: before other threads are started.
    ///
    /// # Errors
    /// When what was passed is not a TCP socket, a Unix socket, or one of each.
    pub fn take() -> io::Result<PassedSockets> {
        PassedSockets::sorted(ListenFd::from_env())
    }

    fn sorted(mut passed: ListenFd) -> io::Result<PassedSockets> {
        let mut taken = PassedSockets::default();
        for at in 0..passed.len() {
            // What is no TCP socket is left where it is.
            let is_second = match passed.take_tcp_listener(at) {
                Ok(listener) => std::mem::replace(&mut taken.http, listener.into())
                    .address()
                    .map(|_| "two TCP sockets were passed; one is for HTTP"),
                Err(_) => {
                    let neither = |error| {
                        let text = format!("socket {} is neither TCP nor Unix: {error}", at + 1);
                        io::Error::other(text)
                    };
                    let socket = passed.take_unix_listener(at).map_err(neither)?.map(OwnedFd::from);
                    let before = std::mem::replace(&mut taken.consoles, socket);
                    before.map(|_| "two Unix sockets were passed; one is for consoles")
                }
            };
            if let Some(why) = is_second {
                return Err(io::Error::other(why));
            }
        }
        Ok(taken)
    }
}
