//! Sources and scalers in which something can fail.

use super::*;

/// What fails.
pub(super) const NOTHING: u8 = 0;
pub(super) const KEYS: u8 = 1;
pub(super) const METRICS: u8 = 2;
pub(super) const HISTORY: u8 = 3;
pub(super) const WRITES: u8 = 4;
/// Metrics come with no point, as of a group that time did not suffice for.
pub(super) const PARTS: u8 = 5;
pub(super) const REFUSES: u8 = 6;
/// The program is told to stop while a change is made.
pub(super) const STOPPED: u8 = 7;
/// No change would be sent.
pub(super) const BUSY: u8 = 8;

/// A simulated source in which something can fail.
pub(super) struct Frail {
    pub(super) inner: SimulatedSource,
    pub(super) fails: Arc<AtomicU8>,
    pub(super) keeps: &'static [Retention],
    pub(super) place: String,
}

impl Frail {
    fn fails(&self, what: u8) -> bool {
        self.fails.load(Ordering::SeqCst) == what
    }
}

#[async_trait]
impl MetricSource for Frail {
    async fn groups(&mut self, now: Time) -> Result<Vec<GroupState>, CloudError> {
        match self.fails(KEYS) {
            true => Err(CloudError::Stop("ExpiredToken: renew the keys".into())),
            false => self.inner.groups(now).await,
        }
    }

    async fn metrics(&mut self, now: Time, queries: &[MetricQuery]) -> Result<Vec<Series>, CloudError> {
        let history = queries.len().is_multiple_of(Metric::ALL.len());
        if self.fails(PARTS) {
            return Ok(queries.iter().map(|query| Series::new(query.from, query.period)).collect());
        }
        match self.fails(METRICS) || (self.fails(HISTORY) && history) {
            true => Err(CloudError::Retry("Throttling: Rate exceeded".into())),
            false => self.inner.metrics(now, queries).await,
        }
    }

    fn is_complete(&self, _: &str, _: Metric) -> bool {
        !self.fails(PARTS)
    }

    fn calls(&self) -> u64 {
        self.inner.calls()
    }

    fn keeps(&self) -> &'static [Retention] {
        self.keeps
    }

    fn name(&self) -> String {
        self.place.clone()
    }
}

/// A simulated scaler that does not answer while its source has fallen silent, or refuses.
pub(super) struct FrailScaler {
    pub(super) inner: SimulatedScaler,
    pub(super) fails: Arc<AtomicU8>,
    pub(super) stop: Arc<watch::Sender<bool>>,
}

impl FrailScaler {
    async fn answers(&self) -> Result<(), CloudError> {
        match self.fails.load(Ordering::SeqCst) {
            WRITES => std::future::pending().await,
            REFUSES => Err(CloudError::Stop("AccessDenied: no permission".into())),
            STOPPED => {
                self.stop.send_replace(true);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Scaler for FrailScaler {
    fn admits(&mut self, _: Time, _: &str) -> Result<(), CloudError> {
        match self.fails.load(Ordering::SeqCst) {
            BUSY => Err(CloudError::NotSent("not tried: eu answers slowly".into())),
            _ => Ok(()),
        }
    }

    async fn set_desired(&mut self, now: Time, group: &str, desired: u32) -> Result<(), CloudError> {
        self.answers().await?;
        self.inner.set_desired(now, group, desired).await
    }

    async fn set_floor(&mut self, now: Time, group: &str, min: u32) -> Result<(), CloudError> {
        self.answers().await?;
        self.inner.set_floor(now, group, min).await
    }

    async fn schedule_floor(
        &mut self,
        now: Time,
        group: &str,
        window: &FloorWindow,
    ) -> Result<(), CloudError> {
        self.answers().await?;
        self.inner.schedule_floor(now, group, window).await
    }

    async fn unschedule_floor(&mut self, now: Time, group: &str) -> Result<(), CloudError> {
        self.answers().await?;
        self.inner.unschedule_floor(now, group).await
    }
}
