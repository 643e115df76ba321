//! Styles as text, and how many colours a terminal has.

use ratatui::style::{Color, Modifier, Style};

/// How many colours may be used, fewest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: weight, underline and reverse only.
    None,
    /// The 16 of ANSI.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// 24 bits.
    True,
}

/// What the operator asked for with `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// As the environment says.
    #[default]
    Auto,
    /// 24 bits, whatever the environment says.
    #[value(name = "always", alias = "true")]
    Always,
    /// The 256 of xterm.
    #[value(name = "256")]
    Indexed,
    /// The 16 of ANSI.
    #[value(name = "16")]
    Sixteen,
    /// None.
    Never,
}

/// The variables that speak of colours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NO_COLOR`; anything but the empty text asks for none.
    pub no_color: Option<String>,
    /// `COLORTERM`
    pub colorterm: Option<String>,
    /// `TERM`
    pub term: Option<String>,
}

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Environment {
        let read = |name| std::env::var(name).ok();
        Environment { no_color: read("NO_COLOR"), colorterm: read("COLORTERM"), term: read("TERM") }
    }

    /// The colours to use: `--color` before `NO_COLOR` before `COLORTERM` before `TERM`.
    pub fn depth(&self, choice: ColorChoice) -> Depth {
        let term = self.term.as_deref().unwrap_or("");
        match choice {
            ColorChoice::Always => Depth::True,
            ColorChoice::Indexed => Depth::Indexed,
            ColorChoice::Sixteen => Depth::Sixteen,
            ColorChoice::Never => Depth::None,
            ColorChoice::Auto if self.no_color.as_deref().is_some_and(|v| !v.is_empty()) => Depth::None,
            ColorChoice::Auto if term == "dumb" => Depth::None,
            ColorChoice::Auto => match self.colorterm.as_deref() {
                Some("truecolor" | "24bit") => Depth::True,
                _ if term.contains("direct") || term.contains("kitty") || term.contains("ghostty") => {
                    Depth::True
                }
                _ if term.contains("256") => Depth::Indexed,
                _ => Depth::Sixteen,
            },
        }
    }
}

/// Reads `[colour] [on colour] [bold|dim|underlined|reversed …]`, reduced to `depth`.
///
/// # Errors
/// In words: what is wrong and what may stand there.
pub fn parse(text: &str, depth: Depth) -> Result<Style, String> {
    let mut style = Style::default();
    let mut background = false;
    for word in text.split_whitespace() {
        match word {
            "on" => background = true,
            "bold" => style = style.add_modifier(Modifier::BOLD),
            "dim" => style = style.add_modifier(Modifier::DIM),
            "underlined" => style = style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style = style.add_modifier(Modifier::REVERSED),
            _ => {
                let color = color(word)?;
                let color = reduce(color, depth);
                let slot = if background { &mut style.bg } else { &mut style.fg };
                *slot = color;
                background = false;
            }
        }
    }
    if background {
        return Err("`on` needs a colour after it".into());
    }
    // A style that is told apart by its background alone is reversed where there are no colours.
    let shaded = style.add_modifier.contains(Modifier::BOLD) && text.contains(" on ");
    if depth == Depth::None && shaded {
        style = style.add_modifier(Modifier::REVERSED);
    }
    Ok(style)
}

/// `#rrggbb` as its three parts.
fn color(word: &str) -> Result<(u8, u8, u8), String> {
    let wrong =
        || format!("`{word}` is not a colour (#rrggbb) nor one of on, bold, dim, underlined, reversed");
    let hex = word.strip_prefix('#').filter(|h| h.len() == 6 && h.is_ascii()).ok_or_else(wrong)?;
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| wrong());
    Ok((part(0)?, part(2)?, part(4)?))
}

/// The nearest colour that `depth` has.
fn reduce((r, g, b): (u8, u8, u8), depth: Depth) -> Option<Color> {
    match depth {
        Depth::None => None,
        Depth::True => Some(Color::Rgb(r, g, b)),
        Depth::Indexed => Some(Color::Indexed(indexed(r, g, b))),
        Depth::Sixteen => Some(sixteen(r, g, b)),
    }
}

/// Nearest of xterm's 6×6×6 cube and 24 greys.
fn indexed(r: u8, g: u8, b: u8) -> u8 {
    let near = |v: u8| (0..6u8).min_by_key(|i| CUBE[usize::from(*i)].abs_diff(v)).unwrap_or(0);
    let (cr, cg, cb) = (near(r), near(g), near(b));
    let cube = [CUBE[usize::from(cr)], CUBE[usize::from(cg)], CUBE[usize::from(cb)]];
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let level = 8 + 10 * grey;
    if distance([r, g, b], [level; 3]) < distance([r, g, b], cube) {
        232 + grey
    } else {
        16 + 36 * cr + 6 * cg + cb
    }
}

