//! The link between processes: a console attaches to a running agent over a Unix socket in the home folder.
//!
//! The socket lies in a folder that only its owner may enter ([`place`]). Whoever connects is known by what the system says
//! of the peer ([`peer`]): the agent's own user or root, nobody else, and under that name the journal has what is asked.
//! Each side says first who it is and which [`protocol`] it speaks; then requests go in, and views and answers come out, as
//! [`frame`]s of JSON, which an agent packs for a console that can read that ([`packing`]).
//!
//! [`server`] is the agent's side. Every console has a screen of its own at the engine's [`Door`](super::Door), and gets the
//! newest view whenever it has taken the one before: one that is slow misses views, and never holds the engine up.
//! [`client`] is the console's side. It stands where the engine would: it puts views into a [`Link`](super::Link) and takes
//! requests out of it. When the agent goes away it says how old the picture is, refuses requests, and tries again.
//! [`caller`] is for commands of a shell: it asks, waits for the answer, and leaves.
//!
//! Nothing here knows an engine or a screen. Start with [`protocol`], then [`server`].

pub mod caller;
pub mod client;
mod connection;
#[cfg(test)]
mod fixture;
pub mod frame;
pub mod packing;
pub mod peer;
pub mod place;
pub mod protocol;
pub mod server;

pub use caller::{CallError, Caller};
pub use client::Client;
pub use connection::AttachError;
pub use place::ListenError;
pub use server::ConsoleServer;
