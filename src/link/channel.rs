//! The channels between an engine and the screens that watch it.
//!
//! A [`Door`] leads to an engine; each [`Link`] that is opened there is a screen with a viewport of its own, for which the
//! engine cuts its views. [`pair`] is the usual case in one process: an engine and one screen.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{mpsc, oneshot, watch};

use super::{Command, PastAnswer, View, Viewport};
use crate::domain::Answer;

/// Commands that may wait unanswered; a sender beyond that is told to try again.
const MOST_WAITING: usize = 64;

/// A command on its way to the engine.
#[derive(Debug)]
pub struct Request {
    /// Who asks, for the journal.
    pub operator: String,
    /// The screen that it comes from.
    pub screen: u64,
    /// That screen may look and not ask.
    pub read_only: bool,
    /// What is asked.
    pub command: Command,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Answer>,
}

/// What reaches an engine.
#[derive(Debug)]
enum EngineMessage {
    Open(AttachedScreen),
    Request(Request),
}

/// Where the engine puts the views of one screen.
#[derive(Debug)]
struct AttachedScreen {
    id: u64,
    /// Its views say that commands are refused, whatever the engine says of itself.
    shown_read_only: bool,
    viewport: Viewport,
    /// What it was told last of the past.
    past: Option<Box<PastAnswer>>,
    view: watch::Sender<Arc<View>>,
}

/// The way to an engine.
#[derive(Debug, Clone)]
pub struct Door {
    calls: mpsc::Sender<EngineMessage>,
    next: Arc<AtomicU64>,
}

/// One end of the link: what a screen holds.
#[derive(Debug, Clone)]
pub struct Link {
    /// The newest view; older ones are gone, so a slow screen never holds the engine up.
    pub view: watch::Receiver<Arc<View>>,
    door: Door,
    screen: u64,
    read_only: bool,
}

/// The engine's end.
#[derive(Debug)]
pub struct EngineEnd {
    screens: Vec<AttachedScreen>,
    calls: mpsc::Receiver<EngineMessage>,
    /// A request that was taken to see whether it takes the place of the one before.
    next: Option<Request>,
}

/// An engine's end that nobody watches yet, and the way to it.
pub fn door() -> (Door, EngineEnd) {
    let (calls, calls_out) = mpsc::channel(MOST_WAITING);
    let door = Door { calls, next: Arc::default() };
    (door, EngineEnd { screens: Vec::new(), calls: calls_out, next: None })
}

/// Joins an engine and its screen inside one process.
pub fn pair() -> (Link, EngineEnd) {
    let (door, mut end) = door();
    let (link, screen) = door.screen(false, false);
    end.screens.push(screen);
    (link, end)
}

impl Door {
    /// Opens a screen; a read-only one sees everything, and every command but [`Command::Show`] is refused. `None` when the
    /// engine is gone.
    pub async fn open(&self, read_only: bool) -> Option<Link> {
        self.attach(read_only, read_only).await
    }

    /// Opens a screen whose commands are refused if it is `read_only`, and whose views say so if it is `shown_read_only`.
    async fn attach(&self, read_only: bool, shown_read_only: bool) -> Option<Link> {
        let (link, screen) = self.screen(read_only, shown_read_only);
        self.calls.send(EngineMessage::Open(screen)).await.ok()?;
        Some(link)
    }

    /// The same way for those who only look.
    pub fn viewing(&self) -> ViewDoor {
        ViewDoor(self.clone())
    }

    fn screen(&self, read_only: bool, shown_read_only: bool) -> (Link, AttachedScreen) {
        let (view_in, view) = watch::channel(Arc::new(View::default()));
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let viewport = Viewport::default();
        let screen = AttachedScreen { id, shown_read_only, viewport, past: None, view: view_in };
        (Link { view, door: self.clone(), screen: id, read_only }, screen)
    }
}

/// A way to an engine for those who only look: nothing that is opened here has a means to send a command.
#[derive(Debug, Clone)]
pub struct ViewDoor(Door);

/// A screen that only looks: by its type it can ask for nothing but another part to see.
#[derive(Debug, Clone)]
pub struct Viewer(Link);

