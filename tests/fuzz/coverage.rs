//! Which edges of the program were taken, where the compiler was told to count them
//! (`-C passes=sancov-module` with inline 8-bit counters: see `.ci/fuzz`).

use std::slice;
use std::sync::Mutex;

/// The counters of the program, as addresses of their beginning and end.
static REGIONS: Mutex<Vec<[usize; 2]>> = Mutex::new(Vec::new());

/// Called once for each part of the program before `main`, by code that the compiler adds.
#[allow(unsafe_code)]
// SAFETY: the name is that which the compiler's instrumentation calls, and nothing else has it.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    let region = [start as usize, stop as usize];
    let mut regions = REGIONS.lock().expect("nobody panics with it");
    if region[0] < region[1] && !regions.contains(&region) {
        regions.push(region);
    }
}

/// The same for the table of places, of which no use is made.
#[allow(unsafe_code)]
// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_pcs_init(_start: *const usize, _stop: *const usize) {}

/// What all inputs so far have reached: for each edge, the orders of magnitude in which it was taken.
#[derive(Default)]
pub struct Coverage {
    seen: Vec<u8>,
}

impl Coverage {
    /// Adds what was reached since the last call, and says whether any of it is new.
    pub fn add(&mut self) -> bool {
        let regions = REGIONS.lock().expect("nobody panics with it");
        let (mut at, mut is_new) = (0, false);
        for &[start, stop] in regions.iter() {
            let length = stop - start;
            self.seen.resize(self.seen.len().max(at + length), 0);
            // SAFETY: the region is a static array of the program. Other threads may count in it, of
            // which none runs between two inputs.
            #[allow(unsafe_code)]
            let counters = unsafe { slice::from_raw_parts_mut(start as *mut u8, length) };
            for (counter, seen) in counters.iter_mut().zip(&mut self.seen[at..]) {
                if *counter != 0 {
                    let magnitude = 1 << counter.ilog2();
                    is_new |= *seen & magnitude == 0;
                    *seen |= magnitude;
                    *counter = 0;
                }
            }
            at += length;
        }
        is_new
    }

    /// How many edges were taken, of how many; none where they are not counted.
    pub fn edges(&self) -> Option<[usize; 2]> {
        let taken = self.seen.iter().filter(|it| **it != 0).count();
        (!self.seen.is_empty()).then_some([taken, self.seen.len()])
    }
}
