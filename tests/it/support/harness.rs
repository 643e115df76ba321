//! The real binary in a terminal that can be read: a pseudo-terminal and an emulator of what it would show.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::{
    home::Home,
    wait::{poll, until},
};

/// What the terminal has been told so far.
struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

/// A terminal with a program in it; the program is killed when the terminal is dropped.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Mutex<Box<dyn Write + Send>>,
    shown: Arc<Mutex<Shown>>,
    /// Modes of the line before the program ran.
    before: String,
}

impl Terminal {
    /// Starts `prescale` with `arguments` in a terminal of `columns` × `rows`, with colours.
    pub fn start(home: &Home, (columns, rows): (u16, u16), arguments: &[&str]) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_prescale"));
        command.args(arguments);
        Terminal::run(home, (columns, rows), command, &[])
    }

    /// Starts `prescale` and waits until it shows the fleet page.
    pub fn ready(home: &Home, size: (u16, u16), arguments: &[&str]) -> Terminal {
        let terminal = Terminal::start(home, size, arguments);
        terminal.wait_for("[1 Fleet]");
        terminal
    }

    /// Leaves the program by its key; it must end without an error.
    pub fn quit(mut self) {
        self.press("q");
        assert_eq!(self.end(), 0);
    }

    /// Starts any program with these variables beside the usual ones; `PRESCALE_HOME` names the home.
    pub fn run(
        home: &Home,
        (columns, rows): (u16, u16),
        mut command: CommandBuilder,
        variables: &[(&str, &str)],
    ) -> Terminal {
        for name in ["PRESCALE_CONFIG", "PRESCALE_THEME", "PRESCALE_WEBHOOK", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.env("HOME", home.path());
        command.env("PRESCALE_HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        variables.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(home.path());
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let before = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).expect("the program exists");
        drop(pair.slave);
        let keyboard = Mutex::new(pair.master.take_writer().expect("taken once"));
        let parser = vt100::Parser::new(extent(rows), extent(columns), 0);
        let shown = Arc::new(Mutex::new(Shown { parser, bytes: Vec::new() }));
        let reader = pair.master.try_clone_reader().expect("a second handle");
        let screen = Arc::clone(&shown);
        std::thread::spawn(move || follow(reader, &screen));
        Terminal { master: pair.master, child, keyboard, shown, before }
    }

    /// Types `keys` as a keyboard sends them.
    pub fn press(&self, keys: &str) {
        let mut keyboard = lock(&self.keyboard);
        keyboard.write_all(keys.as_bytes()).and_then(|()| keyboard.flush()).expect("the terminal is open");
    }

    /// Waits until the screen shows `text` somewhere.
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("“{text}”"), |screen| screen.contains(text).then_some(()));
    }

    /// Waits until `ready` finds what it seeks on the screen; panics with the screen as it is then.
    pub fn wait<T>(&self, what: &str, mut ready: impl FnMut(&str) -> Option<T>) -> T {
        poll(|| ready(&self.screen()))
            .unwrap_or_else(|| panic!("waited in vain for {what}; the screen:\n{}", self.screen()))
    }

    /// What is on the screen, line by line.
    pub fn screen(&self) -> String {
        lock(&self.shown).parser.screen().contents()
    }

    /// Everything that was written to the terminal.
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.shown).bytes.clone()
    }

    /// Gives the terminal another size, as a window does.
    pub fn resize(&self, columns: u16, rows: u16) {
        lock(&self.shown).parser.screen_mut().set_size(extent(rows), extent(columns));
        self.master.resize(size(columns, rows)).expect("the terminal is open");
    }

    /// The pid of the program.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it has been started")
    }

    /// True when the program draws on the alternate screen.
    pub fn is_taken(&self) -> bool {
        lock(&self.shown).parser.screen().alternate_screen()
    }

    /// Waits until the terminal is as it was before the program: primary screen, cursor, line modes.
    pub fn wait_restored(&self) {
        self.wait("the terminal to be given back", |_| self.strange().is_none().then_some(()));
    }

    /// What is not as it was before the program.
    fn strange(&self) -> Option<String> {
        let shown = lock(&self.shown);
        let screen = shown.parser.screen();
        let now = modes(&*self.master);
        let found = [
            (screen.alternate_screen(), "the alternate screen is still shown"),
            (screen.hide_cursor(), "the cursor is hidden"),
            (screen.bracketed_paste(), "pastes are bracketed"),
            (now != self.before, "the line modes have changed"),
        ];
        found.iter().find(|(wrong, _)| *wrong).map(|(_, what)| (*what).to_owned())
    }

    /// Waits for the end of the program, checks that the terminal was given back, and gives the exit code.
    pub fn end(&mut self) -> u32 {
        let ended = until("the end of the program", || self.child.try_wait().expect("it is our child"));
        until("the last bytes", || self.strange().is_none().then_some(()));
        ended.exit_code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads until the program has gone. It answers nothing: a program that asked the terminal would wait in vain.
fn follow(mut reader: Box<dyn Read + Send>, shown: &Mutex<Shown>) {
    let mut chunk = [0; 1 << 16];
    while let Ok(length @ 1..) = reader.read(&mut chunk) {
        let mut shown = lock(shown);
        shown.parser.process(&chunk[..length]);
        shown.bytes.extend_from_slice(&chunk[..length]);
    }
}

/// The line modes of a terminal in words that can be compared.
fn modes(master: &dyn MasterPty) -> String {
    let modes = master.get_termios().expect("a terminal has modes");
    format!("{:?} {:?} {:?}", modes.input_flags, modes.output_flags, modes.local_flags)
}

/// A test that failed elsewhere must not hide its message behind a poisoned lock.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn extent(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).expect("a terminal has rows and columns")
}
