//! What the journal of a home has, and under which name.

use std::process::Command;

use super::home::Home;

/// The name of the user who runs this test.
pub fn user() -> String {
    let id = Command::new("id").arg("-un").output().expect("id is part of every Unix");
    String::from_utf8_lossy(&id.stdout).trim().to_owned()
}

/// Operator and text of each line of a kind, oldest first.
pub fn journal(home: &Home, kind: &str) -> Vec<(String, String)> {
    let store = rusqlite::Connection::open(home.path().join("data/prescale.db")).expect("it was written");
    let mut rows = store.prepare("SELECT operator, text FROM journal WHERE kind = ?1").expect("our schema");
    let read = rows.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?))).expect("our schema");
    read.collect::<Result<_, _>>().expect("our schema")
}
