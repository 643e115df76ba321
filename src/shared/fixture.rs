//! Stores and clocks for tests.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use object_store::{ObjectStore, memory::InMemory};

use super::{
    Holder, LeaseManager, SharedStore, StoreLocation,
    faulty::Faulty,
    moment::{ClockReading, Ticks},
    register::Register,
};

/// One machine's clocks: the steady one, and how far the wall clock is ahead of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clocks {
    pub steady: f64,
    pub ahead: f64,
}

/// The same, for the lease manager to read and the test to move.
#[derive(Clone, Default)]
pub struct Hands(Arc<Mutex<Clocks>>);

impl Hands {
    pub fn with(&self, change: impl FnOnce(&mut Clocks)) {
        change(&mut self.0.lock().expect("nobody panics holding it"));
    }
}

impl Ticks for Hands {
    fn now(&self) -> ClockReading {
        let clocks = *self.0.lock().expect("nobody panics holding it");
        ClockReading { steady: clocks.steady, wall: clocks.steady + clocks.ahead }
    }

    fn machine(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }
}

/// An agent's lease manager, with the hands of its clocks and its network.
pub struct Machine {
    pub lease_manager: LeaseManager,
    pub hands: Hands,
    pub net: Faulty,
    pub store: SharedStore,
}

/// An agent called `name` with a cycle of five minutes, on the store of all who are given `objects`.
pub fn machine(objects: &Arc<InMemory>, name: &str) -> Machine {
    let (hands, net) = (Hands::default(), Faulty::on(Arc::clone(objects)));
    let holder = Holder { id: name.into(), host: format!("host-{name}"), pid: 7 };
    let store = SharedStore::on(Arc::new(net.clone()));
    let register = Register::new(store.clone(), "leases", "json");
    Machine {
        lease_manager: LeaseManager::new(register, Box::new(hands.clone()), holder, 300),
        hands,
        net,
        store,
    }
}

/// What several share, in memory.
pub fn objects() -> Arc<InMemory> {
    Arc::new(InMemory::new())
}

pub fn memory() -> SharedStore {
    SharedStore::on(objects() as Arc<dyn ObjectStore>)
}

pub fn folder(path: &std::path::Path) -> SharedStore {
    SharedStore::open(&StoreLocation::Folder(path.to_owned()), "folder", None).expect("it can be made")
}

pub fn block<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a small runtime").block_on(future)
}