/// The 16 of ANSI by xterm's values for them.
const ANSI: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// Steps of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Nearest of the 16 of ANSI, by xterm's values for them.
fn sixteen(r: u8, g: u8, b: u8) -> Color {
    ANSI.into_iter().min_by_key(|(_, rgb)| distance([r, g, b], *rgb)).map_or(Color::Reset, |(color, _)| color)
}

/// The nearest of the 16 of ANSI that can be read on `ground`: few colours must not mean grey on grey.
pub fn sixteen_on([r, g, b]: [u8; 3], ground: [u8; 3]) -> Color {
    let readable = ANSI.into_iter().filter(|(_, rgb)| contrast(*rgb, ground) >= READABLE);
    let nearest = readable.min_by_key(|(_, rgb)| distance([r, g, b], *rgb));
    nearest.map_or_else(|| sixteen(r, g, b), |(color, _)| color)
}

/// Contrast by WCAG 2.1 that letters need at least where only 16 colours are to be had.
pub const READABLE: f64 = 3.0;

/// Contrast of two colours by WCAG 2.1: 1 for none, 21 for black on white.
pub fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |[r, g, b]: [u8; 3]| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The parts of `color` as xterm shows it; none where the terminal's own colour is meant.
pub fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index @ 0..16) => Some(ANSI[usize::from(index)].1),
        Color::Indexed(index @ 232..) => Some([8 + 10 * (index - 232); 3]),
        Color::Indexed(index) => {
            let step = |by: u8| CUBE[usize::from((index - 16) / by % 6)];
            Some([step(36), step(6), step(1)])
        }
        named => ANSI.into_iter().find(|(known, _)| *known == named).map(|(_, rgb)| rgb),
    }
}

/// Squared distance of two colours.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.into_iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(y)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(no_color: Option<&str>, colorterm: Option<&str>, term: &str, choice: ColorChoice) -> Depth {
        let own = |v: Option<&str>| v.map(str::to_owned);
        Environment { no_color: own(no_color), colorterm: own(colorterm), term: Some(term.into()) }
            .depth(choice)
    }

    #[test]
    fn the_flag_goes_before_the_environment() {
        use ColorChoice::{Always, Auto, Never, Sixteen};
        assert_eq!(depth(Some("1"), Some("truecolor"), "xterm", Auto), Depth::None);
        assert_eq!(depth(Some(""), Some("truecolor"), "xterm", Auto), Depth::True);
        assert_eq!(depth(Some("1"), None, "xterm", Always), Depth::True);
        assert_eq!(depth(None, Some("truecolor"), "xterm", Sixteen), Depth::Sixteen);
        assert_eq!(depth(None, Some("24bit"), "xterm", Never), Depth::None);
        assert_eq!(depth(None, None, "xterm-256color", Auto), Depth::Indexed);
        assert_eq!(depth(None, None, "linux", Auto), Depth::Sixteen);
        assert_eq!(depth(None, None, "dumb", Auto), Depth::None);
        assert_eq!(Environment::default().depth(Auto), Depth::Sixteen);
    }

    #[test]
    fn colours_come_down_to_the_nearest() {
        assert_eq!(parse("#ff0000", Depth::Indexed).map(|s| s.fg), Ok(Some(Color::Indexed(196))));
        assert_eq!(parse("#808080", Depth::Indexed).map(|s| s.fg), Ok(Some(Color::Indexed(244))));
        assert_eq!(parse("#fe0102 on #000001", Depth::Sixteen).map(|s| s.bg), Ok(Some(Color::Black)));
        assert_eq!(parse("#0d1117 on #e3b341 bold", Depth::None), Ok(Style::new().bold().reversed()));
    }

    #[test]
    fn what_was_reduced_can_be_read_back() {
        assert_eq!(rgb(Color::Indexed(196)), Some([255, 0, 0]));
        assert_eq!(rgb(Color::Indexed(244)), Some([128, 128, 128]));
        assert_eq!(rgb(Color::Indexed(9)), rgb(Color::LightRed));
        assert_eq!(rgb(Color::Reset), None);
        for index in 16..=255 {
            let [r, g, b] = rgb(Color::Indexed(index)).expect("a colour");
            assert_eq!(rgb(Color::Indexed(indexed(r, g, b))), Some([r, g, b]), "{index}");
        }
    }

    #[test]
    fn an_invalid_text_is_an_error() {
        for text in ["#12", "blau", "#ff00zz", "bold on", "#ffééé"] {
            assert!(parse(text, Depth::True).is_err(), "{text}");
        }
    }
}