impl ViewDoor {
    /// Opens a screen that only looks; `None` when the engine is gone. What it shows as read-only is the engine, not the screen.
    pub async fn open(&self) -> Option<Viewer> {
        self.0.attach(true, false).await.map(Viewer)
    }
}

impl Viewer {
    /// Shows another part. `false` when the engine did not take it: it is gone or too busy.
    pub async fn show(&self, viewport: Viewport) -> bool {
        matches!(self.0.send("viewer", Command::Show(viewport)).await, Ok(Ok(_)))
    }

    /// The newest view.
    pub fn newest(&mut self) -> Arc<View> {
        Arc::clone(&self.0.view.borrow_and_update())
    }

    /// Waits for a view that [`newest`](Self::newest) has not given yet. `false` when the engine is gone.
    pub async fn changed(&mut self) -> bool {
        self.0.view.changed().await.is_ok()
    }
}

impl Link {
    /// Sends a command in `operator`'s name without waiting; the answer arrives on the receiver.
    ///
    /// The receiver ends without a value when the engine is gone or too busy to take commands.
    pub fn send(&self, operator: &str, command: Command) -> oneshot::Receiver<Answer> {
        let (reply, answer) = oneshot::channel();
        let (screen, read_only) = (self.screen, self.read_only);
        let request = Request { operator: operator.to_owned(), screen, read_only, command, reply };
        if let Err(error) = self.door.calls.try_send(EngineMessage::Request(request)) {
            let (mpsc::error::TrySendError::Full(call) | mpsc::error::TrySendError::Closed(call)) = error;
            if let EngineMessage::Request(request) = call {
                // The receiver may be gone as well; then nobody is left to tell.
                let _ = request.reply.send(Err("the engine is busy; try again".into()));
            }
        }
        answer
    }
}

impl EngineEnd {
    /// The next request; `None` once nobody can send one any more. Nothing is lost when the wait is given up. Of what one screen
    /// asks to show in a row, as with a key that is held down, only the last is given: the others are answered, and no view is
    /// made for them.
    pub async fn request(&mut self) -> Option<Request> {
        let mut request = match self.next.take() {
            Some(next) => next,
            None => loop {
                let message = self.calls.recv().await?;
                if let Some(request) = self.entered(message) {
                    break request;
                }
            },
        };
        for _ in 0..MOST_WAITING {
            let Ok(message) = self.calls.try_recv() else { break };
            let Some(next) = self.entered(message) else { continue };
            if !replaces(&next, &request) {
                self.next = Some(next);
                break;
            }
            // Whoever asked may have left.
            let _ = std::mem::replace(&mut request, next).reply.send(Ok(String::new()));
        }
        Some(request)
    }

    /// The request that `message` is; a screen is let in.
    fn entered(&mut self, message: EngineMessage) -> Option<Request> {
        match message {
            EngineMessage::Request(request) => return Some(request),
            EngineMessage::Open(screen) => self.screens.push(screen),
        }
        None
    }

    /// What the screen that `request` came from shows from now on.
    pub fn show(&mut self, screen: u64, viewport: Viewport) {
        if let Some(screen) = self.screens.iter_mut().find(|s| s.id == screen) {
            screen.viewport = viewport;
        }
    }

    /// True if anybody looks at views.
    pub fn has_viewers(&mut self) -> bool {
        self.screens.retain(|screen| !screen.view.is_closed());
        !self.screens.is_empty()
    }

    /// Gives each screen the view that `cut` makes for its viewport and from what it was told last of the past.
    ///
    /// # Errors
    /// Those of `cut`.
    pub fn publish<E>(
        &mut self,
        mut cut: impl FnMut(&Viewport, &mut Option<Box<PastAnswer>>) -> Result<View, E>,
    ) -> Result<(), E> {
        for screen in self.screens.iter_mut().filter(|screen| !screen.view.is_closed()) {
            let mut view = cut(&screen.viewport, &mut screen.past)?;
            view.read_only |= screen.shown_read_only;
            screen.view.send_replace(Arc::new(view));
        }
        Ok(())
    }
}

