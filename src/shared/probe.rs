//! Whether a shared store can do what leases need, tried with one small object that is removed again.

use futures_util::TryStreamExt;
use object_store::{Error, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use super::{SharedError, SharedStore};

/// What a store must be able to do, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Names below the prefix are listed.
    List,
    /// An object is written where there is none.
    Create,
    /// It is read back.
    Read,
    /// A second one of that name is refused: what leases stand on.
    Refuse,
    /// It is removed.
    Delete,
}

/// Tries all of it with the object `probe/NAME`; `name` must be nobody else's.
///
/// # Errors
/// What failed first, and how.
pub async fn probe(store: &SharedStore, name: &str) -> Result<(), (Need, SharedError)> {
    let failed = |need| move |error: Error| (need, SharedError::unreachable(store.url(), &error));
    let (folder, object) = (store.path("probe"), format!("probe/{name}"));
    let path = store.path(&object);
    let listed = store.objects().list(Some(&folder)).try_for_each(|_| async { Ok(()) });
    listed.await.map_err(failed(Need::List))?;
    let create = || {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        store.objects().put_opts(&path, PutPayload::from(name.as_bytes().to_vec()), options)
    };
    create().await.map_err(failed(Need::Create))?;
    let read = store.get(&object).await.map_err(|error| (Need::Read, error));
    let again = create().await;
    // Removed whatever was found; only then is it said.
    let removed = store.objects().delete(&path).await.map_err(failed(Need::Delete));
    if read?.as_deref() != Some(name.as_bytes()) {
        let error =
            SharedError::damaged(&object, "it is not what was written a moment before", "look at the store");
        return Err((Need::Read, error));
    }
    match again {
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => removed,
        Err(error) => Err(failed(Need::Refuse)(error)),
        Ok(_) => {
            let reason = "it let an object be written over that was to be new".to_owned();
            Err((Need::Refuse, SharedError::Unreachable { url: store.url().to_owned(), reason }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::{
        faulty::{Faulty, Weather},
        fixture::{block, folder, memory, objects},
    };

    #[test]
    fn a_good_store_passes_and_is_left_as_it_was() {
        let kept = tempfile::tempdir().expect("a temporary folder");
        for store in [memory(), folder(kept.path())] {
            assert_eq!(block(probe(&store, "one")), Ok(()));
            assert_eq!(block(store.get("probe/one")), Ok(None), "it was removed");
        }
    }

    #[test]
    fn one_that_does_not_answer_fails_at_the_first_question() {
        let net = Faulty::on(objects());
        net.set(Weather::Down);
        let store = SharedStore::on(std::sync::Arc::new(net));
        let (need, error) = block(probe(&store, "one")).expect_err("it is down");
        assert!(need == Need::List && error.to_string().contains("connection reset"), "{error}");
    }

    #[test]
    fn a_name_that_is_taken_is_not_written_over() {
        let store = memory();
        block(store.put("probe/one", b"theirs".to_vec())).expect("writable");
        let (need, _) = block(probe(&store, "one")).expect_err("it exists");
        assert_eq!((need, block(store.get("probe/one"))), (Need::Create, Ok(Some(b"theirs".to_vec()))));
    }
}
