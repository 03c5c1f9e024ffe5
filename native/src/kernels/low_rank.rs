//! What an adapter adds to a product: `λ_b ⊙ (B (λ_d ⊙ z))` with `z = A x`.

use std::arch::x86_64::*;
use std::cell::RefCell;

use super::float32::Tile;
use super::lines::Lines;
use super::panels::WIDTH;
use super::shared::Shared;
use super::turn::turn;
use super::{Parallel, if_worth};

/// Up to so many rows a product is computed straight from a matrix, a dot product each.
const FEW: usize = 4;
/// Products for which waking other threads pays.
const WORTH_THREADS: usize = 200_000;

thread_local! {
    static PANEL: RefCell<Lines<f32>> = RefCell::default();
}

/// `z = x · Aᵀ`: `x` `[rows, width]`, `a` `[rank, width]`, `z` `[rows, rank]`. Panics where the lengths don't fit.
pub fn project(x: &[f32], a: &[f32], width: usize, z: &mut [f32], parallel: Parallel) {
    let (rows, rank) = (x.len() / width, a.len() / width);
    assert!(
        x.len() == rows * width && a.len() == rank * width && z.len() == rows * rank,
        "misshapen product"
    );
    let parallel = if_worth(rows * a.len(), WORTH_THREADS, parallel);
    let out = Shared(z.as_mut_ptr());
    parallel(rank.div_ceil(WIDTH), &|panel| {
        let (first, last) = (panel * WIDTH, rank.min((panel + 1) * WIDTH));
        // SAFETY: `available` was asked; these outputs are this part's alone.
        unsafe {
            if rows <= FEW {
                for row in 0..rows {
                    let x = &x[row * width..(row + 1) * width];
                    dots(&a[first * width..last * width], x, |at, sum| {
                        *out.at(row * rank + first + at) = sum
                    });
                }
                return;
            }
            PANEL.with_borrow_mut(|weights| {
                turn(&a[first * width..last * width], width, weights);
                let tile = Tile {
                    x: x.as_ptr(),
                    x_row: width,
                    x_term: 1,
                    terms: width,
                    weights: weights.as_ptr(),
                    weights_term: WIDTH,
                    y: out.at(first),
                    y_row: rank,
                    width: last - first,
                    add: false,
                };
                tile.run(rows);
            });
        }
    });
}

/// `z` `[rows, rank]`, `lambda_d` `[rank]` or one number for all, `b` `[outputs, rank]`, `lambda_b` `[outputs]`; the
/// vectors may be longer.
#[derive(Clone, Copy)]
pub struct LowRank<'a> {
    pub z: &'a [f32],
    pub lambda_d: &'a [f32],
    pub b: &'a [f32],
    pub lambda_b: Option<&'a [f32]>,
}

/// The same with `λ_d ⊙ z` computed.
pub struct ScaledUpdate<'a> {
    rank: usize,
    outputs: usize,
    /// `[rows, rank]`
    z: &'a [f32],
    b: &'a [f32],
    lambda_b: Option<&'a [f32]>,
}

impl<'a> ScaledUpdate<'a> {
    /// Panics where lengths don't fit.
    pub fn new(update: LowRank<'a>, rows: usize, outputs: usize, scratch: &'a mut Vec<f32>) -> Self {
        let LowRank { z, lambda_d, b, lambda_b } = update;
        let rank = b.len() / outputs;
        assert!(rank > 0 && b.len() == outputs * rank && z.len() == rows * rank, "misshapen update");
        let lambda_d = if lambda_d.len() == 1 { lambda_d } else { &lambda_d[..rank] };
        let lambda_b = lambda_b.map(|lambda_b| &lambda_b[..outputs]);
        scratch.clear();
        for row in z.chunks_exact(rank) {
            scratch.extend(row.iter().zip(lambda_d.iter().cycle()).map(|(z, scale)| z * scale));
        }
        Self { rank, outputs, z: scratch, b, lambda_b }
    }

    /// Adds the update of outputs `32 · panel` and on, `width` of them, to `rows` rows of `y`, `stride` apart.
    ///
    /// # Safety
    /// The processor has AVX-512; `y` has room and nobody else writes these outputs.
    pub unsafe fn add_panel(
        &self,
        panel: usize,
        width: usize,
        rows: usize,
        weights: &mut Lines<f32>,
        y: *mut f32,
        stride: usize,
    ) {
        let (first, last) = (panel * WIDTH, panel * WIDTH + width);
        // SAFETY: the caller's promise.
        unsafe { turn(&self.b[first * self.rank..last * self.rank], self.rank, weights) };
        if let Some(lambda_b) = self.lambda_b {
            for line in weights.chunks_exact_mut(WIDTH) {
                for (weight, scale) in line.iter_mut().zip(&lambda_b[first..last]) {
                    *weight *= scale;
                }
            }
        }
        let tile = Tile {
            x: self.z.as_ptr(),
            x_row: self.rank,
            x_term: 1,
            terms: self.rank,
            weights: weights.as_ptr(),
            weights_term: WIDTH,
            y,
            y_row: stride,
            width,
            add: true,
        };
        // SAFETY: the caller's promise; `z` has as many rows.
        unsafe { tile.run(rows) };
    }

    /// Adds the update of outputs `first` to `last` to `y` `[rows, outputs]`, straight from `B`.
    ///
    /// # Safety
    /// The processor has AVX-512; `y` has room and nobody else writes these outputs.
    #[target_feature(enable = "avx512f")]
    pub unsafe fn add_rows(&self, (first, last): (usize, usize), rows: usize, y: *mut f32) {
        let weights = &self.b[first * self.rank..last * self.rank];
        for row in 0..rows {
            let z = &self.z[row * self.rank..(row + 1) * self.rank];
            // SAFETY: the caller's promise.
            unsafe {
                dots(weights, z, |at, sum| {
                    let scale = self.lambda_b.map_or(1.0, |lambda_b| lambda_b[first + at]);
                    *y.add(row * self.outputs + first + at) += scale * sum;
                });
            }
        }
    }
}

/// Calls `each` with every row's place and its dot product with `x`; rows are as long as `x`.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn dots(rows: &[f32], x: &[f32], mut each: impl FnMut(usize, f32)) {
    /// Rows at once: their sums don't wait for each other.
    const ROWS: usize = 4;
    let width = x.len();
    let count = rows.len() / width;
    for first in (0..count).step_by(ROWS) {
        // The last rows are taken along once more rather than left for a slower way.
        let row = |index: usize| rows[(first + index).min(count - 1) * width..].as_ptr();
        let pointers: [*const f32; ROWS] = std::array::from_fn(row);
        let mut sums = [_mm512_setzero_ps(); ROWS];
        for at in (0..width).step_by(16) {
            let mask = (u32::MAX >> (32 - (width - at).min(16))) as u16;
            // SAFETY: the mask leaves out what lies behind the rows.
            unsafe {
                let x = _mm512_maskz_loadu_ps(mask, x.as_ptr().add(at));
                for (sum, pointer) in sums.iter_mut().zip(pointers) {
                    *sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, pointer.add(at)), x, *sum);
                }
            }
        }
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
            project(&x, &a, width, &mut z, &in_order);
            for (at, z) in z.iter().enumerate() {
                let (x, a) = (&x[at / rank * width..][..width], &a[at % rank * width..][..width]);
                let sum: f64 = x.iter().zip(a).map(|(x, a)| f64::from(*x) * f64::from(*a)).sum();
                assert!((f64::from(*z) - sum).abs() < 1e-4, "{rows} {rank} {width} {at}");
            }
        }
    }
}
