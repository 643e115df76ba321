//! The shared store of this process, as the configuration names it.

use std::sync::Arc;

use async_trait::async_trait;

use super::assemble::AssembleError;
use crate::{
    cloud::aws::{self, Connection, KeyRing},
    config::{Shared, SharedPlace},
    domain::{Seconds, text::clean},
    engine::clock::Clock,
    shared::{Holder, Keeper, Keys, Place, Store, register::Register},
};

/// Folder of the leases in the store.
const LEASES: &str = "leases";

/// Opens the store. For a bucket the credentials are those of `connection`, else the usual chain's.
pub(super) async fn open(shared: &Shared, connection: Option<&Connection>) -> Result<Store, AssembleError> {
    let (place, keys) = match &shared.place {
        SharedPlace::Folder { path } => (Place::Folder(path.clone()), None),
        SharedPlace::Bucket { bucket, prefix, region } => {
            let own = match connection {
                Some(connection) => connection.clone(),
                None => aws::connect(&aws::Options { region: region.clone(), ..Default::default() }).await?,
            };
            let region = Some(region.clone().unwrap_or_else(|| own.region().to_owned()));
            let place = Place::Bucket { bucket: bucket.clone(), prefix: prefix.clone(), region };
            let lent: Arc<dyn Keys> = Arc::new(Lent(own.key_ring().await?));
            (place, Some(lent))
        }
    };
    Ok(Store::open(&place, &shared.url, keys)?)
}

/// The keeper of this process's leases in `store`.
pub(super) fn keeper(store: Store, clock: &Clock, cycle: Seconds) -> Keeper {
    let me = Holder { id: format!("{:016x}", rand::random::<u64>()), host: host(), pid: std::process::id() };
    Keeper::new(Register::new(store, LEASES, "json"), Box::new(clock.ticks()), me, cycle)
}

/// Name of this machine.
fn host() -> String {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let said = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = said.or_else(|| files.iter().find_map(|path| std::fs::read_to_string(path).ok()));
    host.map_or_else(|| "unknown".into(), |name| clean(name.trim(), 60))
}

/// Credentials of AWS's adapter, as the shared store asks for them.
#[derive(Debug)]
struct Lent(KeyRing);

#[async_trait]
impl Keys for Lent {
    async fn keys(&self) -> Result<(String, String, Option<String>), String> {
        self.0.keys()
    }
}
