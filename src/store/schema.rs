//! The tables and how older files get to them.
//!
//! A migration that has been released is never edited: a change of the tables is a new entry at the end of
//! [`MIGRATIONS`], and a fixture of the version before it goes to `fixtures/`.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::StoreError;

/// SQLite's `application_id` of our files: "psca" as a big-endian number.
const APPLICATION: i64 = 0x7073_6361;

/// Entry `i` takes a file from version `i` to `i + 1`.
pub(super) const MIGRATIONS: [&str; 1] = [VERSION_1];

const VERSION_1: &str = "
CREATE TABLE series (
    id         INTEGER PRIMARY KEY,
    group_name TEXT    NOT NULL,
    metric     TEXT    NOT NULL,
    step       INTEGER NOT NULL,          -- seconds
    UNIQUE (group_name, metric, step)
) STRICT;
CREATE TABLE samples (
    series INTEGER NOT NULL REFERENCES series (id),
    time   INTEGER NOT NULL,              -- start of the step, seconds since the epoch
    value  REAL    NOT NULL,              -- a gap has no row
    PRIMARY KEY (series, time)
) STRICT, WITHOUT ROWID;
CREATE TABLE forecasts (
    id         INTEGER PRIMARY KEY,
    group_name TEXT    NOT NULL,
    origin     INTEGER NOT NULL,          -- microseconds since the epoch
    first      INTEGER NOT NULL,          -- start of the first step, seconds since the epoch
    step       INTEGER NOT NULL,          -- seconds
    model      TEXT    NOT NULL,
    quantiles  BLOB    NOT NULL,          -- steps x levels, little-endian 32-bit floats
    UNIQUE (group_name, origin)
) STRICT;
CREATE TABLE decisions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    group_name TEXT    NOT NULL,
    at         INTEGER NOT NULL,          -- microseconds since the epoch
    stage      TEXT    NOT NULL,
    record     TEXT    NOT NULL           -- JSON of the whole decision
) STRICT;
CREATE INDEX open_decisions ON decisions (id) WHERE stage IN ('proposed', 'intended');
CREATE TABLE journal (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,          -- microseconds since the epoch
    group_name TEXT,
    kind       TEXT    NOT NULL,
    operator   TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    decision   INTEGER REFERENCES decisions (id)
) STRICT;
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL                   -- JSON
) STRICT, WITHOUT ROWID;
";

/// What makes questions fast and leaves the tables as they are: older programs read such a file as well, so it is no version
/// of its own. Old decisions go once no line of the journal speaks of them; those of a group are asked for by their moment.
pub(super) const INDEXES: &str = "CREATE INDEX IF NOT EXISTS journal_of_decision ON journal (decision);
    CREATE INDEX IF NOT EXISTS decisions_of_group ON decisions (group_name, at);";

/// The version of the file, 0 for a new one. Reads only.
pub(super) fn inspect(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let sql = |e| StoreError::sql(path, e);
    let version: i64 = pragma(connection, "user_version").map_err(sql)?;
    let application: i64 = pragma(connection, "application_id").map_err(sql)?;
    let tables = connection
        .query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |_| Ok(()))
        .optional()
        .map_err(sql)?;
    let known = MIGRATIONS.len() as i64;
    let untouched = version == 0 && application == 0 && tables.is_none();
    match (application == APPLICATION, version) {
        (true, 1..) if version > known => {
            Err(StoreError::Newer { path: path.to_owned(), found: version, known })
        }
        (true, 1..) => Ok(version),
        (false, 0) if untouched => Ok(0),
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// Takes the file from `version` to the end of `migrations`, each step with its number in one transaction.
pub(super) fn migrate(
    connection: &mut Connection,
    version: i64,
    migrations: &[&str],
) -> Result<(), rusqlite::Error> {
    for (number, statements) in (1i64..).zip(migrations).filter(|(number, _)| *number > version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Connection {
        Connection::open_in_memory().expect("memory is enough")
    }

    #[test]
    fn only_what_is_missing_runs() {
        let mut db = memory();
        migrate(&mut db, 0, &["CREATE TABLE a (x)"]).expect("valid SQL");
        migrate(&mut db, 1, &["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y"])
            .expect("the first is skipped");
        assert_eq!(pragma(&db, "user_version").expect("always there"), 2);
        db.execute("INSERT INTO a (x, y) VALUES (1, 2)", []).expect("both columns are there");
    }

    #[test]
    fn a_migration_that_fails_leaves_the_version_before_it() {
        let mut db = memory();
        let broken = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
        migrate(&mut db, 0, &broken).expect_err("table a is there already");
        assert_eq!(pragma(&db, "user_version").expect("always there"), 1);
        db.execute("INSERT INTO b (x) VALUES (1)", []).expect_err("half a migration must not stay");
    }

    #[test]
    fn the_database_of_another_program_is_left_alone() {
        let db = memory();
        assert_eq!(inspect(&db, Path::new("x.db")).expect("empty is new"), 0);
        db.execute_batch("CREATE TABLE theirs (x)").expect("valid SQL");
        assert!(matches!(inspect(&db, Path::new("x.db")), Err(StoreError::Foreign { .. })));
        db.pragma_update(None, "user_version", 1).expect("valid pragma");
        assert!(matches!(inspect(&db, Path::new("x.db")), Err(StoreError::Foreign { .. })));
    }
}
