//! Questions on lines: a question, what an empty line means in brackets, and the answer. No raw mode: it works over the slowest
//! link and for screen readers, and a terminal needs no restoring after Ctrl-C.

use std::io::{BufRead, Read, Write};

use crate::{cli::Failure, domain::text::clean};

/// Most bytes of an answer.
const LONGEST: u64 = 4_096;

/// Puts questions to `out` and reads answers from `input`.
pub(super) struct Prompt<R, W> {
    input: R,
    out: W,
}

impl<R: BufRead, W: Write> Prompt<R, W> {
    pub(super) fn new(input: R, out: W) -> Prompt<R, W> {
        Prompt { input, out }
    }

    /// Says a line, or several.
    ///
    /// # Errors
    /// [`Failure::Failed`] when it cannot be written: nobody reads the questions.
    pub(super) fn say(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(|e| unheard(&e))
    }

    /// Asks until `read` takes the answer; an empty line means `usual`, where that is not empty.
    ///
    /// # Errors
    /// [`Failure::Failed`] when the input ends, or cannot be read.
    pub(super) fn ask<T>(
        &mut self,
        question: &str,
        usual: &str,
        mut read: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        loop {
            let hint = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
            write!(self.out, "{question}{hint}: ")
                .and_then(|()| self.out.flush())
                .map_err(|e| unheard(&e))?;
            let line = self.line()?;
            let answer = if line.is_empty() { usual } else { &line };
            match read(answer) {
                Ok(value) => return Ok(value),
                Err(why) => self.say(&format!("  {}", clean(&why, 400)))?,
            }
        }
    }

    /// Asks for yes or no.
    ///
    /// # Errors
    /// As [`Prompt::ask`].
    pub(super) fn yes(&mut self, question: &str, usual: bool) -> Result<bool, Failure> {
        self.ask(question, if usual { "yes" } else { "no" }, |answer| match answer.to_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("answer yes or no".into()),
        })
    }

    /// The next line, without the blanks around it.
    fn line(&mut self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
        match read {
            Ok(0) => {
                // The question stands at the start of the line that comes next.
                self.say("")?;
                Err(Failure::Failed("no answer; nothing was written".into()))
            }
            Ok(_) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
            Err(error) => {
                Err(Failure::Failed(format!("answers cannot be read: {error}; nothing was written")))
            }
        }
    }
}

fn unheard(error: &std::io::Error) -> Failure {
    Failure::Failed(format!("questions cannot be shown: {error}; nothing was written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<u8, String> {
        text.parse().map_err(|_| format!("{text:?} is no number"))
    }

    #[test]
    fn a_wrong_answer_is_said_and_asked_again_and_an_empty_one_means_the_usual() {
        let mut out = Vec::new();
        let mut prompt = Prompt::new("seven\n 7 \n\nperhaps\nY\n".as_bytes(), &mut out);
        assert_eq!(prompt.ask("How many", "3", number).expect("answered"), 7);
        assert_eq!(prompt.ask("How many", "3", number).expect("answered"), 3);
        assert!(prompt.yes("Sure?", false).expect("answered"));
        let said = String::from_utf8(out).expect("text");
        assert!(said.contains("How many [3]:   \"seven\" is no number\nHow many [3]: "), "{said}");
        assert!(said.contains("Sure? [no]:   answer yes or no\nSure? [no]: "), "{said}");
    }

    #[test]
    fn an_end_of_the_input_is_no_answer() {
        let mut prompt = Prompt::new("".as_bytes(), Vec::new());
        let why = prompt.yes("Write it?", true).expect_err("nobody said yes");
        assert!(why.to_string().contains("nothing was written") && why.exit_code() == 1, "{why}");
    }

    #[test]
    fn an_answer_without_an_end_is_cut() {
        let mut prompt = Prompt::new(std::io::BufReader::new(std::io::repeat(b'9')), Vec::new());
        let length = prompt.ask("Name", "", |text| Ok(text.len())).expect("cut");
        assert_eq!(length as u64, LONGEST);
    }
}
