//! Handles to values not computed yet, and how they are made.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::{Error, Graph, Options, Pool};

/// A value of any type, as the scheduler holds it.
pub type Value = Arc<dyn Any + Send + Sync>;

/// A task's function, without the types of its inputs and its value.
type Run =
    dyn Fn(Vec<Value>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// A task as declared. Its address is its identity.
pub struct Node {
    pub(super) name: String,
    pub(super) dependencies: Vec<Edge>,
    /// The tasks that are only waited for.
    pub(super) after: Vec<Arc<Node>>,
    pub(super) run: Box<Run>,
    pub(super) value_bytes: OnceLock<u64>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_tuple("Node").field(&self.name).finish()
    }
}

impl Node {
    fn take_edges(&mut self) -> impl Iterator<Item = Arc<Node>> {
        let dependencies = std::mem::take(&mut self.dependencies).into_iter();
        dependencies.map(|edge| edge.from).chain(std::mem::take(&mut self.after))
    }
}

/// A chain of tasks may be far longer than the stack is deep, so what only this node kept alive is
/// dropped one after the other, not one inside the other.
impl Drop for Node {
    fn drop(&mut self) {
        let mut orphans: Vec<Arc<Node>> = self.take_edges().collect();
        while let Some(orphan) = orphans.pop() {
            if let Some(mut node) = Arc::into_inner(orphan) {
                orphans.extend(node.take_edges());
            }
        }
    }
}

/// A dependency as declared.
pub struct Edge {
    pub(super) from: Arc<Node>,
    /// Whether the task gets the value itself, which then nobody else may take.
    pub(super) is_moved: bool,
}

/// The value of a task, not computed yet: a name, dependencies and a function.
///
/// A clone is cheap and stands for the same task. The handle never holds the value; each
/// [`compute`](Delayed::compute) computes it anew.
pub struct Delayed<T> {
    node: Arc<Node>,
    // Invariant in T: a handle coerced to a subtype of T would promise a type the value is not of.
    value: PhantomData<fn(T) -> T>,
}

/// A task called `name` whose function cannot fail.
///
/// Nothing runs before a value is wanted. `run` is called with the values of `dependencies`, in
/// the order given, once in each computation that needs the task. The name appears in errors; it
/// need not be unique.
///
/// A handle that is lent, `&ones`, gives the function an [`Arc`] of the value, which other tasks may
/// take as well. A handle that is given away, `ones`, gives it the value itself, so that the memory
/// of an input can become that of the output, and a chain of tasks can pass one state on.
///
/// ```
/// # use std::num::NonZeroUsize;
/// # use taskgraph::{Pool, delayed};
/// let ones = delayed("ones", (), |()| vec![1.0; 8]);
/// let twos = delayed("twos", ones, |mut values: Vec<f64>| {
///     values.iter_mut().for_each(|value| *value *= 2.0);
///     values
/// });
/// let pool = Pool::new(NonZeroUsize::MIN)?;
/// assert_eq!(*twos.compute(&pool)?, [2.0; 8]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn delayed<D, T, F>(name: impl Into<String>, dependencies: D, run: F) -> Delayed<T>
where
    D: Dependencies,
    F: Fn(D::Values) -> T + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    try_delayed(name, dependencies, move |values| Ok::<_, Infallible>(run(values)))
}

/// A task called `name` whose function may fail; otherwise as [`delayed()`].
///
/// The error reaches the caller of [`compute`] as [`Cause::Failed`](super::Cause::Failed).
pub fn try_delayed<D, T, E, F>(name: impl Into<String>, dependencies: D, run: F) -> Delayed<T>
where
    D: Dependencies,
    F: Fn(D::Values) -> Result<T, E> + Send + Sync + 'static,
    T: Send + Sync + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let node = Node {
        name: name.into(),
        dependencies: dependencies.edges(),
        after: Vec::new(),
        run: Box::new(move |inputs| match run(D::values(inputs)) {
            Ok(value) => Ok(Arc::new(value)),
            Err(error) => Err(error.into()),
        }),
        value_bytes: OnceLock::new(),
    };
    Delayed { node: Arc::new(node), value: PhantomData }
}

