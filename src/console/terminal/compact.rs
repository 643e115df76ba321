//! What a frame is written as. Ratatui's own back end sends both colours of a cell wherever one of them changes, those of a blank
//! as well: more than half of what a new sample costs. Here each colour is sent by itself, and the colour of letters only where
//! there are letters. The screen is the same.

use std::io::{self, Write};

use crossterm::{
    cursor::MoveTo,
    queue,
    style::{Attribute, Print, SetAttribute, SetBackgroundColor, SetForegroundColor},
};
use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, IntoCrossterm, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
    style::{Color, Modifier},
};

/// Attributes of text, as ratatui and as crossterm name them.
const ATTRIBUTES: [(Modifier, Attribute); 9] = [
    (Modifier::BOLD, Attribute::Bold),
    (Modifier::DIM, Attribute::Dim),
    (Modifier::ITALIC, Attribute::Italic),
    (Modifier::UNDERLINED, Attribute::Underlined),
    (Modifier::SLOW_BLINK, Attribute::SlowBlink),
    (Modifier::RAPID_BLINK, Attribute::RapidBlink),
    (Modifier::REVERSED, Attribute::Reverse),
    (Modifier::HIDDEN, Attribute::Hidden),
    (Modifier::CROSSED_OUT, Attribute::CrossedOut),
];
/// Attributes with which a blank shows the colour of letters.
const SEEN_ON_BLANK: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// A terminal as [`CrosstermBackend`] has it, but for how cells are written.
pub(super) struct CompactBackend<W: Write>(CrosstermBackend<W>);

impl<W: Write> CompactBackend<W> {
    /// Writes to `writer`.
    pub(super) fn new(writer: W) -> Self {
        CompactBackend(CrosstermBackend::new(writer))
    }
}

impl<W: Write> Write for CompactBackend<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.0)
    }
}

impl<W: Write> Backend for CompactBackend<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut pen = Pen::default();
        let mut next = None;
        for (x, y, cell) in content {
            if next != Some((x, y)) {
                queue!(self, MoveTo(x, y))?;
            }
            next = Some((x + 1, y));
            pen.become_that_of(cell, self)?;
            queue!(self, Print(cell.symbol()))?;
        }
        queue!(self, SetAttribute(Attribute::Reset))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.0.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

/// What the terminal writes with.
#[derive(Debug, Default)]
struct Pen {
    letters: Color,
    ground: Color,
    modifier: Modifier,
}

