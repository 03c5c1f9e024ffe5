//! An adapter's `A x`.

use std::arch::x86_64::*;

use super::float_matrix::FloatMatrix;
use super::numbers::{Number, Numbers, sums};
use super::panels::WIDTH;
use super::shared::Shared;
use super::{Parallel, few_rows, if_worth, products};

/// Products for which waking other threads pays.
const WORTH_THREADS: usize = 200_000;

/// `z = x · Aᵀ`: `x` `[rows, width]`, `a` `[rank, width]`, `z` `[rows, rank]`. Panics where the lengths don't fit.
pub fn project(x: &[f32], a: Numbers, width: usize, z: &mut [f32], parallel: Parallel) {
    let (rows, rank) = (x.len() / width, a.len() / width);
    assert!(x.len() == rows * width && z.len() == rows * rank, "misshapen product");
    let parallel = if_worth(rows * a.len(), WORTH_THREADS, parallel);
    if rows > few_rows::MOST {
        return products::project(x, FloatMatrix::new(width, a, None), z, parallel);
    }
    let out = Shared(z.as_mut_ptr());
    parallel(rank.div_ceil(WIDTH), &|panel| {
        let (first, last) = (panel * WIDTH, rank.min((panel + 1) * WIDTH));
        for row in 0..rows {
            let x = &x[row * width..(row + 1) * width];
            let range = first * width..last * width;
            let each = |at: usize, sum: f32| {
                // SAFETY: these outputs are this part's alone.
                unsafe { *out.at(row * rank + first + at) = sum };
            };
            // SAFETY: `available` was asked.
            unsafe {
                match a {
                    Numbers::Floats(a) => dots(&a[range], x, each),
                    Numbers::Integers(a) => dots(&a[range], x, each),
                }
            }
        }
    });
}

/// Calls `each` with every row's place and its dot product with `x`; rows are as long as `x`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn dots<N: Number>(rows: &[N], x: &[f32], mut each: impl FnMut(usize, f32)) {
    /// Rows at once: their sums don't wait for each other.
    const ROWS: usize = 4;
    let width = x.len();
    let count = rows.len() / width;
    for first in (0..count).step_by(ROWS) {
        // The last rows are taken along once more rather than left for a slower way.
        let row = |index: usize| rows[(first + index).min(count - 1) * width..].as_ptr();
        let pointers: [*const N; ROWS] = std::array::from_fn(row);
        // SAFETY: the pointers are to rows as long as x.
        let sums = unsafe { sums(pointers, x) };
        for (index, sum) in sums.into_iter().enumerate().take(count - first) {
            each(first + index, _mm512_reduce_add_ps(sum));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_matrix::random;
    use super::super::{available, in_order};
    use super::*;

    #[test]
    fn projections_agree_with_float64() {
        if !available() {
            return;
        }
        for (rows, rank, width) in [(1, 64, 576), (3, 5, 40), (9, 70, 33), (40, 32, 64)] {
            let (x, a) = (random(rows * width, 1), random(rank * width, 2));
            let mut z = vec![f32::NAN; rows * rank];
            let whole: Vec<i16> = a.iter().map(|value| (value * 1000.0).round() as i16).collect();
            let same: Vec<f32> = whole.iter().map(|value| f32::from(*value)).collect();
            for (a, numbers, size) in
                [(&a, Numbers::Floats(&a), 1.0), (&same, Numbers::Integers(&whole), 1e3)]
            {
                project(&x, numbers, width, &mut z, &in_order);
                for (at, z) in z.iter().enumerate() {
                    let (x, a) = (&x[at / rank * width..][..width], &a[at % rank * width..][..width]);
                    let sum: f64 = x.iter().zip(a).map(|(x, a)| f64::from(*x) * f64::from(*a)).sum();
                    assert!(
                        (f64::from(*z) - sum).abs() < 1e-4 * sum.abs().max(size),
                        "{rows} {rank} {width} {at}"
                    );
                }
            }
        }
    }
}