/// Computes the `wanted` values, and what they need, on the threads of `pool`.
///
/// Each needed task runs once, even if several wanted values need it. A free thread begins the
/// ready task with the lowest number (see [the words](super#words)), so that what is begun is finished
/// first and few values are alive at the same time.
///
/// A task may itself call `compute`, on the same pool or another. The thread that waits there may
/// run other tasks of its pool meanwhile, so it should hold no lock that these need.
///
/// # Errors
///
/// If a task returns an error or panics. Tasks not begun by then do not run; those running finish,
/// and if more of them fail, the error is that of the lowest number. The pool remains usable.
pub fn compute<D: Dependencies>(wanted: D, pool: &Pool) -> Result<D::Values, Error> {
    let graph = Graph::needed_for(Untyped(wanted.edges()));
    graph.run(pool, Options::default()).map(|results| D::values(results.into_values()))
}

/// Dependencies whose types do not matter.
struct Untyped(Vec<Edge>);

impl Dependencies for Untyped {
    type Values = ();

    fn edges(self) -> Vec<Edge> {
        self.0
    }

    fn values(_: Vec<Value>) {}
}

impl<T> Delayed<T> {
    /// The name of the task. Its first word is the operation: tasks with one operation are drawn
    /// and summed up as one kind.
    pub fn name(&self) -> &str {
        &self.node.name
    }

    /// This task, with the bytes of memory that its value is expected to hold: for the
    /// [budget](Options::budget_bytes) and for whoever looks at the graph. Said once; what is said later is ignored.
    pub fn value_bytes(self, bytes: u64) -> Self {
        self.node.value_bytes.get_or_init(|| bytes);
        self
    }

    /// This task, begun only when `others` have ended: an order-only dependency. None of their
    /// values is taken, and waiting for a task keeps its value no longer in memory. The others run,
    /// if nothing else needs them; what nobody takes is dropped at once.
    ///
    /// ```
    /// # use std::num::NonZeroUsize;
    /// # use taskgraph::{Pool, compute, delayed};
    /// let path = std::env::temp_dir().join(format!("after-{}", std::process::id()));
    /// let (written, read) = (path.clone(), path.clone());
    /// let write = delayed("write", (), move |()| std::fs::write(&written, "seven"));
    /// let read = delayed("read", (), move |()| std::fs::read_to_string(&read)).after(&write);
    /// let pool = Pool::new(NonZeroUsize::new(2).unwrap())?;
    /// assert_eq!(read.compute(&pool)?.as_ref().as_deref().ok(), Some("seven"));
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the handle was cloned, or another task depends on it: it is too late then. So no task
    /// ever waits for one that waits for it.
    pub fn after(mut self, others: impl Dependencies) -> Self {
        let node = Arc::get_mut(&mut self.node).expect("`after` is said before the handle is used");
        node.after.extend(others.edges().into_iter().map(|edge| edge.from));
        self
    }

    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }
}

impl<T: Send + Sync + 'static> Delayed<T> {
    /// Computes this one value; see [`compute`].
    ///
    /// # Errors
    ///
    /// As [`compute`].
    pub fn compute(&self, pool: &Pool) -> Result<Arc<T>, Error> {
        compute(self, pool)
    }
}

impl<T> Clone for Delayed<T> {
    fn clone(&self) -> Self {
        Self { node: Arc::clone(&self.node), value: PhantomData }
    }
}

impl<T> fmt::Debug for Delayed<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_tuple("Delayed").field(&self.name()).finish()
    }
}

/// The handles that a task's function takes the values of.
///
/// | dependencies | values |
/// |---|---|
/// | `()` | `()` |
/// | a handle lent, `&Delayed<A>` | `Arc<A>` |
/// | a handle given away, `Delayed<A>` | `A` |
/// | a tuple of one to four of these | a tuple of their values |
/// | any number lent, `&[Delayed<A>]` or `&Vec<Delayed<A>>` | `Vec<Arc<A>>` |
/// | any number given away, `Vec<Delayed<A>>` | `Vec<A>` |
///
/// Law: the values come in the order of the dependencies. The same task may be lent twice; its
/// value then comes twice. A value that is given away has one taker: [`Graph::needed_for`] panics if there
/// is another, whatever the threads. To wait for such a task ([`Delayed::after`]) is not to take
/// its value. The trait cannot be implemented outside this crate, since its hidden methods speak of
/// types that cannot be named there.
pub trait Dependencies {
    /// The value, or values, that the function receives.
    type Values;

    #[doc(hidden)]
    fn edges(self) -> Vec<Edge>;

    /// Restores the types of the values of [`edges`](Self::edges), given in their order.
    #[doc(hidden)]
    fn values(values: Vec<Value>) -> Self::Values;
}

