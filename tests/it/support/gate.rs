//! The one way to a simulated account: it records every call that changes a group, and kills the client at an appointed point.
//!
//! A call is written into the record when it arrives, with what became of it, so that the record is what the account was
//! asked for, whether the client lived to hear the answer or not.

use std::{
    collections::HashMap,
    io::{BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use prescale::cloud::simulator_http::{Account, serve};
use rustix::process::{Pid, Signal, kill_process};

use super::proxy::message;

/// What becomes of a call whose client is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The account does it at once.
    Done,
    /// It never reaches the account.
    Lost,
    /// The account does it so much later.
    Late(Duration),
}

/// A point at which the client is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// So long after it reads one group again, which it does before each intent.
    Read(Duration),
    /// When a call has arrived.
    Arrived(Fate),
    /// When the account has done the call, before the answer is sent.
    Held,
    /// So long after the answer was sent.
    Answered(Duration),
}

/// The `nth` time that the client comes to a point, from 0.
#[derive(Debug, Clone, Copy)]
pub struct Aim {
    pub nth: usize,
    pub point: Point,
}

/// A call that changes a group.
#[derive(Debug, Clone)]
pub struct Call {
    /// The process that made it, by number.
    pub run: usize,
    pub operation: String,
    pub group: String,
    /// The size asked for, if one was.
    pub size: Option<u32>,
    pub fate: Fate,
}

#[derive(Default)]
struct State {
    run: usize,
    pid: Option<u32>,
    aim: Option<Aim>,
    reads: usize,
    writes: usize,
    newest: Option<Instant>,
    open: HashMap<usize, usize>,
    calls: Vec<Call>,
}

/// A gate and the account behind it.
pub struct Gate {
    /// Where the client finds it.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Gate {
    /// A gate to `account`.
    pub fn to(account: Arc<Account>) -> Gate {
        let behind = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = behind.local_addr().expect("it is bound").to_string();
        thread::spawn(move || serve(&behind, account));
        Gate::before(address)
    }

    /// A gate to what answers at `address`.
    pub fn before(address: String) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, address) = (Arc::clone(&shared), address.clone());
                let run = {
                    let mut state = lock(&state);
                    let run = state.run;
                    *state.open.entry(run).or_default() += 1;
                    run
                };
                thread::spawn(move || {
                    // A client that is killed ends its conversation.
                    let _ = converse(&stream, &address, &state, run);
                    *lock(&state).open.entry(run).or_default() -= 1;
                });
            }
        });
        Gate { url, state }
    }

    /// From now on connections are those of the next process, which is killed at `aim`. Gives its number.
    pub fn next(&self, aim: Option<Aim>) -> usize {
        let mut state = lock(&self.state);
        (state.run, state.pid, state.newest) = (state.run + 1, None, None);
        (state.aim, state.reads, state.writes) = (aim, 0, 0);
        state.run
    }

    /// Another aim for the same process: what it has done so far does not count.
    pub fn aim(&self, aim: Option<Aim>) {
        let mut state = lock(&self.state);
        (state.aim, state.reads, state.writes) = (aim, 0, 0);
    }

    /// Names the process.
    pub fn is(&self, pid: u32) {
        lock(&self.state).pid = Some(pid);
    }

    /// True once nothing was asked for during `quiet`, after something was done; forty times as long where nothing was.
    pub fn is_quiet(&self, quiet: Duration) -> bool {
        let state = lock(&self.state);
        let enough = if state.reads + state.writes > 0 { quiet } else { 40 * quiet };
        state.newest.is_some_and(|at| at.elapsed() > enough)
    }

    /// True once every connection of process `run` has ended.
    pub fn is_drained(&self, run: usize) -> bool {
        lock(&self.state).open.get(&run).is_none_or(|open| *open == 0)
    }

    /// The record.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.state).calls.clone()
    }
}

/// Kills the process `pid`, if it still lives.
pub fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a request is.
enum Request {
    /// One group is read again.
    Read,
    /// A group is changed.
    Write(Call),
    Other,
}

fn request(bytes: &[u8], run: usize) -> Request {
    let text = String::from_utf8_lossy(bytes);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let fields: HashMap<String, String> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.get(name).cloned();
    let operation = field("Action").unwrap_or_default();
    match operation.as_str() {
        "SetDesiredCapacity"
        | "UpdateAutoScalingGroup"
        | "PutScheduledUpdateGroupAction"
        | "DeleteScheduledAction" => Request::Write(Call {
            run,
            group: field("AutoScalingGroupName").unwrap_or_default(),
            size: field("DesiredCapacity").or_else(|| field("MinSize")).and_then(|n| n.parse().ok()),
            operation,
            fate: Fate::Done,
        }),
        "DescribeAutoScalingGroups"
            if field("AutoScalingGroupNames.member.1").is_some()
                && field("AutoScalingGroupNames.member.2").is_none() =>
        {
            Request::Read
        }
        _ => Request::Other,
    }
}

/// What is to happen around one request.
enum Order {
    Pass,
    KillAfter(Duration),
    KillFirst(Fate),
    KillBeforeAnswer,
}

impl State {
    fn order(&mut self, request: &Request) -> Order {
        self.newest = Some(Instant::now());
        let (count, write) = match request {
            Request::Read => (&mut self.reads, false),
            Request::Write(_) => (&mut self.writes, true),
            Request::Other => return Order::Pass,
        };
        let nth = *count;
        *count += 1;
        match self.aim.filter(|aim| aim.nth == nth).map(|aim| aim.point) {
            Some(Point::Read(after)) if !write => Order::KillAfter(after),
            Some(Point::Arrived(fate)) if write => Order::KillFirst(fate),
            Some(Point::Held) if write => Order::KillBeforeAnswer,
            Some(Point::Answered(after)) if write => Order::KillAfter(after),
            _ => Order::Pass,
        }
    }
}

fn converse(mut stream: &TcpStream, address: &str, state: &Mutex<State>, run: usize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(bytes) = message(&mut reader)? {
        let mut request = request(&bytes, run);
        let (order, pid) = {
            let mut state = lock(state);
            let order = if state.run == run { state.order(&request) } else { Order::Pass };
            if let (Request::Write(call), Order::KillFirst(fate)) = (&mut request, &order) {
                call.fate = *fate;
            }
            if let Request::Write(call) = request {
                state.calls.push(call);
            }
            (order, state.pid.unwrap_or(0))
        };
        if let Order::KillFirst(fate) = order {
            kill(pid);
            match fate {
                Fate::Done => drop(pass(&bytes, address)?),
                Fate::Lost => {}
                Fate::Late(after) => {
                    let address = address.to_owned();
                    thread::spawn(move || {
                        thread::sleep(after);
                        pass(&bytes, &address)
                    });
                }
            }
            return Ok(());
        }
        let answer = pass(&bytes, address)?;
        if matches!(order, Order::KillBeforeAnswer) {
            kill(pid);
            return Ok(());
        }
        stream.write_all(&answer)?;
        lock(state).newest = Some(Instant::now());
        if let Order::KillAfter(after) = order {
            thread::spawn(move || {
                thread::sleep(after);
                kill(pid);
            });
        }
    }
    Ok(())
}

fn pass(request: &[u8], address: &str) -> std::io::Result<Vec<u8>> {
    let mut there = TcpStream::connect(address)?;
    there.set_nodelay(true)?;
    there.write_all(request)?;
    Ok(message(&mut BufReader::new(&there))?.unwrap_or_default())
}
