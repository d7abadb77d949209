//! The trace event format of Chrome's tracing: complete events, counters, names of threads.

use super::{Profile, What};
use serde_json::{Value, json};

const PROCESS: u32 = 1;

pub(super) fn text(profile: &Profile, program: &str) -> String {
    let named = |thread: usize, name: String| json!({"ph": "M", "name": "thread_name", "pid": PROCESS, "tid": thread, "args": {"name": name}});
    let mut events: Vec<Value> = vec![
        json!({"ph": "M", "name": "process_name", "pid": PROCESS, "args": {"name": program}}),
        named(0, "main".to_owned()),
    ];
    events.extend((0..profile.workers()).map(|it| named(it + 1, format!("worker {it}"))));
    for span in &profile.spans {
        let (thread, kind) = match span.what {
            What::Task { worker, .. } => (worker + 1, "task"),
            What::Phase(_) => (0, "phase"),
        };
        events.push(json!({
            "ph": "X", "name": profile.name(span), "cat": kind, "pid": PROCESS, "tid": thread,
            "ts": 1e6 * span.begin, "dur": 1e6 * span.seconds,
            "args": {
                "bytes_read": span.bytes,
                "waiting_ms": 1e3 * span.waiting,
                "decoding_ms": 1e3 * span.decoding,
            },
        }));
    }
    for pair in profile.samples.windows(2) {
        let [before, now] = pair else { continue };
        let counter = |name: &str, key: &str, value: f64| json!({"ph": "C", "name": name, "pid": PROCESS, "ts": 1e6 * now.at, "args": {key: value}});
        let cores = (now.cpu_seconds - before.cpu_seconds) / (now.at - before.at).max(1e-9);
        events.push(counter("memory", "MiB", now.resident_bytes as f64 / 1048576.0));
        events.push(counter("processors", "busy", cores.max(0.0)));
    }
    let trace = json!({
        "displayTimeUnit": "ms",
        "otherData": {"schema": "taskgraph-trace/1", "wall_seconds": profile.wall_seconds},
        "traceEvents": events,
    });
    format!("{trace}\n")
}

#[cfg(test)]
mod tests {
    use super::super::tests::recorded;
    use super::*;

    #[test]
    fn a_trace_holds_every_span_with_its_time() {
        let profile = recorded();
        let trace: Value = serde_json::from_str(&profile.trace("nap")).expect("JSON");
        let events = trace["traceEvents"].as_array().expect("events");
        let spans: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
        assert_eq!(spans.len(), profile.spans.len());
        let tasks = spans.iter().filter(|span| span["cat"] == "task");
        let sum: f64 = tasks.map(|span| span["dur"].as_f64().expect("a duration")).sum();
        let expected: f64 = profile.task_seconds().iter().sum();
        assert!((sum / 1e6 - expected).abs() < 1e-9);
    }
}
