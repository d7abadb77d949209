//! A file read chunk by chunk while its words are counted: reading runs ahead of counting by two
//! chunks and no more, however much faster it is. One task is cancelled, too.
//!
//! Writes `look_ahead.svg` and `look_ahead.html` into the folder for temporary files.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use taskgraph::drawing::{Format, Picture};
use taskgraph::profile::Recorder;
use taskgraph::{Cancellation, Delayed, Graph, Options, Pool, delayed, try_delayed};

const LINES: usize = 20;
const AHEAD: usize = 2;

/// The tasks that count the words of the first `chunks` chunks of a text.
fn word_count(text: impl BufRead + Send + 'static, chunks: usize) -> Delayed<usize> {
    // The tasks that read come one after the other, so that none waits for this lock.
    let text = Arc::new(Mutex::new(text.lines()));
    let mut counted: Vec<Delayed<usize>> = Vec::new();
    let mut before: Option<Delayed<String>> = None;
    for chunk in 0..chunks {
        let text = Arc::clone(&text);
        let read = try_delayed(format!("read {chunk}"), (), move |()| {
            let mut text = text.lock().expect("no task panics");
            text.by_ref().take(LINES).map(|line| Ok(line? + "\n")).collect::<io::Result<String>>()
        });
        let read = read
            .after(before.as_slice())
            .after(chunk.checked_sub(AHEAD).map(|it| counted[it].clone()).as_slice());
        let count = |text: &str, before: usize| before + text.split_whitespace().count();
        let name = format!("count {chunk}");
        counted.push(match counted.last() {
            None => delayed(name, &read, move |text| count(&text, 0)),
            Some(sum) => delayed(name, (sum, &read), move |(sum, text)| count(&text, *sum)),
        });
        before = Some(read);
    }
    counted.pop().expect("a chunk")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = Pool::new(NonZeroUsize::new(2).unwrap())?;
    let this_file = || File::open(file!()).or_else(|_| File::open("examples/look_ahead.rs"));
    let words = word_count(BufReader::new(this_file()?), 4);
    let (graph, _) = Graph::needed_for(&words).optimized();
    let recorder = Recorder::new(Instant::now());
    let options = Options { observer: &recorder, ..Options::default() };
    println!("{} words", graph.run(&pool, options)?.take(&words));

    let profile = recorder.finish(graph.outline());
    let picture = Picture::new(graph.outline(), "look ahead", "read, and counted");
    let picture = picture.with_seconds(profile.task_seconds()).text(Format::Svg);
    let folder = std::env::temp_dir();
    std::fs::write(folder.join("look_ahead.svg"), &picture)?;
    std::fs::write(folder.join("look_ahead.html"), profile.page("look ahead", "", &picture, &[]))?;
    println!("see look_ahead.svg and look_ahead.html in {}", folder.display());

    let cancellation = Cancellation::default();
    cancellation.cancel();
    let options = Options { cancellation: Some(&cancellation), ..Options::default() };
    match Graph::needed_for(&words).run(&pool, options) {
        Ok(_) => unreachable!("no task is begun"),
        Err(error) => println!("again, but {error}"),
    }
    Ok(())
}
