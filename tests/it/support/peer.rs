//! A peer of an agent that speaks the socket's protocol by hand, or does not.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
};

use serde_json::{Value, json};

use super::{home::Home, wait::until};

/// A connection to an agent.
pub struct Peer(pub UnixStream);

impl Peer {
    /// Connects to the agent of `home` as soon as it listens.
    pub fn connect(home: &Home) -> Peer {
        Peer(until("the agent to listen", || UnixStream::connect(socket(home)).ok()))
    }

    /// Connects and greets; gives the agent's greeting as well.
    pub fn greet(home: &Home, hello: Value) -> (Peer, Value) {
        let mut peer = Peer::connect(home);
        peer.say(&hello);
        let greeting = peer.hear().expect("an agent greets");
        (peer, greeting)
    }

    /// A console that is welcome.
    pub fn attach(home: &Home, read_only: bool) -> Peer {
        let (peer, greeting) = Peer::greet(home, json!({ "protocol": 1, "read_only": read_only }));
        assert!(greeting["welcome"]["pid"].is_u64(), "{greeting}");
        peer
    }

    /// Says one thing.
    pub fn say(&mut self, what: &Value) {
        let text = what.to_string();
        let length = u32::try_from(text.len()).expect("is short").to_be_bytes();
        self.0.write_all(&[&length, text.as_bytes()].concat()).expect("the agent listens");
    }

    /// The next thing that the agent says; `None` once it has hung up.
    pub fn hear(&mut self) -> Option<Value> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).ok()?;
        let mut text = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut text).ok()?;
        Some(serde_json::from_slice(&text).expect("an agent speaks JSON"))
    }

    /// What `found` finds in the things that the agent says from now on.
    pub fn wait<T>(&mut self, mut found: impl FnMut(&Value) -> Option<T>) -> T {
        loop {
            let said = self.hear().expect("the agent is still there");
            if let Some(found) = found(&said) {
                return found;
            }
        }
    }

    /// Gives an order and waits for its answer: what was done, or why not.
    pub fn request(&mut self, id: u64, command: Value) -> Result<String, String> {
        self.say(&json!({ "order": { "id": id, "command": command } }));
        self.wait(|said| {
            let answer = said.get("answer").filter(|answer| answer["id"] == id)?;
            serde_json::from_value(answer["answer"].clone()).ok()
        })
    }
}

/// Where the agent of `home` listens.
pub fn socket(home: &Home) -> PathBuf {
    home.path().join("run/agent.sock")
}
