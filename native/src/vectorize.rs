//! Compiles a plain loop twice: for every machine of the target, and for x86-64 with AVX2 (picked when it runs).

/// `vectorize!(name = inner(arguments))` defines `name`, which calls `inner`, an `#[inline(always)]` function.
macro_rules! vectorize {
    ($name:ident = $inner:ident $(::<$constant:literal>)? ($($argument:ident: $type:ty),* $(,)?)) => {
        pub fn $name($($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn with_avx2($($argument: $type),*) {
                    $inner$(::<$constant>)?($($argument),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            $inner$(::<$constant>)?($($argument),*)
        }
    };
}

pub(crate) use vectorize;
