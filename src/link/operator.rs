//! Who sits at a console: `user@host`, for the journal.

use crate::domain::text::clean;

/// The operator's name from the user's and the machine's; what is unknown is said to be so.
pub fn operator(user: Option<&str>, host: Option<&str>) -> String {
    let word = |text: Option<&str>| {
        let text = clean(text.unwrap_or("").trim(), 60);
        if text.is_empty() { "unknown".to_owned() } else { text }
    };
    format!("{}@{}", word(user), word(host))
}

/// The operator of this process, from `USER` or `LOGNAME` and the machine's name.
pub fn of_process() -> String {
    let read = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    let user = read("USER").or_else(|| read("LOGNAME"));
    operator(user.as_deref(), machine().as_deref())
}

/// The machine's name; `unknown` where it does not say.
pub fn host() -> String {
    operator(None, machine().as_deref()).split_off("unknown@".len())
}

fn machine() -> Option<String> {
    let file = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let said = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    said.or_else(|| file.iter().find_map(|path| std::fs::read_to_string(path).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parts_are_said() {
        assert_eq!(operator(Some("ada"), Some("ops1\n")), "ada@ops1");
        assert_eq!(operator(None, Some("")), "unknown@unknown");
        assert_eq!(operator(Some("a\u{1b}[2J"), None), "a[2J@unknown");
    }
}
