//! The writer to stderr: a thread of its own, so that nothing waits for a stderr that nobody
//! reads, and nothing is lost where the thread waits for a core.

use super::signals::GRACE;
use indicatif::ProgressBar;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a bar is drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// The size of a piece that is written at once: pipes take so much whole.
const PIECE_BYTES: usize = 4096;

/// A bar, and what brings it up to date.
pub(super) type Bar = (ProgressBar, Box<dyn Fn(&ProgressBar) + Send>);

enum Task {
    Say(String),
    Show(Bar),
    Hide,
}

/// A task, and who waits until it is done.
type Order = (Task, Sender<()>);

/// Whether the thread is at a task: one that waits for a core yet is not stopped by stderr.
static IS_BUSY: AtomicBool = AtomicBool::new(false);
/// The pieces that stderr has taken.
static PIECES: AtomicUsize = AtomicUsize::new(0);
/// Whether stderr took nothing for a while, so that nobody waits any more.
static IS_BLOCKED: AtomicBool = AtomicBool::new(false);

/// Says a text, with a line break behind it.
pub(super) fn say(text: String) {
    order(Task::Say(text + "\n"));
}

/// Shows a bar until it is hidden, if stderr is a terminal.
pub(super) fn show(bar: ProgressBar, update: impl Fn(&ProgressBar) + Send + 'static) {
    order(Task::Show((bar, Box::new(update))));
}

/// Takes the bar away, if there is one.
pub(super) fn hide() {
    order(Task::Hide);
}

/// Has a task done, and waits for that as long as stderr takes something.
fn order(task: Task) {
    static TALKER: OnceLock<Option<Mutex<Sender<Order>>>> = OnceLock::new();
    let started = || {
        let (sender, orders) = channel();
        let talk = move || talk(&orders);
        let spawned = thread::Builder::new().name("messages".to_owned()).spawn(talk);
        spawned.is_ok().then(|| Mutex::new(sender))
    };
    let Some(talker) = TALKER.get_or_init(started) else {
        // No thread is to be had: better to wait than to be silent.
        return carry_out(task, &mut None);
    };
    let (done, is_done) = channel();
    let _ = talker.lock().unwrap_or_else(PoisonError::into_inner).send((task, done));
    let state = || (IS_BUSY.load(Ordering::Relaxed), PIECES.load(Ordering::Relaxed));
    let mut before = (false, 0);
    while !IS_BLOCKED.load(Ordering::Relaxed)
        && is_done.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout)
    {
        let now = state();
        IS_BLOCKED.store(now.0 && now == before, Ordering::Relaxed);
        before = now;
    }
}

fn talk(orders: &Receiver<Order>) {
    let mut shown = None;
    loop {
        let order = match &shown {
            Some(_) => orders.recv_timeout(TICK),
            None => orders.recv().map_err(RecvTimeoutError::from),
        };
        match (order, &shown) {
            (Ok((task, done)), _) => {
                IS_BUSY.store(true, Ordering::Relaxed);
                carry_out(task, &mut shown);
                IS_BUSY.store(false, Ordering::Relaxed);
                let _ = done.send(());
            }
            (Err(RecvTimeoutError::Timeout), Some((bar, update))) => {
                IS_BUSY.store(true, Ordering::Relaxed);
                update(bar);
                bar.tick();
                IS_BUSY.store(false, Ordering::Relaxed);
            }
            (Err(_), _) => return,
        }
    }
}

fn carry_out(task: Task, shown: &mut Option<Bar>) {
    match (task, shown.as_ref()) {
        (Task::Say(text), Some((bar, _))) => bar.suspend(|| write(&text)),
        (Task::Say(text), None) => write(&text),
        (Task::Show(bar), _) => {
            bar.0.tick();
            *shown = Some(bar);
        }
        (Task::Hide, _) => {
            if let Some((bar, _)) = shown.take() {
                bar.finish_and_clear();
            }
        }
    }
}

fn write(text: &str) {
    for piece in text.as_bytes().chunks(PIECE_BYTES) {
        if io::stderr().write_all(piece).is_err() {
            return;
        }
        PIECES.fetch_add(1, Ordering::Relaxed);
        IS_BLOCKED.store(false, Ordering::Relaxed);
    }
}
