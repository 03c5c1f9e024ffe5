//! Tiles of a product in float32.

use std::arch::x86_64::*;

use super::panels::WIDTH;

/// Rows of a tile: with 32 outputs, 24 registers of sums.
pub const ROWS: usize = 12;

/// What a tile reads and writes: `y[row][lane] (+)= Σ x[row][term] · weights[term][lane]`, all with strides in
/// numbers, so that any of the three may be a part of a larger matrix, and `x` a transposed one.
#[derive(Clone, Copy)]
pub struct Tile {
    pub x: *const f32,
    pub x_row: usize,
    pub x_term: usize,
    pub terms: usize,
    pub weights: *const f32,
    pub weights_term: usize,
    pub y: *mut f32,
    pub y_row: usize,
    /// Lanes, at most 32: no others are read or written.
    pub width: usize,
    /// Whether to add to what `y` holds.
    pub add: bool,
}

impl Tile {
    /// Computes `rows` rows, in tiles of `ROWS`.
    ///
    /// # Safety
    /// The processor has AVX-512; all that the strides reach may be read or written.
    pub unsafe fn run(mut self, rows: usize) {
        for first in (0..rows).step_by(ROWS) {
            // SAFETY: the caller's promise.
            unsafe {
                match rows - first {
                    1 => self.rows::<1>(),
                    2 => self.rows::<2>(),
                    3 => self.rows::<3>(),
                    4 => self.rows::<4>(),
                    5 => self.rows::<5>(),
                    6 => self.rows::<6>(),
                    7 => self.rows::<7>(),
                    8 => self.rows::<8>(),
                    9 => self.rows::<9>(),
                    10 => self.rows::<10>(),
                    11 => self.rows::<11>(),
                    _ => self.rows::<ROWS>(),
                }
            }
            self.x = self.x.wrapping_add(ROWS * self.x_row);
            self.y = self.y.wrapping_add(ROWS * self.y_row);
        }
    }

    #[target_feature(enable = "avx512f")]
    unsafe fn rows<const N: usize>(&self) {
        let mask = u32::MAX >> (32 - self.width.min(WIDTH));
        let (low, high) = (mask as u16, (mask >> 16) as u16);
        // SAFETY: the caller's promise; lanes beyond the width are masked.
        unsafe {
            let mut sums = [[_mm512_setzero_ps(); 2]; N];
            let (mut x, mut weights) = (self.x, self.weights);
            for _ in 0..self.terms {
                let left = _mm512_maskz_loadu_ps(low, weights);
                let right = _mm512_maskz_loadu_ps(high, weights.wrapping_add(16));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let value = _mm512_set1_ps(*x.add(row * self.x_row));
                    sums[0] = _mm512_fmadd_ps(value, left, sums[0]);
                    sums[1] = _mm512_fmadd_ps(value, right, sums[1]);
                }
                x = x.wrapping_add(self.x_term);
                weights = weights.wrapping_add(self.weights_term);
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let y = self.y.add(row * self.y_row);
                if self.add {
                    sums[0] = _mm512_add_ps(sums[0], _mm512_maskz_loadu_ps(low, y));
                    sums[1] = _mm512_add_ps(sums[1], _mm512_maskz_loadu_ps(high, y.wrapping_add(16)));
                }
                _mm512_mask_storeu_ps(y, low, sums[0]);
                _mm512_mask_storeu_ps(y.wrapping_add(16), high, sums[1]);
            }
        }
    }
}