impl Pen {
    /// Sends what has to change for `cell` to look as it should.
    fn become_that_of(&mut self, cell: &Cell, out: &mut impl Write) -> io::Result<()> {
        if cell.modifier != self.modifier {
            if !self.modifier.is_empty() {
                // Takes back all attributes and both colours.
                queue!(out, SetAttribute(Attribute::Reset))?;
                *self = Pen::default();
            }
            for (_, attribute) in ATTRIBUTES.iter().filter(|(flag, _)| cell.modifier.contains(*flag)) {
                queue!(out, SetAttribute(*attribute))?;
            }
            self.modifier = cell.modifier;
        }
        let shows_letters = cell.symbol() != " " || cell.modifier.intersects(SEEN_ON_BLANK);
        if shows_letters && cell.fg != self.letters {
            queue!(out, SetForegroundColor(cell.fg.into_crossterm()))?;
            self.letters = cell.fg;
        }
        if cell.bg != self.ground {
            queue!(out, SetBackgroundColor(cell.bg.into_crossterm()))?;
            self.ground = cell.bg;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use proptest::prelude::*;
    use ratatui::{buffer::Buffer, layout::Rect, style::Style};

    use super::*;

    const AREA: Rect = Rect { x: 0, y: 0, width: 12, height: 4 };

    /// A frame of any cells, few of each kind, so that neighbours are often alike.
    fn frame() -> impl Strategy<Value = Buffer> {
        let color = || {
            prop::sample::select(vec![Color::Reset, Color::Red, Color::Indexed(99), Color::Rgb(13, 17, 23)])
        };
        let modifiers = vec![
            Modifier::empty(),
            Modifier::empty(),
            Modifier::BOLD,
            Modifier::DIM.union(Modifier::ITALIC),
            Modifier::REVERSED,
            Modifier::UNDERLINED,
        ];
        let symbol = prop::sample::select(vec![" ", " ", "a", "⡇", "界"]);
        let cell = (symbol, color(), color(), prop::sample::select(modifiers));
        prop::collection::vec(cell, AREA.area() as usize).prop_map(|cells| {
            let mut buffer = Buffer::empty(AREA);
            for (place, (symbol, letters, ground, modifier)) in cells.into_iter().enumerate() {
                let (x, y) = buffer.pos_of(place);
                buffer.set_string(x, y, symbol, Style::new().fg(letters).bg(ground).add_modifier(modifier));
            }
            buffer
        })
    }

    /// What the frames of `first` and `second` are sent as, one after the other.
    fn sent(mut backend: impl Backend + Write, frames: [&Buffer; 2]) -> Result<(), String> {
        let empty = Buffer::empty(AREA);
        for (before, after) in [(&empty, frames[0]), (frames[0], frames[1])] {
            let changes = before.diff(after);
            backend.draw(changes.into_iter()).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn screen(bytes: &[u8]) -> vt100::Parser {
        let extent = |cells: u16| NonZero::new(cells).expect("above zero");
        let mut parser = vt100::Parser::new(extent(AREA.height), extent(AREA.width), 0);
        parser.process(bytes);
        parser
    }

    #[test]
    fn a_colour_is_sent_where_it_changes_and_can_be_seen() {
        let mut frame = Buffer::empty(AREA);
        let plain = Style::new().fg(Color::Indexed(7)).bg(Color::Indexed(0));
        frame.set_string(0, 0, "ab", plain);
        frame.set_string(2, 0, " ", plain.fg(Color::Indexed(9)));
        frame.set_string(3, 0, " ", plain.bg(Color::Indexed(3)));
        frame.set_string(4, 0, "c", plain.bg(Color::Indexed(3)));
        frame.set_string(5, 0, "d", plain.fg(Color::Indexed(9)).bg(Color::Indexed(3)));
        let mut bytes = Vec::new();
        let changes = Buffer::empty(AREA).diff(&frame);
        CompactBackend::new(&mut bytes).draw(changes.into_iter()).expect("a list can be written");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let expected = [
            "\x1b[1;1H",
            "\x1b[38;5;7m",
            "\x1b[48;5;0m",
            "ab ",
            "\x1b[48;5;3m",
            " c",
            "\x1b[38;5;9m",
            "d",
            "\x1b[0m",
        ];
        assert_eq!(text, expected.concat());
    }

    proptest! {
        #[test]
        fn any_two_frames_look_as_with_the_librarys_own((first, second) in (frame(), frame())) {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            sent(CompactBackend::new(&mut ours), [&first, &second]).expect("a list can be written");
            sent(CrosstermBackend::new(&mut theirs), [&first, &second]).expect("a list can be written");
            let (ours, theirs) = (screen(&ours), screen(&theirs));
            for (y, x) in (0..AREA.height).flat_map(|y| (0..AREA.width).map(move |x| (y, x))) {
                let cell = |of: &vt100::Parser| of.screen().cell(y, x).cloned().expect("it is on the screen");
                let (our, their) = (cell(&ours), cell(&theirs));
                let look = |cell: &vt100::Cell| {
                    let attributes = (cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse());
                    (cell.contents().trim_end().to_owned(), cell.bgcolor(), attributes)
                };
                prop_assert_eq!(look(&our), look(&their), "{} {}", x, y);
                if !our.contents().trim().is_empty() || our.inverse() || our.underline() {
                    prop_assert_eq!(our.fgcolor(), their.fgcolor(), "{} {}", x, y);
                }
            }
        }
    }
}