/// Whether `next` asks for another part of the same screen than `request`.
fn replaces(next: &Request, request: &Request) -> bool {
    let shows = |request: &Request| matches!(request.command, Command::Show(_));
    next.screen == request.screen && shows(next) && shows(request)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn of(group: &str) -> Viewport {
        Viewport { group: Some(group.into()), ..Viewport::default() }
    }

    /// A view that tells for which group it was cut.
    fn cut(viewport: &Viewport, _past: &mut Option<Box<PastAnswer>>) -> Result<View, Infallible> {
        Ok(View { source: viewport.group.clone().unwrap_or_default(), serial: 1, ..View::default() })
    }

    #[tokio::test]
    async fn each_screen_has_a_viewport_of_its_own_and_one_that_leaves_is_forgotten() {
        let (door, mut end) = door();
        assert!(!end.has_viewers());
        let one = door.open(false).await.expect("the engine is there");
        let other = door.open(true).await.expect("the engine is there");
        let shown = [one.send("ada", Command::Show(of("web"))), other.send("bob", Command::Show(of("api")))];
        for _ in shown {
            let request = end.request().await.expect("two were sent");
            let Command::Show(viewport) = request.command else { panic!("no other command was sent") };
            end.show(request.screen, viewport);
        }
        end.publish(cut).expect("it cannot fail");
        let seen = |link: &Link| (link.view.borrow().source.clone(), link.view.borrow().read_only);
        assert_eq!((seen(&one), seen(&other)), (("web".into(), false), ("api".into(), true)));
        drop((one, other));
        assert!(!end.has_viewers());
        drop(door);
        assert!(end.request().await.is_none());
    }

    #[tokio::test]
    async fn of_what_a_screen_shows_in_a_row_only_the_last_is_given_and_the_others_are_answered() {
        let (door, mut end) = door();
        let one = door.open(false).await.expect("the engine is there");
        let other = door.open(false).await.expect("the engine is there");
        let show = |link: &Link, group: &str| link.send("ada", Command::Show(of(group)));
        let passed = [show(&one, "a"), show(&one, "b")];
        let last = show(&one, "c");
        let kept = [show(&other, "d"), one.send("ada", Command::SetBrake { on: true }), show(&one, "e")];
        let mut given = Vec::new();
        for _ in 0..4 {
            let request = end.request().await.expect("four are left");
            given.push(match &request.command {
                Command::Show(viewport) => viewport.group.clone().unwrap_or_default(),
                other => other.what(),
            });
            request.reply.send(Ok("shown".into())).expect("it is waited for");
        }
        assert_eq!(given, ["c", "d", "freeze scale-in", "e"]);
        for answer in passed {
            assert_eq!(answer.await, Ok(Ok(String::new())));
        }
        for answer in [last].into_iter().chain(kept) {
            assert_eq!(answer.await, Ok(Ok("shown".into())));
        }
    }

    #[tokio::test]
    async fn a_viewer_asks_for_nothing_but_another_part_to_see() {
        let (door, mut end) = door();
        let mut viewer = door.viewing().open().await.expect("the engine is there");
        let shown = viewer.clone();
        let asked = tokio::spawn(async move { shown.show(of("web")).await });
        let request = end.request().await.expect("it was sent");
        assert!(request.read_only, "whatever a viewer sends, the engine knows that it only looks");
        let Command::Show(viewport) = request.command else { panic!("a viewer has no other command") };
        end.show(request.screen, viewport);
        request.reply.send(Ok(String::new())).expect("it is waited for");
        assert!(asked.await.expect("it does not panic"));
        end.publish(cut).expect("it cannot fail");
        assert!(viewer.changed().await);
        assert_eq!((viewer.newest().source.as_str(), viewer.newest().read_only), ("web", false));
        drop(end);
        assert!(!viewer.changed().await && !viewer.show(of("api")).await);
    }

    #[tokio::test]
    async fn a_request_carries_the_operator_and_the_read_only_flag() {
        let (door, mut end) = door();
        let link = door.open(true).await.expect("the engine is there");
        let answer = link.send("ada@ops", Command::SetBrake { on: true });
        let request = end.request().await.expect("it was sent");
        assert_eq!((request.operator.as_str(), request.read_only), ("ada@ops", true));
        request.reply.send(Ok("done".into())).expect("it is waited for");
        assert_eq!(answer.await, Ok(Ok("done".into())));
    }
}
