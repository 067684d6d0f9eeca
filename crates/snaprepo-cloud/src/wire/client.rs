//! Makes requests: once, and again as long as that makes sense.

use std::{sync::Arc, time::Instant};

use object_store::client::HttpClient;
use snaprepo_store::{RemoteErrorKind, StoreErrorKind};
use tokio::time::{sleep, timeout};

use super::{Answer, Ask, Refusal, Service, Skew, Transient, refusal::Denial};
use crate::{
    location::Provider,
    waiting::{Budget, Waiting, delay},
};

/// Most of the body of a refusal that is read: those of all stores are far below.
const MAX_REFUSAL_LEN: usize = 64 << 10;

/// The way to one bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    service: Service,
    http: HttpClient,
    waiting: Arc<Waiting>,
    skew: Skew,
}

/// What one piece of work has tried so far.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    failures: u32,
    renewed: bool,
}

impl Client {
    pub(crate) fn new(service: Service, http: HttpClient, waiting: Arc<Waiting>, skew: Skew) -> Self {
        Self(Arc::new(Inner { service, http, waiting, skew }))
    }

    pub(crate) fn service(&self) -> &Service {
        &self.0.service
    }

    pub(crate) fn waiting(&self) -> &Arc<Waiting> {
        &self.0.waiting
    }

    pub(crate) fn skew(&self) -> &Skew {
        &self.0.skew
    }

    /// The same bucket under names of the other style (S3), with the same connections and counts.
    pub(crate) fn with_path_style(&self, path_style: bool) -> Self {
        let Inner { service, http, waiting, skew } = &*self.0;
        let service = service.with_path_style(path_style);
        Self::new(service, http.clone(), Arc::clone(waiting), skew.clone())
    }

    /// Makes a request, again if need be, until its answer begins.
    pub(crate) async fn ask(&self, ask: &Ask) -> Result<Answer, Refusal> {
        self.ask_within(ask, &mut Tries::default()).await
    }

    /// As [`ask`](Self::ask), as a part of work that has tried before.
    pub(crate) async fn ask_within(&self, ask: &Ask, tries: &mut Tries) -> Result<Answer, Refusal> {
        loop {
            match self.once(ask).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => tries.again(self, refusal).await?,
            }
        }
    }

    /// Makes a request, again if need be, until its answer is here as a whole. Too long ones are cut off at `limit`.
    pub(crate) async fn whole(&self, ask: &Ask, limit: usize) -> Result<(Answer, Vec<u8>), Refusal> {
        let mut tries = Tries::default();
        loop {
            let mut answer = self.ask_within(ask, &mut tries).await?;
            let expected = answer.len();
            let refusal = match answer.whole(limit).await {
                Ok(body) => match expected {
                    Some(len) if (body.len() as u64) < len && body.len() < limit => Refusal::short(),
                    _ => return Ok((answer, body)),
                },
                Err(refusal) => refusal,
            };
            // The place is given back before another is waited for.
            drop(answer);
            tries.again(self, refusal).await?;
        }
    }

    async fn once(&self, ask: &Ask) -> Result<Answer, Refusal> {
        let Inner { service, http, waiting, .. } = &*self.0;
        let slot = waiting.width.slot().await;
        let mut request = service.request(ask).await?;
        request.extensions_mut().insert(ask.kind);
        waiting.requests.take(1).await;
        let waited = waiting.patience.of_request(ask.body.len());
        let response = match timeout(waited, http.execute(request)).await {
            Err(_) => return Err(Refusal::transient(RemoteErrorKind::TimedOut { waited }, Transient::Again)),
            Ok(answered) => answered.map_err(|error| Refusal::of_request(&error))?,
        };
        let region = service.region();
        let mut answer = Answer::new(response, Arc::clone(waiting), slot);
        if answer.status.is_success() {
            if ask.key.is_some() && service.provider != Provider::Web && answer.is_page_of_a_stranger() {
                return Err(Refusal::never(RemoteErrorKind::NotAStore { what: "a web page".to_owned() }));
            }
            waiting.width.good();
            return Ok(answer);
        }
        // What cannot be read of a refusal is not worth another request: its status says enough.
        let body = answer.whole(MAX_REFUSAL_LEN).await.unwrap_or_default();
        let has_body = ask.method != http::Method::HEAD;
        Err(Refusal::of_answer(&Denial {
            provider: service.provider,
            status: answer.status,
            headers: &answer.headers,
            body: &body,
            region: &region,
            has_body,
        }))
    }
}

impl Tries {
    /// Waits until the work may be tried again; or says why not.
    pub(crate) async fn again(&mut self, client: &Client, refusal: Refusal) -> Result<(), Refusal> {
        let Inner { service, waiting, .. } = &*client.0;
        if let Some(region) = &refusal.region
            && service.follow(region)
        {
            return Ok(());
        }
        let expired = matches!(refusal.kind, StoreErrorKind::Remote(RemoteErrorKind::ExpiredCredentials));
        if expired && !self.renewed && service.renew() {
            self.renewed = true;
            return Ok(());
        }
        if refusal.transient == Transient::Never {
            return Err(refusal);
        }
        if refusal.transient == Transient::Throttled {
            waiting.width.throttled(Instant::now());
            waiting.traffic.throttled();
        }
        self.failures += 1;
        if self.failures >= waiting.tries() {
            return Err(refusal.after(self.failures));
        }
        let requests = waiting.traffic.counts().requests();
        if !waiting.budget.take(requests) {
            let allowed = Budget::allowed(requests);
            return Err(Refusal::never(RemoteErrorKind::RetriesUsedUp { allowed }));
        }
        waiting.traffic.retried();
        sleep(delay(self.failures, refusal.retry_after, fastrand::f64())).await;
        Ok(())
    }

    /// Something was gained: what failed before is forgiven.
    pub(crate) fn progress(&mut self) {
        self.failures = 0;
    }

    /// Whether anything failed since the last progress.
    pub(crate) fn has_failed(&self) -> bool {
        self.failures > 0
    }
}

impl Refusal {
    /// The answer ended before its own length.
    pub(crate) fn short() -> Self {
        let reason = "it ended before its length".to_owned();
        Self::transient(RemoteErrorKind::BrokenOff { reason }, Transient::Again)
    }

    /// What a condition that nobody made would be.
    pub(crate) fn conflict() -> Self {
        let (code, message) = (String::new(), ": the object is locked or leased".to_owned());
        Self::never(RemoteErrorKind::Refused { status: 409, code, message })
    }

    /// The refusal with the number of tries that it took.
    fn after(self, n_tries: u32) -> Self {
        let kind = match self.kind {
            StoreErrorKind::Remote(RemoteErrorKind::Throttled { .. }) => {
                RemoteErrorKind::Throttled { tries: n_tries }.into()
            }
            StoreErrorKind::Remote(RemoteErrorKind::Failing { status, code, .. }) => {
                RemoteErrorKind::Failing { status, code, tries: n_tries }.into()
            }
            kind => kind,
        };
        Self { kind, ..self }
    }
}
