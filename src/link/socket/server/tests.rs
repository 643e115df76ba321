//! Promises of the agent's side: who is let in, and that nobody holds the engine up.

use std::path::Path;

use serde_json::{Value, json};
use tokio::net::UnixStream;

use super::*;
use crate::link::{
    door,
    socket::fixture::{agent, publish, serve},
};

/// A peer that speaks the protocol by hand.
struct RawPeer {
    frames: Frames<OwnedReadHalf>,
    writing: OwnedWriteHalf,
}

impl RawPeer {
    async fn connect(home: &Path) -> RawPeer {
        let stream = UnixStream::connect(place::socket(home)).await.expect("the server listens");
        let (reading, writing) = stream.into_split();
        RawPeer { frames: Frames::new(reading, FROM_AGENT), writing }
    }

    async fn attach(home: &Path, read_only: bool) -> RawPeer {
        let mut peer = RawPeer::connect(home).await;
        peer.say(json!({ "protocol": PROTOCOL, "read_only": read_only })).await;
        let greeting = peer.hear().await.expect("it greets");
        assert!(greeting["welcome"]["operator"].as_str().is_some_and(|o| o.ends_with("@ops")), "{greeting}");
        peer
    }

    async fn say(&mut self, what: Value) {
        let frame = encode(&what, FROM_CONSOLE).expect("is short");
        self.writing.write_all(&frame).await.expect("the server listens");
    }

    async fn hear(&mut self) -> Option<Value> {
        Some(self.frames.next().await?.expect("an agent speaks JSON"))
    }

    /// What `found` finds in what comes.
    async fn wait<T>(&mut self, found: impl Fn(&Value) -> Option<T>) -> T {
        loop {
            let message = self.hear().await.expect("the server is there");
            if let Some(found) = found(&message) {
                return found;
            }
        }
    }

    async fn request(&mut self, id: u64, command: Value) -> Value {
        self.say(json!({ "request": { "id": id, "command": command } })).await;
        self.wait(|message| Some(message.get("answer").filter(|a| a["id"] == id)?["answer"].clone())).await
    }

    /// Why it is refused, after which the server hangs up.
    async fn refused(mut self) -> String {
        let greeting = self.hear().await.expect("a refusal is said");
        assert!(!matches!(self.frames.next::<Value>().await, Some(Ok(_))), "it should have hung up");
        greeting["refused"].as_str().unwrap_or_else(|| panic!("{greeting}")).to_owned()
    }
}

#[tokio::test]
async fn each_console_has_its_view_and_its_name_and_a_read_only_one_is_refused() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_stop, _server) = agent(home.path());
    let (mut one, mut other) =
        (RawPeer::attach(home.path(), false).await, RawPeer::attach(home.path(), true).await);
    let show = |group: &str| {
        let viewport = Viewport { group: Some(group.into()), ..Viewport::default() };
        serde_json::to_value(Command::Show(viewport)).expect("has JSON")
    };
    one.say(json!({ "request": { "id": 1, "command": show("web") } })).await;
    one.wait(|message| (message["view"]["source"] == "web").then_some(())).await;
    let message = one.request(2, json!({ "set_brake": { "on": true } })).await;
    assert!(
        message["Ok"].as_str().is_some_and(|message| message.ends_with("@ops: freeze scale-in")),
        "{message}"
    );
    let view = one.wait(|message| message.get("view").cloned()).await;
    assert_eq!((&view["source"], &view["read_only"]), (&json!("web"), &json!(false)));
    let message = other.request(1, json!({ "set_brake": { "on": true } })).await;
    assert_eq!(message, json!({ "Err": "read-only" }));
    let view = other.wait(|message| message.get("view").cloned()).await;
    assert_eq!((&view["source"], &view["read_only"]), (&json!(""), &json!(true)));
}

#[tokio::test]
async fn a_peer_of_another_protocol_is_refused_with_a_reason_and_the_next_is_accepted() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_stop, _server) = agent(home.path());
    let mut peer = RawPeer::connect(home.path()).await;
    peer.say(json!({ "protocol": 99, "version": "9.9\u{1b}[2J", "what": "is new" })).await;
    let why = peer.refused().await;
    assert!(why.contains("protocol 1, the console (prescale 9.9[2J) protocol 99"), "{why}");
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 0, 0, 2, b'{', b'{'], &[0xff; 64]] {
        let mut peer = RawPeer::connect(home.path()).await;
        peer.writing.write_all(garbage).await.expect("the server listens");
        let why = peer.refused().await;
        assert!(why.starts_with("no handshake: "), "{why}");
    }
    let mut silent = RawPeer::connect(home.path()).await;
    let why = silent.hear().await.expect("it is told")["refused"].to_string();
    assert!(why.contains("no handshake within 3 s"), "{why}");
    RawPeer::attach(home.path(), false).await;
}

