//! Questions on lines: a question, what an empty line means in brackets, and the answer. No raw mode: it works over the slowest
//! link and for screen readers, and a terminal needs no restoring after Ctrl-C.

use std::io::{BufRead, Read, Write};

use crate::{cli::Failure, domain::text::clean};

/// Most bytes of an answer.
const LONGEST: u64 = 4_096;
/// Most bytes of a longer one that are passed over, to find its end.
const MOST_PASSED: u64 = 1 << 20;

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
            let answer = line.as_ref().map(|line| if line.is_empty() { usual } else { line.as_str() });
            match answer.map_err(String::clone).and_then(&mut read) {
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

    /// The next line, without the blanks around it; or why it is no answer.
    fn line(&mut self) -> Result<Result<String, String>, Failure> {
        let bytes = self.bytes(LONGEST)?;
        if bytes.is_empty() {
            // The question stands at the start of the line that comes next.
            self.say("")?;
            return Err(Failure::Failed("no answer; nothing was written".into()));
        }
        if bytes.len() as u64 == LONGEST && bytes.last() != Some(&b'\n') {
            self.pass_over()?;
            return Ok(Err(format!("an answer has at most {LONGEST} bytes")));
        }
        Ok(Ok(String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// The bytes up to the end of the line, at most so many.
    fn bytes(&mut self, most: u64) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        match self.input.by_ref().take(most).read_until(b'\n', &mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => {
                Err(Failure::Failed(format!("answers cannot be read: {error}; nothing was written")))
            }
        }
    }

    /// Passes over the rest of a line: it is no answer to the next question.
    fn pass_over(&mut self) -> Result<(), Failure> {
        let rest = self.bytes(MOST_PASSED)?;
        if rest.len() as u64 == MOST_PASSED && rest.last() != Some(&b'\n') {
            return Err(Failure::Failed("an answer has no end; nothing was written".into()));
        }
        Ok(())
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
    fn an_answer_that_is_too_long_is_said_and_its_rest_answers_nothing() {
        let typed = format!("{}\n7\n", "9".repeat(9_000));
        let mut out = Vec::new();
        let mut prompt = Prompt::new(typed.as_bytes(), &mut out);
        assert_eq!(prompt.ask("How many", "3", number).expect("answered"), 7);
        let said = String::from_utf8(out).expect("text");
        assert_eq!(said, "How many [3]:   an answer has at most 4096 bytes\nHow many [3]: ");
    }

    #[test]
    fn an_answer_without_an_end_and_wrong_ones_until_the_end_are_failures() {
        let mut prompt = Prompt::new(std::io::BufReader::new(std::io::repeat(b'9')), Vec::new());
        let why = prompt.ask("Name", "", |text| Ok(text.len())).expect_err("no end");
        assert!(why.to_string().contains("no end") && why.exit_code() == 1, "{why}");
        let mut prompt = Prompt::new("x\nx\nx".as_bytes(), Vec::new());
        let why = prompt.ask("How many", "", number).expect_err("never a number");
        assert!(why.to_string().contains("no answer"), "{why}");
    }
}