/// One value that a task's function takes: a handle, lent or given away; see [`Dependencies`].
pub trait Dependency {
    /// The value, or values, that the function receives.
    type Value;

    #[doc(hidden)]
    fn edge(self) -> Edge;

    #[doc(hidden)]
    fn value(value: Value) -> Self::Value;
}

impl<A: Send + Sync + 'static> Dependency for &Delayed<A> {
    type Value = Arc<A>;

    fn edge(self) -> Edge {
        Edge { from: Arc::clone(&self.node), is_moved: false }
    }

    fn value(value: Value) -> Arc<A> {
        value.downcast().expect("a handle has the type of its value")
    }
}

impl<A: Send + Sync + 'static> Dependency for Delayed<A> {
    type Value = A;

    fn edge(self) -> Edge {
        Edge { from: self.node, is_moved: true }
    }

    fn value(value: Value) -> A {
        // The graph was refused if there was another taker, so this is the only reference.
        Arc::into_inner(<&Delayed<A>>::value(value)).expect("nobody else takes the value")
    }
}

impl Dependencies for () {
    type Values = ();

    fn edges(self) -> Vec<Edge> {
        Vec::new()
    }

    fn values(_: Vec<Value>) {}
}

impl<D: Dependency> Dependencies for D {
    type Values = D::Value;

    fn edges(self) -> Vec<Edge> {
        vec![self.edge()]
    }

    fn values(values: Vec<Value>) -> D::Value {
        let (value,) = <(D,)>::values(values);
        value
    }
}

macro_rules! any_number_of_dependencies {
    ($([$($lent:lifetime)?] $many:ty, $one:ty;)+) => {$(
        impl<$($lent,)? A: Send + Sync + 'static> Dependencies for $many {
            type Values = Vec<<$one as Dependency>::Value>;

            fn edges(self) -> Vec<Edge> {
                self.into_iter().map(<$one>::edge).collect()
            }

            fn values(values: Vec<Value>) -> Self::Values {
                values.into_iter().map(<$one>::value).collect()
            }
        }
    )+};
}

