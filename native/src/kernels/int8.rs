//! Tiles of a product of rounded activations with a panel of 8-bit weights.

use std::arch::x86_64::*;

use super::block_matrix::BLOCK;
use super::panels::{IntegerPanel, WIDTH};
use super::rounded_rows::RoundedRows;

/// Rows of a tile: with 32 outputs, 12 registers of integers and 12 of sums.
pub const ROWS: usize = 6;

/// Rows `first` to `first + count` (at most `ROWS`) times the panel, into `count` rows of `y`, `stride` apart, of
/// which the first `width` outputs are written, or added to what is there.
///
/// # Safety
/// The processor has the features; `y` has room; the rows have as many blocks as the panel.
#[allow(clippy::too_many_arguments)]
pub unsafe fn tile(
    x: &RoundedRows,
    first: usize,
    count: usize,
    panel: &IntegerPanel,
    y: *mut f32,
    stride: usize,
    width: usize,
    add: bool,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match count {
            1 => rows::<1>(x, first, panel, y, stride, width, add),
            2 => rows::<2>(x, first, panel, y, stride, width, add),
            3 => rows::<3>(x, first, panel, y, stride, width, add),
            4 => rows::<4>(x, first, panel, y, stride, width, add),
            5 => rows::<5>(x, first, panel, y, stride, width, add),
            _ => rows::<6>(x, first, panel, y, stride, width, add),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
#[allow(clippy::too_many_arguments)]
unsafe fn rows<const N: usize>(
    x: &RoundedRows,
    first: usize,
    panel: &IntegerPanel,
    y: *mut f32,
    stride: usize,
    width: usize,
    add: bool,
) {
    debug_assert!(x.blocks == panel.blocks && (first + N) * x.blocks <= x.scales.len());
    let blocks = panel.blocks;
    // SAFETY: all indices stay below rows · blocks of `x` and blocks of the panel.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); 2]; N];
        let at = first * blocks;
        let quants = x.quants.as_ptr().add(at * BLOCK);
        let scales = x.scales.as_ptr().add(at);
        let quant_sums = x.quant_sums.as_ptr().add(at);
        let value_sums = x.sums.as_ptr().add(at);
        let has_offsets = !panel.offsets.is_empty();
        for block in 0..blocks {
            let mut products = [[_mm512_setzero_si512(); 2]; N];
            for (row, products) in products.iter_mut().enumerate() {
                let start = _mm512_set1_epi32(-(*quant_sums.add(row * blocks + block) << panel.zero_bits));
                *products = [start; 2];
            }
            let weights = panel.quants.as_ptr().add(block * BLOCK * WIDTH);
            for four in 0..8 {
                let left = _mm512_loadu_si512(weights.add(four * 4 * WIDTH).cast());
                let right = _mm512_loadu_si512(weights.add(four * 4 * WIDTH + 64).cast());
                for (row, products) in products.iter_mut().enumerate() {
                    let terms = quants.add((row * blocks + block) * BLOCK + four * 4).cast::<i32>();
                    let terms = _mm512_set1_epi32(terms.read_unaligned());
                    products[0] = _mm512_dpbusd_epi32(products[0], left, terms);
                    products[1] = _mm512_dpbusd_epi32(products[1], right, terms);
                }
            }
            let left = _mm512_loadu_ps(panel.scales.as_ptr().add(block * WIDTH));
            let right = _mm512_loadu_ps(panel.scales.as_ptr().add(block * WIDTH + 16));
            for row in 0..N {
                let scale = _mm512_set1_ps(*scales.add(row * blocks + block));
                let [low, high] = products[row];
                sums[row][0] =
                    _mm512_fmadd_ps(_mm512_cvtepi32_ps(low), _mm512_mul_ps(left, scale), sums[row][0]);
                sums[row][1] =
                    _mm512_fmadd_ps(_mm512_cvtepi32_ps(high), _mm512_mul_ps(right, scale), sums[row][1]);
            }
            if has_offsets {
                let left = _mm512_loadu_ps(panel.offsets.as_ptr().add(block * WIDTH));
                let right = _mm512_loadu_ps(panel.offsets.as_ptr().add(block * WIDTH + 16));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let sum = _mm512_set1_ps(*value_sums.add(row * blocks + block));
                    sums[0] = _mm512_fmadd_ps(left, sum, sums[0]);
                    sums[1] = _mm512_fmadd_ps(right, sum, sums[1]);
                }
            }
        }
        let mask = u32::MAX >> (32 - width.min(WIDTH));
        for (row, sums) in sums.iter_mut().enumerate() {
            let to = y.add(row * stride);
            if add {
                sums[0] = _mm512_add_ps(sums[0], _mm512_maskz_loadu_ps(mask as u16, to));
                sums[1] =
                    _mm512_add_ps(sums[1], _mm512_maskz_loadu_ps((mask >> 16) as u16, to.wrapping_add(16)));
            }
            _mm512_mask_storeu_ps(to, mask as u16, sums[0]);
            _mm512_mask_storeu_ps(to.wrapping_add(16), (mask >> 16) as u16, sums[1]);
        }
    }
}
