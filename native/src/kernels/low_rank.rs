//! What an adapter adds to a product: `λ_b ⊙ (B (λ_d ⊙ z))`, with `z = A x` given.

use std::arch::x86_64::*;

use super::float32::Tile;
use super::panels::WIDTH;

/// `z` `[rows, rank]`, `lambda_d` `[rank]` or one number for all, `b` `[outputs, rank]`, `lambda_b` `[outputs]`.
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
        assert!(lambda_d.len() == rank || lambda_d.len() == 1, "misshapen λ_d");
        assert!(lambda_b.is_none_or(|lambda_b| lambda_b.len() == outputs), "misshapen λ_b");
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
        weights: &mut Vec<f32>,
        y: *mut f32,
        stride: usize,
    ) {
        weights.resize(self.rank * WIDTH, 0.0);
        for lane in 0..width {
            let output = panel * WIDTH + lane;
            let scale = self.lambda_b.map_or(1.0, |lambda_b| lambda_b[output]);
            let row = &self.b[output * self.rank..(output + 1) * self.rank];
            for (term, weight) in row.iter().enumerate() {
                weights[term * WIDTH + lane] = weight * scale;
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
        for output in first..last {
            let scale = self.lambda_b.map_or(1.0, |lambda_b| lambda_b[output]);
            let weights = &self.b[output * self.rank..(output + 1) * self.rank];
            for row in 0..rows {
                // SAFETY: the caller's promise.
                unsafe {
                    let sum = dot(weights, &self.z[row * self.rank..(row + 1) * self.rank]);
                    *y.add(row * self.outputs + output) += scale * sum;
                }
            }
        }
    }
}

/// Of two arrays of one length.
#[inline]
#[target_feature(enable = "avx512f")]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sum = _mm512_setzero_ps();
    let (a, b) = (a.chunks(16), b.chunks(16));
    for (a, b) in a.zip(b) {
        let mask = (u32::MAX >> (32 - a.len())) as u16;
        // SAFETY: the mask leaves out what lies behind the arrays.
        unsafe {
            sum = _mm512_fmadd_ps(
                _mm512_maskz_loadu_ps(mask, a.as_ptr()),
                _mm512_maskz_loadu_ps(mask, b.as_ptr()),
                sum,
            );
        }
    }
    _mm512_reduce_add_ps(sum)
}
