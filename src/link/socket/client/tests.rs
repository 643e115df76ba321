//! Promises of the console's side: it says what is wrong, loses nothing that is typed, and comes back by itself.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    task::JoinHandle,
};

use super::*;
use crate::link::{
    Link, StartView, pair,
    socket::{
        fixture::agent,
        frame::{FROM_AGENT, encode},
        packing,
        protocol::{Greeting, PROTOCOL, Welcome},
    },
};

/// A screen that is attached to the agent of `home`.
async fn attach(home: &Path) -> (Link, JoinHandle<()>, watch::Sender<bool>) {
    let client = Client::attach(home, false).await.expect("an agent listens");
    let (link, end) = pair();
    let (stop, stopped) = watch::channel(false);
    (link, tokio::spawn(client.run(end, stopped)), stop)
}

/// The first view from now on that `found` likes.
async fn view(link: &mut Link, found: impl Fn(&View) -> bool) -> Arc<View> {
    link.view.wait_for(|view| found(view)).await.expect("the client is there").clone()
}

fn shop() -> Command {
    Command::Show(Viewport { group: Some("shop".into()), ..Viewport::default() })
}

async fn message(link: &Link, command: Command) -> Answer {
    link.send("who it says it is", command).await.expect("every request is answered")
}

#[tokio::test]
async fn requests_are_answered_and_views_name_the_attached_agent() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_agent, _server) = agent(home.path());
    let (mut link, client, stop) = attach(home.path()).await;
    assert_eq!(message(&link, shop()).await, Ok(String::new()));
    let seen = view(&mut link, |view| view.source == "shop").await;
    let ConnectionState::Attached { pid, operator } = &seen.connection else {
        panic!("{:?}", seen.connection)
    };
    assert_eq!(*pid, std::process::id());
    let done = message(&link, Command::SetBrake { on: true }).await;
    assert_eq!(done, Ok(format!("{operator}: freeze scale-in")), "the system says who asks");
    stop.send(true).expect("it listens");
    client.await.expect("it ends by itself");
}

#[tokio::test]
async fn while_the_agent_is_away_the_old_picture_says_so_and_what_is_shown_is_asked_for_again() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (stop, server) = agent(home.path());
    let (mut link, client, _stop) = attach(home.path()).await;
    view(&mut link, |view| view.serial > 0).await;
    let unanswered = link.send("ada", Command::CancelBacktest);
    stop.send(true).expect("it listens");
    server.await.expect("it ends by itself");
    let why = unanswered.await.expect("every request is answered").expect_err("nobody did it");
    assert!(why.contains("check the journal for the outcome"), "{why}");
    let lost = view(&mut link, View::is_lost).await;
    assert!(
        lost.serial > 0 && matches!(lost.connection, ConnectionState::Lost { old: Some(_), .. }),
        "{:?}",
        lost.connection
    );
    let refused = message(&link, Command::SetBrake { on: true }).await;
    assert_eq!(refused, Err("not sent (freeze scale-in): not connected to the agent".into()));
    assert_eq!(message(&link, shop()).await, Ok(String::new()));
    let known = |view: &View| matches!(&view.connection, ConnectionState::Lost { why, .. } if why.contains("no agent is listening at"));
    view(&mut link, known).await;

    let (_agent, _server) = agent(home.path());
    view(&mut link, |view| view.source == "shop" && !view.is_lost()).await;
    assert!(message(&link, Command::SetBrake { on: true }).await.is_ok());
    drop(link);
    client.await.expect("it ends with its screen");
}

/// An agent that greets with `greeting`, says `then`, and hangs up when it has heard a second time.
async fn strange(home: &Path, greeting: Vec<u8>, then: Vec<u8>) -> JoinHandle<()> {
    let listener = place::listen(home).expect("the home is ours");
    tokio::spawn(async move {
        let (mut stream, _): (UnixStream, _) = listener.accept().await.expect("somebody comes");
        let mut heard = [0; 4_096];
        // What it hears does not matter, nor whether anybody hears it.
        let _ = stream.read(&mut heard).await;
        let _ = stream.write_all(&[greeting, then].concat()).await;
        let _ = stream.read(&mut heard).await;
    })
}

