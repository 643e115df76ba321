//! A store in memory that lets others in between its steps, and fails on demand.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};

/// How the next steps go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Well.
    Fair = 0,
    /// Nothing arrives.
    Down = 1,
    /// What is sent arrives, the answer does not.
    Deaf = 2,
}

/// Objects in memory, one agent's view of them.
#[derive(Debug, Clone)]
pub struct Faulty {
    inner: Arc<InMemory>,
    weather: Arc<AtomicU8>,
}

impl Faulty {
    pub fn on(inner: Arc<InMemory>) -> Faulty {
        Faulty { inner, weather: Arc::default() }
    }

    pub fn set(&self, weather: Weather) {
        self.weather.store(weather as u8, Ordering::SeqCst);
    }

    async fn before(&self) -> Result<()> {
        tokio::task::yield_now().await;
        if self.weather.load(Ordering::SeqCst) == Weather::Down as u8 { Err(lost()) } else { Ok(()) }
    }

    async fn after(&self) -> Result<()> {
        tokio::task::yield_now().await;
        if self.weather.load(Ordering::SeqCst) == Weather::Fair as u8 { Ok(()) } else { Err(lost()) }
    }
}

fn lost() -> Error {
    Error::Generic { store: "faulty", source: "connection reset".into() }
}

impl std::fmt::Display for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.before().await?;
        let done = self.inner.put_opts(location, payload, opts).await;
        self.after().await?;
        done
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.before().await?;
        let done = self.inner.get_opts(location, options).await;
        self.after().await?;
        done
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (this, prefix) = (self.clone(), prefix.cloned());
        let listed = async move {
            if let Err(error) = this.before().await {
                return futures_util::stream::iter(vec![Err(error)]);
            }
            let mut found: Vec<_> = this.inner.list(prefix.as_ref()).collect().await;
            if let Err(error) = this.after().await {
                found.push(Err(error));
            }
            futures_util::stream::iter(found)
        };
        futures_util::stream::once(listed).flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
