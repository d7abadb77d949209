//! The promises of the scheduler: parallelism, early release, errors, nesting, long chains.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use taskgraph::{
    Cancellation, Cause, Delayed, Error, Graph, Observer, Options, Pool, compute, delayed,
    try_delayed,
};

const THREADS: [usize; 3] = [1, 2, 7];

fn pool(threads: usize) -> Pool {
    Pool::new(NonZeroUsize::new(threads).unwrap()).unwrap()
}

/// A place where `expected` tasks meet; false if they have not all come within ten seconds.
#[derive(Clone, Default)]
struct Meeting(Arc<AtomicUsize>);

impl Meeting {
    fn waits_for(&self, expected: usize) -> bool {
        self.0.fetch_add(1, SeqCst);
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.0.load(SeqCst) < expected && Instant::now() < deadline {
            std::thread::yield_now();
        }
        self.0.load(SeqCst) >= expected
    }
}

/// How many values of a kind are alive, and how many ever were at the same time.
#[derive(Clone, Default)]
struct Census(Arc<(AtomicUsize, AtomicUsize)>);

struct Counted(u64, Census);

impl Census {
    fn birth(&self, value: u64) -> Counted {
        let alive = self.0.0.fetch_add(1, SeqCst) + 1;
        self.0.1.fetch_max(alive, SeqCst);
        Counted(value, self.clone())
    }

    fn alive(&self) -> usize {
        self.0.0.load(SeqCst)
    }