any_number_of_dependencies! {
    ['a] &'a [Delayed<A>], &'a Delayed<A>;
    ['a] &'a Vec<Delayed<A>>, &'a Delayed<A>;
    [] Vec<Delayed<A>>, Delayed<A>;
}

macro_rules! tuples_of_dependencies {
    ($($(($D:ident, $d:ident)),+;)+) => {$(
        impl<$($D: Dependency),+> Dependencies for ($($D,)+) {
            type Values = ($($D::Value,)+);

            fn edges(self) -> Vec<Edge> {
                let ($($d,)+) = self;
                vec![$($d.edge()),+]
            }

            fn values(values: Vec<Value>) -> Self::Values {
                let mut values = values.into_iter();
                $(let $d = values.next().expect("every dependency has a value");)+
                ($($D::value($d),)+)
            }
        }
    )+};
}

tuples_of_dependencies! {
    (A, a);
    (A, a), (B, b);
    (A, a), (B, b), (C, c);
    (A, a), (B, b), (C, c), (D, d);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    fn pool(threads: usize) -> Pool {
        Pool::new(NonZeroUsize::new(threads).unwrap()).unwrap()
    }

    #[test]
    fn inputs_come_in_declared_order_and_with_their_types() {
        let pool = pool(2);
        let a = delayed("a", (), |()| 1_u8);
        let b = delayed("b", &a, |a| format!("b{a}"));
        let c = delayed("c", (&b,), |(b,)| vec![b.len()]);
        let d = delayed("d", (&a, &b, &c), |(a, b, c)| format!("{a} {b} {c:?}"));
        let e = delayed("e", (&d, &c, &b, &a), |(d, c, b, a)| format!("{d} {c:?} {b} {a}"));
        assert_eq!(*e.compute(&pool).unwrap(), "1 b1 [2] [2] b1 1");

        let letters: Vec<_> =
            ["x", "y", "z"].map(|letter| delayed(letter, (), move |()| letter)).into();
        let word = delayed("word", &letters, |letters| {
            letters.iter().map(|letter| **letter).collect::<String>()
        });
        assert_eq!(*word.compute(&pool).unwrap(), "xyz");
        let none = delayed("none", &letters[..0], |letters| letters.len());
        assert_eq!(*none.compute(&pool).unwrap(), 0);
        compute((), &pool).unwrap();
    }

    #[test]
    fn a_handle_can_be_computed_again_and_its_clone_is_the_same_task() {
        let pool = pool(1);
        let runs = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let count = delayed("count", (), move |()| {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1
        });
        assert_eq!(*count.compute(&pool).unwrap(), 1);
        assert_eq!(*count.compute(&pool).unwrap(), 2);
        let (first, second) = compute((&count, &count.clone()), &pool).unwrap();
        assert_eq!((*first, *second), (3, 3));
        assert_eq!(format!("{count:?}"), r#"Delayed("count")"#);
    }

    #[test]
    fn a_chain_of_tasks_passes_one_state_on_each_time_it_is_computed() {
        /// Neither cloned nor copied.
        struct Word(String);
        for threads in [1, 2] {
            let pool = pool(threads);
            let start = delayed("start", (), |()| Word(String::from("0")));
            let word = (1..5).fold(start, |state, number| {
                delayed("add", state, move |word: Word| Word(format!("{}{number}", word.0)))
            });
            assert_eq!(word.compute(&pool).unwrap().0, "01234");
            assert_eq!(word.compute(&pool).unwrap().0, "01234", "computed again");
            let three = delayed("three", (), |()| 3);
            let both = delayed("both", (word, &three), |(word, three): (Word, Arc<usize>)| {
                word.0[..*three].to_owned()
            });
            let words = delayed("words", vec![both.clone()], |words: Vec<String>| words.concat());
            assert_eq!(compute(words, &pool).unwrap(), "012");
            assert_eq!(compute((both, &three), &pool).unwrap(), ("012".to_owned(), Arc::new(3)));
        }
    }

    #[test]
    fn a_value_that_is_given_away_has_one_taker() {
        let x = delayed("x", (), |()| 1);
        let lent = delayed("lent", &x, |x| *x);
        let given = delayed("given", x.clone(), |x: i32| x);
        let wait = delayed("wait", (), |()| 2).after(&x);
        let after_all = compute((given.clone(), wait), &pool(2)).unwrap();
        assert_eq!(after_all, (1, 2), "who waits takes nothing");
        let refused = |wanted: &[Delayed<i32>]| {
            let graph = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                Graph::needed_for(wanted);
            }));
            *graph.unwrap_err().downcast::<String>().unwrap()
        };
        let says =
            "the value of task `x` is given away to task `given`, and taken by another as well";
        assert_eq!(refused(&[given.clone(), lent]), says);
        assert_eq!(refused(&[given.clone(), x]), says);
        let again = delayed("wanted", given.clone(), |given: i32| given);
        let says = "the value of task `given` is given away to task `wanted`, and taken by another as well";
        assert_eq!(refused(&[again, given]), says);
    }

    #[test]
    #[should_panic(expected = "`after` is said before the handle is used")]
    fn no_two_tasks_wait_for_each_other() {
        let first = delayed("first", (), |()| ());
        let second = delayed("second", &first, |_| ());
        first.after(&second);
    }

    #[test]
    fn a_task_may_take_the_same_value_twice() {
        let x = delayed("x", (), |()| 21);
        let twice = delayed("twice", (&x, &x), |(a, b)| {
            assert!(Arc::ptr_eq(&a, &b));
            *a + *b
        });
        assert_eq!(*twice.compute(&pool(1)).unwrap(), 42);
    }

    #[test]
    fn a_returned_error_reaches_the_caller_with_its_type() {
        let parsed = try_delayed("parse", (), |()| "seven".parse::<u8>());
        let error = parsed.compute(&pool(1)).unwrap_err();
        assert_eq!(error.task(), "parse");
        let super::super::Cause::Failed(cause) = error.into_cause() else {
            panic!("the function returned its error");
        };
        assert!(cause.is::<std::num::ParseIntError>());
    }

    #[test]
    fn dropping_a_handle_drops_what_only_it_needed() {
        let captured = Arc::new(());
        let task = |name, dependencies: &[Delayed<()>]| {
            let captured = Arc::clone(&captured);
            delayed(name, dependencies, move |_| drop(captured.clone()))
        };
        let shared = task("shared", &[]);
        let left = task("left", std::slice::from_ref(&shared));
        let both = task("both", &[left.clone(), shared.clone()]);
        drop(shared);
        drop(both);
        assert_eq!(Arc::strong_count(&captured), 3);
        drop(left);
        assert_eq!(Arc::strong_count(&captured), 1);
    }
}
