//! A terminal that is read only when a test asks for it: it can be left to stall, as a slow link does, and hung up.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    time::Duration,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{
    home::Home,
    wait::{poll, until},
};

/// Our end of the terminal, and the program at the other.
pub struct Line {
    ours: Option<Ours>,
    parser: vt100::Parser,
    child: Box<dyn Child + Send + Sync>,
    program: u32,
}

/// Everything that holds our end open.
struct Ours {
    _master: Box<dyn MasterPty + Send>,
    reader: Box<dyn Read + Send>,
    keyboard: Box<dyn Write + Send>,
}

/// Whether the terminal is the one that sends the program SIGHUP when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controlling {
    Yes,
    No,
}

impl Line {
    /// Starts `prescale` in a terminal of 100 × 30; `home` must outlive it.
    pub fn start(home: &Home, controlling: Controlling) -> Line {
        let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        // `setsid` puts the program into a session of its own, away from the terminal that it writes to.
        let mut command = CommandBuilder::new(match controlling {
            Controlling::Yes => "env",
            Controlling::No => "setsid",
        });
        command.args((controlling == Controlling::No).then_some("--wait"));
        command.arg(env!("CARGO_BIN_EXE_prescale"));
        for name in ["PRESCALE_CONFIG", "PRESCALE_THEME", "PRESCALE_WEBHOOK", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.env("HOME", home.path());
        command.env("PRESCALE_HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.cwd(home.path());
        let child = pair.slave.spawn_command(command).expect("the program exists");
        drop(pair.slave);
        let reader = pair.master.try_clone_reader().expect("a second handle");
        let keyboard = pair.master.take_writer().expect("taken once");
        let first = child.process_id().expect("it has been started");
        let program = match controlling {
            Controlling::Yes => first,
            Controlling::No => until("the program", || child_of(first)),
        };
        let (rows, columns) = (30.try_into().expect("not zero"), 100.try_into().expect("not zero"));
        let ours = Some(Ours { _master: pair.master, reader, keyboard });
        Line { ours, parser: vt100::Parser::new(rows, columns, 0), child, program }
    }

    /// The pid of `prescale`.
    pub fn pid(&self) -> u32 {
        self.program
    }

    /// Types `keys`.
    pub fn press(&mut self, keys: &str) {
        let ours = self.ours.as_mut().expect("not hung up");
        ours.keyboard.write_all(keys.as_bytes()).expect("the terminal is open");
    }

    /// Reads what the program writes until the screen shows `text`. It must go on writing: its clock runs.
    pub fn read_until(&mut self, text: &str) {
        let found = poll(|| {
            let mut piece = [0; 1 << 14];
            let ours = self.ours.as_mut().expect("not hung up");
            let length = ours.reader.read(&mut piece).expect("the program writes");
            self.parser.process(&piece[..length]);
            self.parser.screen().contents().contains(text).then_some(())
        });
        let screen = || self.parser.screen().contents();
        found.unwrap_or_else(|| panic!("waited in vain for “{text}”; the screen:\n{}", screen()));
    }

    /// Lets the program write until nothing more is taken: a pseudo-terminal holds a few kilobytes.
    pub fn stall(&self) {
        std::thread::sleep(Duration::from_secs(3));
    }

    /// Hangs up: our end goes.
    pub fn hang_up(&mut self) {
        self.ours = None;
    }

    /// Waits for the end of the program.
    pub fn end(&mut self) {
        until("the end of the program", || {
            // A child of ours that has ended lives on as a zombie until it is waited for.
            let _ = self.child.try_wait();
            (!is_alive(self.program)).then_some(())
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if is_alive(self.program) {
            let _ = Command::new("kill").args(["-KILL", &self.program.to_string()]).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_alive(pid: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-0", &pid.to_string()]).stderr(Stdio::null());
    kill.status().expect("kill is part of every Unix").success()
}

/// The first child of a process.
pub fn child_of(pid: u32) -> Option<u32> {
    let out = Command::new("ps").args(["-A", "-o", "ppid=,pid="]).output().expect("ps is there");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines().find_map(|line| {
        let mut numbers = line.split_whitespace().filter_map(|n| n.parse::<u32>().ok());
        (numbers.next() == Some(pid)).then(|| numbers.next()).flatten()
    })
}
