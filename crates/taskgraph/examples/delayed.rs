//! The first example of the Dask lesson: two slow increments and a slow sum, called one after
//! the other and then through a graph that runs the increments at the same time.

use std::num::NonZeroUsize;
use std::thread::sleep;
use std::time::{Duration, Instant};

use taskgraph::{Pool, delayed};

const WORK: Duration = Duration::from_secs(1);
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

fn inc(x: i32) -> i32 {
    sleep(WORK);
    x + 1
}

fn add(x: i32, y: i32) -> i32 {
    sleep(WORK);
    x + y
}

/// Says how long both ways take.
pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let x = inc(1);
    let y = inc(2);
    let z = add(x, y);
    let seconds = start.elapsed().as_secs_f64();
    println!("one after the other: {z} in {seconds:.2} s");

    let pool = Pool::new(THREADS)?;
    let start = Instant::now();
    let x = delayed("x", (), |()| inc(1));
    let y = delayed("y", (), |()| inc(2));
    let z = delayed("z", (&x, &y), |(x, y)| add(*x, *y));
    let z = z.compute(&pool)?;
    let seconds = start.elapsed().as_secs_f64();
    println!("graph, {THREADS} threads: {z} in {seconds:.2} s");
    Ok(())
}