fn welcome(protocol: u32, packing: Option<&str>) -> Vec<u8> {
    let welcome = Welcome {
        protocol,
        version: "9.9".into(),
        pid: 1,
        source: "SIMULATED".into(),
        read_only: false,
        operator: "ada@ops".into(),
        packing: packing.map(str::to_owned),
    };
    encode(&Greeting::Welcome(welcome), FROM_AGENT).expect("is short").to_vec()
}

#[tokio::test]
async fn what_is_no_agent_of_this_version_is_said() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let attach = || async { Client::attach(home.path(), false).await.expect_err("no agent").to_string() };
    let none = attach().await;
    assert!(none.ends_with("run/agent.sock; start one with `prescale agent`"), "{none}");
    let refused = encode(&Greeting::Refused("no\u{1b}[2J".into()), FROM_AGENT).expect("is short").to_vec();
    for (greeting, wanted) in [
        (refused, "the agent refused: no[2J"),
        (welcome(PROTOCOL + 1, None), "the agent (prescale 9.9) speaks protocol 2"),
        (welcome(PROTOCOL, Some("lzma")), "it packs what it says as “lzma”, which was not offered"),
        (b"\0\0\0\x02{}".to_vec(), "unexpected answer from the agent: invalid message"),
        (vec![0xff; 8], "unexpected answer from the agent: frame size too big"),
        (Vec::new(), "unexpected answer from the agent: no handshake within 20 s"),
    ] {
        let agent = strange(home.path(), greeting, Vec::new()).await;
        let message = attach().await;
        assert!(message.contains(wanted), "{message}");
        agent.await.expect("it does not panic");
    }
    // The socket is there and nobody listens: it is left where it is.
    let none = attach().await;
    assert!(none.contains("no agent is listening") && place::socket(home.path()).exists(), "{none}");
}

#[tokio::test]
async fn an_agent_that_sends_garbage_is_lost_and_the_screen_stays() {
    let garbage = [b"\0\0\0\x02{}".to_vec(), vec![0xff; 9], b"\0\0\0\x09{\"view\":".to_vec()];
    let packings = [None, Some(packing::ZSTD)];
    for (nonsense, packing) in garbage.into_iter().flat_map(|bytes| packings.map(|how| (bytes.clone(), how)))
    {
        let home = tempfile::tempdir().expect("a temporary folder");
        let agent = strange(home.path(), welcome(PROTOCOL, packing), nonsense).await;
        let (mut link, client, _stop) = attach(home.path()).await;
        // The agent hangs up when it hears something.
        drop(link.send("ada", Command::CancelTraining));
        let lost = view(&mut link, View::is_lost).await;
        assert!(matches!(lost.connection, ConnectionState::Lost { old: None, .. }), "{:?}", lost.connection);
        agent.await.expect("it does not panic");
        drop(link);
        client.await.expect("it ends with its screen");
    }
}

/// As 0.1 does, which knows no packing and lists no fleet.
#[tokio::test]
async fn an_agent_that_does_not_pack_is_understood() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let shown = View { serial: 3, source: "old".into(), ..View::default() };
    let said = encode(&FromAgent::View(&shown), FROM_AGENT).expect("is short").to_vec();
    let agent = strange(home.path(), welcome(PROTOCOL, None), said).await;
    let (mut link, client, _stop) = attach(home.path()).await;
    view(&mut link, |view| view.source == "old" && view.fleet.is_none()).await;
    drop(link.send("ada", Command::CancelTraining));
    agent.await.expect("it does not panic");
    drop(link);
    client.await.expect("it ends with its screen");
}

#[tokio::test]
async fn how_far_the_agents_start_is_is_shown_until_its_first_view() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let starting = StartView { done: 3, groups: 40, what: "learning the load of web".into() };
    let shown = View { starting: Some(starting.clone()), ..View::default() };
    let said = encode(&FromAgent::View(&shown), FROM_AGENT).expect("is short").to_vec();
    let agent = strange(home.path(), welcome(PROTOCOL, None), said).await;
    let (mut link, client, _stop) = attach(home.path()).await;
    let seen = view(&mut link, |view| view.starting.is_some()).await;
    assert!(seen.serial == 0 && seen.starting.as_ref() == Some(&starting));
    assert!(matches!(seen.connection, ConnectionState::Attached { .. }), "{:?}", seen.connection);
    drop(link.send("ada", Command::CancelTraining));
    agent.await.expect("it does not panic");
    drop(link);
    client.await.expect("it ends with its screen");
}
