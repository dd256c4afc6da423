//! Lets several machines run at once, one request at a time, in an order that the story says: what happened once happens again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};

#[derive(Default)]
struct State {
    /// How many requests of each machine wait to be let through; `None` while nothing is interleaved.
    live: Option<BTreeMap<String, Vec<oneshot::Sender<()>>>>,
}

/// Where every request to the server waits for its turn.
#[derive(Clone, Default)]
pub struct Gate {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

impl Gate {
    /// Waits until the request at hand may go on; at once while nothing is interleaved.
    pub async fn pass(&self, machine: &str) {
        let waits = {
            let mut state = self.state.lock().unwrap();
            let Some(live) = &mut state.live else { return };
            let Some(waiting) = live.get_mut(machine) else { return };
            let (let_go, waits) = oneshot::channel();
            waiting.push(let_go);
            waits
        };
        self.changed.notify_one();
        // Nobody lets it through once the story goes on.
        let _ = waits.await;
    }

    /// From now on these machines take turns.
    pub fn close(&self, machines: &[String]) {
        let live = machines.iter().map(|machine| (machine.clone(), Vec::new())).collect();
        self.state.lock().unwrap().live = Some(live);
    }

    /// A machine has done what it had to do.
    pub fn leave(&self, machine: &str) {
        if let Some(live) = &mut self.state.lock().unwrap().live {
            live.remove(machine);
        }
        self.changed.notify_one();
    }

    /// Lets one request through at a time, whenever every machine waits, as `order` says; ends with the last machine.
    pub async fn conduct(&self, mut order: u64) {
        loop {
            let next = {
                let mut state = self.state.lock().unwrap();
                let Some(live) = &mut state.live else { return };
                if live.is_empty() {
                    state.live = None;
                    return;
                }
                for waiting in live.values_mut() {
                    waiting.retain(|one| !one.is_closed());
                }
                if live.values().all(|waiting| !waiting.is_empty()) {
                    let which = usize::try_from(order % live.len() as u64).unwrap();
                    order = order.rotate_right(3);
                    live.values_mut().nth(which).and_then(|waiting| (!waiting.is_empty()).then(|| waiting.remove(0)))
                } else {
                    None
                }
            };
            match next {
                Some(let_go) => drop(let_go.send(())),
                None => self.changed.notified().await,
            }
        }
    }
}
