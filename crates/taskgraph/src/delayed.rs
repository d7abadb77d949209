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
    pub(super) dependencies: Vec<Arc<Node>>,
    pub(super) run: Box<Run>,
    pub(super) value_bytes: OnceLock<u64>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_tuple("Node").field(&self.name).finish()
    }
}

/// A chain of tasks may be far longer than the stack is deep, so the dependencies that only this
/// node kept alive are dropped one after the other, not one inside the other.
impl Drop for Node {
    fn drop(&mut self) {
        let mut orphans = std::mem::take(&mut self.dependencies);
        while let Some(orphan) = orphans.pop() {
            if let Some(mut node) = Arc::into_inner(orphan) {
                orphans.append(&mut node.dependencies);
            }
        }
    }
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
/// The values come as [`Arc`]s. To the last consumer that begins, the scheduler hands over its own
/// reference: if the other consumers are done, as they always are when there are none, then
/// [`Arc::try_unwrap`] succeeds and [`Arc::unwrap_or_clone`] does not clone, so that the memory of
/// an input can become that of the output.
///
/// ```
/// # use std::num::NonZeroUsize;
/// # use std::sync::Arc;
/// # use taskgraph::{Pool, delayed};
/// let ones = delayed("ones", (), |()| vec![1.0; 8]);
/// let twos = delayed("twos", &ones, |ones| {
///     let mut values = Arc::try_unwrap(ones).expect("no other task takes `ones`");
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
        dependencies: dependencies.nodes(),
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
/// ready task with the lowest number (see [the module](super)), so that what is begun is finished
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
    let graph = Graph::of(Nodes(wanted.nodes()));
    graph.run(pool, Options::default()).map(|results| D::values(results.into_values()))
}

/// Dependencies whose types do not matter.
struct Nodes(Vec<Arc<Node>>);

impl Dependencies for Nodes {
    type Values = ();

    fn nodes(self) -> Vec<Arc<Node>> {
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

    /// The same task, with the bytes of memory that its value is expected to hold: for the
    /// [budget](Options::budget_bytes) and for whoever looks at the graph. Said once; what is said later is ignored.
    pub fn value_bytes(self, bytes: u64) -> Self {
        self.node.value_bytes.get_or_init(|| bytes);
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

/// What a task's function takes: `()` for nothing, one `&Delayed<A>`, a tuple of one to four of
/// them, a pair of one and a slice, or a slice `&[Delayed<A>]` (or `&Vec<Delayed<A>>`) of any number of one type.
///
/// Law: the values come in the order of the dependencies. The same task may be named twice; its
/// value then comes twice. The trait cannot be implemented outside this module, since its hidden
/// methods speak of types that cannot be named there.
pub trait Dependencies {
    /// What the function receives: `()`, `Arc<A>`, `(Arc<A>, Arc<B>, ..)` or `Vec<Arc<A>>`.
    type Values;

    #[doc(hidden)]
    fn nodes(self) -> Vec<Arc<Node>>;

    /// Restores the types of the values of [`nodes`](Self::nodes), given in their order.
    #[doc(hidden)]
    fn values(values: Vec<Value>) -> Self::Values;
}

fn typed<T: Send + Sync + 'static>(value: Value) -> Arc<T> {
    value.downcast().expect("a handle has the type of its value")
}

impl Dependencies for () {
    type Values = ();

    fn nodes(self) -> Vec<Arc<Node>> {
        Vec::new()
    }

    fn values(_: Vec<Value>) {}
}

impl<A: Send + Sync + 'static> Dependencies for &Delayed<A> {
    type Values = Arc<A>;

    fn nodes(self) -> Vec<Arc<Node>> {
        vec![Arc::clone(&self.node)]
    }

    fn values(values: Vec<Value>) -> Arc<A> {
        let (value,) = <(&Delayed<A>,)>::values(values);
        value
    }
}

impl<A: Send + Sync + 'static> Dependencies for &[Delayed<A>] {
    type Values = Vec<Arc<A>>;

    fn nodes(self) -> Vec<Arc<Node>> {
        self.iter().map(|each| Arc::clone(&each.node)).collect()
    }

    fn values(values: Vec<Value>) -> Vec<Arc<A>> {
        values.into_iter().map(typed).collect()
    }
}

impl<A: Send + Sync + 'static> Dependencies for &Vec<Delayed<A>> {
    type Values = Vec<Arc<A>>;

    fn nodes(self) -> Vec<Arc<Node>> {
        self.as_slice().nodes()
    }

    fn values(values: Vec<Value>) -> Vec<Arc<A>> {
        <&[Delayed<A>]>::values(values)
    }
}

/// One value, and any number of one type.
impl<A: Send + Sync + 'static, B: Send + Sync + 'static> Dependencies
    for (&Delayed<A>, &[Delayed<B>])
{
    type Values = (Arc<A>, Vec<Arc<B>>);

    fn nodes(self) -> Vec<Arc<Node>> {
        let (one, many) = self;
        let mut nodes = one.nodes();
        nodes.extend(many.nodes());
        nodes
    }

    fn values(values: Vec<Value>) -> Self::Values {
        let mut values = values.into_iter();
        let one = values.next().expect("every dependency has a value");
        (typed(one), values.map(typed).collect())
    }
}

macro_rules! tuples_of_dependencies {
    ($($(($T:ident, $t:ident)),+;)+) => {$(
        impl<$($T: Send + Sync + 'static),+> Dependencies for ($(&Delayed<$T>,)+) {
            type Values = ($(Arc<$T>,)+);

            fn nodes(self) -> Vec<Arc<Node>> {
                let ($($t,)+) = self;
                vec![$(Arc::clone(&$t.node)),+]
            }

            fn values(values: Vec<Value>) -> Self::Values {
                let mut values = values.into_iter();
                $(let $t = values.next().expect("every dependency has a value");)+
                ($(typed($t),)+)
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
        let more = delayed("more", (&a, &letters[1..]), |(a, letters)| format!("{a}{letters:?}"));
        assert_eq!(*more.compute(&pool).unwrap(), r#"1["y", "z"]"#);
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
