//! What the two sides say: a greeting each, then requests one way, views and answers the other.
//!
//! The first frame of a console is its [`Hello`], that of an agent a [`Greeting`]; these two keep their form in every
//! version, so that two that do not understand each other can say so.

use serde::{Deserialize, Serialize};

use super::packing;
use crate::{
    domain::Answer,
    link::{Command, View},
};

/// Grows whenever one side could misunderstand the other.
pub const PROTOCOL: u32 = 1;

/// This program's version, for people.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who attaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// What it speaks.
    pub protocol: u32,
    /// Its program's version.
    #[serde(default)]
    pub version: String,
    /// It only looks: the agent is to refuse its commands.
    #[serde(default)]
    pub read_only: bool,
    /// The ways of packing that it can read; 0.1 names none.
    #[serde(default)]
    pub packing: Vec<String>,
}

impl Hello {
    /// What this program says.
    pub fn new(read_only: bool) -> Hello {
        Hello { protocol: PROTOCOL, version: VERSION.into(), read_only, packing: packing::offered() }
    }
}

/// An agent's answer to a [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Greeting {
    /// Come in.
    Welcome(Welcome),
    /// No, and why; then it hangs up.
    Refused(String),
}

/// Who is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// What it speaks.
    pub protocol: u32,
    /// Its program's version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// Account and region, or `SIMULATED`.
    pub source: String,
    /// It takes no commands, of this console at least.
    pub read_only: bool,
    /// The name under which the journal will have what this console asks.
    pub operator: String,
    /// How all that it says after this is packed, if it is: one of the ways that the console named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packing: Option<String>,
}

/// What a console says after its greeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromConsole {
    /// A request; `order` on the wire, as in 0.1.
    #[serde(rename = "order", alias = "request")]
    Request {
        /// By which the answer is known.
        id: u64,
        /// What is asked.
        command: Command,
    },
}

/// What an agent says after its greeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromAgent<V = Box<View>> {
    /// The newest view.
    View(V),
    /// The answer to a request.
    Answer {
        /// Of which.
        id: u64,
        /// Done, or why not.
        answer: Answer,
    },
    /// Nothing is new, and the agent is there.
    Alive,
}

/// Why an agent and a console of these protocols and versions cannot talk.
pub fn mismatch(agent: (u32, &str), console: (u32, &str)) -> String {
    format!(
        "the agent (prescale {}) speaks protocol {}, the console (prescale {}) protocol {}; start both from one version",
        agent.1, agent.0, console.1, console.0
    )
}
