//! The same loops, compiled for wider vectors where the processor has them.

/// Runs `work`, compiled for AVX2 if this processor has it. Rust never contracts or
/// reorders floating-point operations, so the bits of a result do not depend on it.
///
/// Everything that `work` calls must be inlined into it to profit.
#[inline(always)]
pub(super) fn with_wide_instructions(work: impl FnOnce()) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code)]
        // SAFETY: the processor has AVX2, as was just asked of it. Measured: summing int16
        // takes TODO of the time of the portable code.
        return unsafe { with_avx2(work) };
    }
    work();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(work: impl FnOnce()) {
    work();
}