#[tokio::test]
async fn garbage_after_the_greeting_disconnects_that_console_only() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_stop, _server) = agent(home.path());
    let (mut good, mut bad) =
        (RawPeer::attach(home.path(), false).await, RawPeer::attach(home.path(), false).await);
    bad.say(json!({ "request": { "id": 1, "command": "launch_rockets" } })).await;
    while bad.frames.next::<Value>().await.is_some_and(|message| message.is_ok()) {}
    let message = good.request(1, json!("cancel_training")).await;
    assert!(message["Ok"].is_string(), "{message}");
}

#[tokio::test]
async fn a_console_that_does_not_read_misses_views_and_blocks_nothing() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (door, mut end) = door();
    let (_stop, _server) = serve(home.path(), door);
    let mut slow = RawPeer::attach(home.path(), false).await;
    end.request().await.expect("its first viewport");
    let viewport = Viewport { group: Some("x".repeat(100_000)), ..Viewport::default() };
    // It asked for much once, and does not take it: an engine that waited for it would stay in here.
    for serial in 1..=500 {
        end.show(0, viewport.clone());
        publish(&mut end, serial);
        tokio::task::yield_now().await;
    }
    let (mut seen, mut newest) = (0, 0);
    while newest < 500 {
        newest = slow.wait(|message| message["view"]["serial"].as_u64()).await;
        seen += 1;
    }
    assert!(seen < 100, "{seen} views waited for it");
}

#[tokio::test]
async fn consoles_that_never_read_make_room_for_those_that_do() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (door, mut end) = door();
    let (_stop, _server) = serve(home.path(), door);
    let mut deaf = Vec::new();
    for _ in 0..MOST_CONSOLES {
        deaf.push(RawPeer::attach(home.path(), true).await);
        end.request().await.expect("its first viewport");
    }
    // More than a socket holds: whoever does not read is found out.
    for screen in 0..MOST_CONSOLES as u64 {
        end.show(screen, Viewport { group: Some("x".repeat(1 << 20)), ..Viewport::default() });
    }
    publish(&mut end, 1);
    let mut late = RawPeer::connect(home.path()).await;
    late.say(json!({ "protocol": PROTOCOL })).await;
    assert_eq!(late.refused().await, "16 consoles are attached already");
    sleep(MOST_UNREAD + PATIENCE).await;
    RawPeer::attach(home.path(), false).await;
}

#[tokio::test]
async fn connections_that_say_nothing_take_no_place() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_stop, _server) = agent(home.path());
    let mut silent = Vec::new();
    for _ in 0..2 * MOST_CONSOLES {
        silent.push(RawPeer::connect(home.path()).await);
    }
    RawPeer::attach(home.path(), false).await;
}

#[tokio::test]
async fn there_is_room_for_so_many_and_when_it_stops_all_are_hung_up_on() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (stop, server) = agent(home.path());
    let mut attached = Vec::new();
    for _ in 0..MOST_CONSOLES {
        attached.push(RawPeer::attach(home.path(), false).await);
    }
    let mut late = RawPeer::connect(home.path()).await;
    late.say(json!({ "protocol": PROTOCOL })).await;
    assert_eq!(late.refused().await, "16 consoles are attached already");
    stop.send(true).expect("it listens");
    server.await.expect("it ends by itself");
    assert!(!place::socket(home.path()).exists());
    for mut peer in attached {
        while peer.frames.next::<Value>().await.is_some_and(|message| message.is_ok()) {}
    }
}

#[tokio::test]
async fn what_is_said_is_packed_for_a_console_that_can_read_that_and_for_no_other() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_stop, _server) = agent(home.path());
    for (offered, packing) in [
        (json!({ "protocol": PROTOCOL, "packing": ["lzma", "zstd"] }), json!("zstd")),
        (json!({ "protocol": PROTOCOL, "packing": ["lzma"] }), Value::Null),
        (json!({ "protocol": PROTOCOL }), Value::Null),
    ] {
        let mut peer = RawPeer::connect(home.path()).await;
        peer.say(offered).await;
        let greeting = peer.hear().await.expect("it greets");
        assert_eq!(greeting["welcome"]["packing"], packing);
        if packing.is_string() {
            peer.frames.unpack().expect("there is memory");
        }
        for id in 1..4 {
            let message = peer.request(id, json!("cancel_training")).await;
            assert!(message["Ok"].is_string(), "{message}");
        }
        peer.wait(|message| message["view"]["serial"].as_u64().filter(|serial| *serial > 0)).await;
    }
}
