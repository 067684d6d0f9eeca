//! The async runtime of a store, behind blocking calls. Nothing outside this crate sees a future.

use std::{future::Future, io, num::NonZeroUsize, thread};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

/// Most threads of a runtime. They only move bytes between sockets and whoever waits, and undo TLS: the callers' own
/// threads do the rest.
const MAX_THREADS: usize = 4;

/// A runtime of its own.
#[derive(Debug)]
pub(crate) struct Engine(Option<Runtime>);

impl Engine {
    pub(crate) fn start() -> io::Result<Self> {
        let n_threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_THREADS);
        let runtime = Builder::new_multi_thread()
            .worker_threads(n_threads)
            .thread_name("snaprepo-remote")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Waits for a future on the calling thread. That must not be a thread of an async runtime: whoever calls from one
    /// uses its way to run blocking work.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime().block_on(work)
    }

    /// Begins work that goes on by itself.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.runtime().spawn(work)
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("the runtime is taken only when the engine is dropped")
    }
}

impl Drop for Engine {
    /// Does not wait for requests that nobody waits for any more, so that a store may be dropped anywhere.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
