//! Who is at the other end, as the system says it: nothing that a peer says of itself is believed.

use std::fs;

use tokio::net::UnixStream;

use crate::domain::text::clean;

/// The superuser.
const ROOT: u32 = 0;

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The user's id.
    pub uid: u32,
    /// The process, where the system says it.
    pub pid: Option<i32>,
}

impl Peer {
    /// The process that connected `stream`.
    ///
    /// # Errors
    /// When the system does not know.
    pub fn of(stream: &UnixStream) -> std::io::Result<Peer> {
        let known = stream.peer_cred()?;
        Ok(Peer { uid: known.uid(), pid: known.pid() })
    }

    /// True if it may attach to an agent of the user `own`: that user may, and root, who may do anything anyway.
    pub fn may_attach(&self, own: u32) -> bool {
        self.uid == own || self.uid == ROOT
    }

    /// The user's name; `uid 1000` where this machine has none for it. Whoever logged in as somebody else, and became this
    /// user by `sudo` or `su`, is named as well where the system knows it: `ada as prescale`.
    pub fn name(&self) -> String {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        worded(&users, self.uid, self.login())
    }

    /// The user who logged in, whatever became of the process since then.
    fn login(&self) -> Option<u32> {
        let text = fs::read_to_string(format!("/proc/{}/loginuid", self.pid?)).ok()?;
        text.trim().parse().ok().filter(|uid| *uid != NOBODY)
    }
}

/// What Linux has for a process that nobody logged in for.
const NOBODY: u32 = u32::MAX;

/// The name of `uid` for the journal, with that of whoever logged in if it is another.
fn worded(users: &str, uid: u32, login: Option<u32>) -> String {
    let name = |uid| named(users, uid).unwrap_or_else(|| format!("uid {uid}"));
    match login.filter(|login| *login != uid) {
        Some(login) => format!("{} as {}", name(login), name(uid)),
        None => name(uid),
    }
}

/// The name of `uid` in the text of `/etc/passwd`.
fn named(users: &str, uid: u32) -> Option<String> {
    let user = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id.parse() == Ok(uid)).then_some(name)
    });
    user.map(|name| clean(name, 60)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::own_uid;

    #[test]
    fn the_same_user_and_root_may_attach() {
        let of = |uid| Peer { uid, pid: None };
        assert!(of(1000).may_attach(1000) && of(0).may_attach(1000) && of(0).may_attach(0));
        assert!(!of(1001).may_attach(1000) && !of(1000).may_attach(0));
    }

    #[test]
    fn users_have_the_names_of_this_machine() {
        let users = "root:x:0:0::/root:/bin/sh\n\nbroken\nada:x:1000:100:Ada:/home/ada:/bin/sh\n:x:7:7:::\n";
        assert_eq!(named(users, 1000).as_deref(), Some("ada"));
        assert_eq!((named(users, 7), named(users, 100), named(users, 5)), (None, None, None));
        assert_eq!(worded(users, 0, None), "root");
        assert_eq!(worded(users, 0, Some(0)), "root");
        assert_eq!(worded(users, 0, Some(1000)), "ada as root");
        assert_eq!(worded(users, 5, Some(6)), "uid 6 as uid 5");
        assert_eq!(Peer { uid: u32::MAX - 7, pid: None }.name(), format!("uid {}", u32::MAX - 7));
    }

    #[tokio::test]
    async fn the_system_says_who_connected() {
        let (one, _other) = UnixStream::pair().expect("a pair of sockets");
        let peer = Peer::of(&one).expect("the system knows");
        assert_eq!(peer.uid, own_uid());
        assert!(peer.may_attach(own_uid()));
    }
}