    fn most(&self) -> usize {
        self.0.1.load(SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.0.0.fetch_sub(1, SeqCst);
    }
}

fn merge_in_pairs(level: &[Delayed<Counted>], census: &Census) -> Delayed<Counted> {
    if let [only] = level {
        return only.clone();
    }
    let (left, right) = level.split_at(level.len().div_ceil(2));
    let halves = [left, right].map(|half| merge_in_pairs(half, census));
    let census = census.clone();
    delayed("merge", (&halves[0], &halves[1]), move |(left, right)| census.birth(left.0 + right.0))
}

#[test]
fn independent_tasks_run_at_the_same_time() {
    //  1  2  3
    //   \ | /
    //    all
    let meeting = Meeting::default();
    let tasks: Vec<_> = (1..=3)
        .map(|number| {
            let meeting = meeting.clone();
            delayed(format!("{number}"), (), move |()| meeting.waits_for(3))
        })
        .collect();
    let all = delayed("all", &tasks, |met| met.iter().all(|met| **met));
    assert!(*all.compute(&pool(3)).unwrap());
}

#[test]
fn what_is_begun_is_finished_before_more_is_begun() {
    // load1   load2   load3   load4 ..
    //   |       |       |       |
    // reduce  reduce  reduce  reduce
    //     \   /           \   /
    //     merge           merge
    //          \         /
    //             merge ..
    for threads in THREADS {
        let (loaded, reduced) = (Census::default(), Census::default());
        let leaves: Vec<_> = (0..200)
            .map(|number| {
                let census = loaded.clone();
                let load = delayed("load", (), move |()| census.birth(number));
                let census = reduced.clone();
                delayed("reduce", &load, move |load| census.birth(load.0))
            })
            .collect();
        let total = merge_in_pairs(&leaves, &reduced);
        let value = total.compute(&pool(threads)).unwrap();

        assert_eq!(value.0, 199 * 200 / 2);
        // A worker that has loaded reduces next.
        assert!(loaded.most() <= threads, "{} loaded", loaded.most());
        if threads == 1 {
            // The tree has 8 levels: a left sibling on each, the last right one, and their merge.
            assert!(reduced.most() <= 8 + 2, "{} reduced", reduced.most());
        }
        assert_eq!((loaded.alive(), reduced.alive()), (0, 1));
    }
}

#[test]
fn the_last_consumer_owns_the_value() {
    //    x
    //   / \
    // see  own
    //   \ /
    //   both
    let pool = pool(1);
    let x = delayed("x", (), |()| vec![7_u8; 1000]);
    let see = delayed("see", &x, |x| {
        assert!(Arc::try_unwrap(x).is_err(), "`own` has yet to take it");
    });
    let own = delayed("own", &x, |x| {
        let address = x.as_ptr();
        let x = Arc::try_unwrap(x).expect("`see` has run");
        assert_eq!(x.as_ptr(), address);
    });
    compute((&see, &own), &pool).unwrap();

    // A wanted value is kept, whatever its consumers do.
    let taken = delayed("take", &x, Arc::unwrap_or_clone);
    let (taken, x) = compute((&taken, &x), &pool).unwrap();
    assert_eq!(taken, x);
    assert!(Arc::try_unwrap(x).is_ok(), "the caller now owns it");
}

#[test]
fn the_first_failure_cancels_what_has_not_begun() {
    // good  bad  unbegun
    //    \   |   /
    //     summary
    let unbegun = Census::default();
    let census = unbegun.clone();
    let tasks = [
        delayed("good", (), |()| ()),
        try_delayed("bad", (), |()| Err::<(), _>("no such file")),
        delayed("unbegun", (), move |()| drop(census.birth(0))),
    ];
    let summary = delayed("summary", &tasks[..], |_| ());
    let pool = pool(1);
    let error = summary.compute(&pool).unwrap_err();
    assert_eq!(error.to_string(), "task `bad` failed: no such file");
    assert_eq!(unbegun.most(), 0);
    tasks[0].compute(&pool).unwrap();
}

/// Cancels when so many tasks have ended.
struct Impatient {
    ended: AtomicUsize,
    most: usize,
    cancellation: Cancellation,
}

impl Observer for Impatient {
    fn ended(&self, _task: usize, _worker: usize) {
        if self.ended.fetch_add(1, SeqCst) + 1 == self.most {
            self.cancellation.cancel();
        }
    }
}

#[test]
fn what_has_not_begun_when_a_run_is_cancelled_does_not_begin() {
    // load   load   load ..      an observer cancels after 10 tasks
    //   |      |      |
    // reduce reduce reduce ..
    for threads in THREADS {
        let census = Census::default();
        let begun = Arc::new(AtomicUsize::new(0));
        let leaves: Vec<_> = (0..500)
            .map(|number| {
                let (census, begun) = (census.clone(), Arc::clone(&begun));
                let load = delayed("load", (), move |()| {
                    begun.fetch_add(1, SeqCst);
                    census.birth(number)
                });
                delayed("reduce", &load, |load| load.0)
            })
            .collect();
        let cancellation = Cancellation::default();
        let impatient =
            Impatient { ended: AtomicUsize::new(0), most: 10, cancellation: cancellation.clone() };
        let cancellable = Options { cancellation: Some(&cancellation), ..Options::default() };
        let options = Options { observer: &impatient, ..cancellable };
        let (pool, graph) = (pool(threads), Graph::needed_for(&leaves));
        let error = graph.run(&pool, options).err().expect("cancelled");
        assert!(matches!(error.cause(), Cause::Cancelled), "{error}");
        let ended = impatient.ended.load(SeqCst);
        assert!(
            (10..10 + threads).contains(&ended),
            "{ended} of 1000 tasks with {threads} threads"
        );
        assert_eq!(census.alive(), 0, "nothing is kept");

        // What is cancelled stays so, and nobody else is.
        begun.store(0, SeqCst);
        assert!(graph.run(&pool, cancellable).is_err());
        assert_eq!(begun.load(SeqCst), 0);
        assert!(graph.run(&pool, Options::default()).is_ok());
    }
}

#[test]
fn a_cancellation_that_comes_when_all_has_begun_changes_nothing() {
    let cancellation = Cancellation::default();
    let too_late = cancellation.clone();
    let last = delayed("last", (), move |()| too_late.cancel());
    let options = Options { cancellation: Some(&cancellation), ..Options::default() };
    assert!(Graph::needed_for(&last).run(&pool(2), options).is_ok());
    assert!(cancellation.is_cancelled());
}

#[test]
fn a_failure_is_reported_rather_than_the_cancellation_that_followed_it() {
    let cancellation = Cancellation::default();
    let cancel = cancellation.clone();
    let fail = try_delayed("fail", (), move |()| {
        cancel.cancel();
        Err::<(), _>("on purpose")
    });
    let after = delayed("after", &fail, |_| ());
    let options = Options { cancellation: Some(&cancellation), ..Options::default() };
    let error = Graph::needed_for((&after, &delayed("other", (), |()| ()))).run(&pool(1), options);
    assert_eq!(error.err().unwrap().to_string(), "task `fail` failed: on purpose");
}

#[test]
fn a_graph_of_no_tasks_is_computed_at_once() {
    for threads in THREADS {
        compute((), &pool(threads)).unwrap();
        let none: [Delayed<u8>; 0] = [];
        assert!(compute(&none[..], &pool(threads)).unwrap().is_empty());
    }
}

#[test]
fn of_several_failures_the_one_with_the_lowest_number_is_reported() {
    let meeting = Meeting::default();
    let tasks: Vec<_> = (0..3)
        .map(|number| {
            let meeting = meeting.clone();
            try_delayed(format!("task {number}"), (), move |()| {
                assert!(meeting.waits_for(3));
                // The lowest fails last.
                std::thread::sleep(Duration::from_millis(60 - 20 * number));
                Err::<(), _>(format!("failure {number}"))
            })
        })
        .collect();
    let error = compute(&tasks, &pool(3)).unwrap_err();
    assert_eq!(error.to_string(), "task `task 0` failed: failure 0");
}

#[test]
fn a_panic_is_an_error_and_the_pool_remains_usable() {
    for threads in THREADS {
        let pool = pool(threads);
        let fine = delayed("fine", (), |()| 1_usize);
        let index = delayed("index", &fine, |index| [10, 20][*index + 1]);
        let after = delayed("after", (&fine, &index), |(fine, index)| *fine + *index);
        let error = after.compute(&pool).unwrap_err();
        assert_eq!(error.task(), "index");
        let message = "index out of bounds: the len is 2 but the index is 2";
        assert!(matches!(error.cause(), Cause::Panicked(text) if text == message));
        assert_eq!(*fine.compute(&pool).unwrap(), 1);
    }
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn a_value_that_panics_when_dropped_hangs_nothing() {
    // bomb
    //  | \
    //  | take    fail
    //   \ |     /
    //    after
    for threads in THREADS {
        let pool = pool(threads);
        let bomb = delayed("bomb", (), |()| PanicsWhenDropped);
        let take = delayed("take", &bomb, drop);
        let fail = try_delayed("fail", (), |()| Err::<(), _>("on purpose"));
        let after = delayed("after", (&take, &fail), |_| ());
        let error = after.compute(&pool).unwrap_err();
        match error.task() {
            "take" => assert_eq!(error.to_string(), "task `take` panicked: dropped"),
            other => assert_eq!((other, threads > 1), ("fail", true)),
        }
        assert_eq!(*delayed("fine", (), |()| 1).compute(&pool).unwrap(), 1);
    }
}

#[test]
fn leftovers_that_panic_when_dropped_do_not_replace_the_error() {
    let bomb = || delayed("bomb", (), |()| PanicsWhenDropped);
    let fail = try_delayed("fail", (), |()| Err::<(), _>("on purpose"));
    let after = delayed("after", (&bomb(), &bomb(), &fail), |_| ());
    let error = after.compute(&pool(1)).unwrap_err();
    assert_eq!(error.to_string(), "task `fail` failed: on purpose");
}

/// The sum of 0..10, each number its own task.
fn inner_sum(pool: &Pool) -> Result<u64, Error> {
    let numbers: Vec<_> =
        (0..10_u64).map(|number| delayed("number", (), move |()| number)).collect();
    let sum = delayed("sum", &numbers, |numbers| numbers.iter().map(|n| **n).sum());
    Ok(*sum.compute(pool)?)
}

#[test]
fn a_task_may_compute_another_graph_on_the_same_pool_or_another() {
    for threads in THREADS {
        let (outer, other) = (Arc::new(pool(threads)), Arc::new(pool(1)));
        for inner in [&outer, &other] {
            let tasks: Vec<_> = (0..100)
                .map(|_| {
                    let (inner, back) = (Arc::clone(inner), Arc::clone(&outer));
                    try_delayed("outer", (), move |()| {
                        let back = Arc::clone(&back);
                        let middle = try_delayed("middle", (), move |()| inner_sum(&back));
                        middle.compute(&inner).map(|sum| *sum)
                    })
                })
                .collect();
            let sums = compute(&tasks, &outer).unwrap();
            assert!(sums.iter().all(|sum| **sum == 45));
        }
    }
}

#[test]
fn a_thread_waiting_for_a_nested_graph_begins_few_other_tasks() {
    // If it began them all, one on top of the other, its stack would overflow.
    for threads in THREADS {
        let (outer, inner) = (pool(threads), Arc::new(pool(1)));
        let running = Census::default();
        let tasks: Vec<_> = (0..500)
            .map(|_| {
                let (inner, running) = (Arc::clone(&inner), running.clone());
                try_delayed("outer", (), move |()| {
                    let _running = running.birth(0);
                    inner_sum(&inner)
                })
            })
            .collect();
        compute(&tasks, &outer).unwrap();
        assert!(running.most() <= threads, "{} running", running.most());
    }
}

#[test]
fn an_error_of_a_nested_graph_keeps_its_own_task() {
    let pool = Arc::new(pool(1));
    let same = Arc::clone(&pool);
    let outer = try_delayed("outer", (), move |()| {
        let inner = try_delayed("inner", (), |()| Err::<(), _>("on purpose"));
        inner.compute(&same).map(drop)
    });
    let error = outer.compute(&pool).unwrap_err();
    let expected = "task `outer` failed: task `inner` failed: on purpose";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn several_callers_may_share_a_pool() {
    let pool = pool(2);
    std::thread::scope(|scope| {
        let callers = [(); 4].map(|()| scope.spawn(|| inner_sum(&pool).unwrap()));
        assert_eq!(callers.map(|caller| caller.join().unwrap()), [45; 4]);
    });
}

#[test]
fn who_waits_for_a_task_begins_when_it_has_ended() {
    // slow ..: look ..: look ..      no value leads from one to the next
    for threads in THREADS {
        let ended = Arc::new(AtomicUsize::new(0));
        let at = |number: usize| {
            let ended = Arc::clone(&ended);
            delayed("look", (), move |()| {
                std::thread::sleep(Duration::from_millis(if number == 0 { 20 } else { 0 }));
                ended.fetch_add(1, SeqCst) == number
            })
        };
        let mut looks = vec![at(0)];
        (1..10).for_each(|number| looks.push(at(number).after(&looks[number - 1])));
        let seen = compute(&looks, &pool(threads)).unwrap();
        assert!(seen.iter().all(|it| **it), "{seen:?}");
    }
}

#[test]
fn who_waits_for_a_task_that_fails_does_not_begin() {
    let begun = Census::default();
    let census = begun.clone();
    let fail = try_delayed("fail", (), |()| Err::<(), _>("on purpose"));
    let after = delayed("after", (), move |()| drop(census.birth(0))).after(&fail);
    let error = after.compute(&pool(2)).unwrap_err();
    assert_eq!(error.to_string(), "task `fail` failed: on purpose");
    assert_eq!(begun.most(), 0);
}

#[test]
fn a_value_that_nobody_takes_and_that_panics_when_dropped_is_an_error() {
    let bomb = delayed("bomb", (), |()| PanicsWhenDropped);
    let after = delayed("after", (), |()| ()).after(&bomb);
    for threads in THREADS {
        let error = after.compute(&pool(threads)).unwrap_err();
        assert_eq!(error.to_string(), "task `bomb` panicked: dropped");
    }
}

/// Counts the values that it was told are released.
#[derive(Default)]
struct Released(AtomicUsize);

impl Observer for Released {
    fn released(&self, _task: usize) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn an_observer_is_told_of_a_value_that_nobody_takes() {
    let nobody = delayed("nobody", (), |()| 1);
    let wanted = delayed("wanted", (), |()| 2).after(&nobody);
    let released = Released::default();
    let options = Options { observer: &released, ..Options::default() };
    Graph::needed_for(&wanted).run(&pool(1), options).unwrap();
    assert_eq!(released.0.load(SeqCst), 1);
}

#[test]
fn a_chain_of_100_000_tasks_is_built_computed_and_dropped() {
    let mut last = delayed("first", (), |()| 0_u32);
    for _ in 0..100_000 {
        last = delayed("next", &last, |value| *value + 1);
    }
    for threads in THREADS {
        assert_eq!(*last.compute(&pool(threads)).unwrap(), 100_000);
    }
    let mut waiting = delayed("first", (), |()| 0_u32);
    for _ in 0..100_000 {
        waiting = delayed("next", (), |()| 1).after(&waiting);
    }
    drop(waiting);
    // Several threads let go of it at the same time.
    std::thread::scope(|scope| {
        for handle in vec![last; 7] {
            scope.spawn(move || drop(handle));
        }
    });
}
