//! A product with few rows of activations, straight from the stored weights: reading them is all the work.

use std::arch::x86_64::*;

use super::block_matrix::{BLOCK, BlockMatrix};
use super::rounded_rows::RoundedRows;

/// Up to so many rows the weights are unpacked as they are read, for each row anew: no panel is made.
pub const MOST: usize = 4;

/// How many bytes ahead weights are asked for: they come from memory or the last cache, and the processor alone asks too
/// late (a token took a fifth longer without, and with hints to keep them out of the other caches).
const AHEAD: usize = 4096;

/// Activations in the order in which 4-bit weights come out of their bytes: of 64, the even ones, then the odd ones.
#[derive(Default)]
pub struct Interleaved {
    quants: Vec<i8>,
}

impl Interleaved {
    /// `[rows, blocks, 32]`; of an odd number of blocks the last keeps its place in a pair filled with zeros.
    pub fn fill(&mut self, x: &RoundedRows, rows: usize, bits: usize) {
        let pairs = x.blocks.div_ceil(2);
        self.quants.clear();
        self.quants.resize(rows * pairs * 2 * BLOCK, 0);
        for row in 0..rows {
            let from = &x.quants[row * x.blocks * BLOCK..(row + 1) * x.blocks * BLOCK];
            let to = &mut self.quants[row * pairs * 2 * BLOCK..(row + 1) * pairs * 2 * BLOCK];
            if bits == 8 {
                to[..from.len()].copy_from_slice(from);
                continue;
            }
            for (from, to) in from.chunks(2 * BLOCK).zip(to.chunks_mut(2 * BLOCK)) {
                for (index, quant) in from.iter().enumerate() {
                    to[index % 2 * BLOCK + index / 2] = *quant;
                }
            }
        }
    }
}

/// Activations as one rounding, or as one and what it left.
pub struct Parts<'a> {
    pub rounded: &'a [RoundedRows],
    pub interleaved: &'a [Interleaved],
}

/// Outputs `first` to `last` of `rows` rows into `y` `[rows, matrix.rows()]`.
///
/// # Safety
/// The processor has the features; `y` has room and nobody else writes these outputs.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub unsafe fn outputs(
    x: &Parts,
    rows: usize,
    matrix: &BlockMatrix,
    (first, last): (usize, usize),
    y: *mut f32,
) {
    for output in first..last {
        for row in 0..rows {
            // SAFETY: the caller's promise.
            unsafe {
                *y.add(row * matrix.rows() + output) = match (matrix.bits(), x.rounded.len()) {
                    (4, 1) => dot::<4, 1>(x, row, matrix, output),
                    (4, _) => dot::<4, 2>(x, row, matrix, output),
                    (_, 1) => dot::<8, 1>(x, row, matrix, output),
                    (_, _) => dot::<8, 2>(x, row, matrix, output),
                };
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn dot<const BITS: usize, const PARTS: usize>(
    x: &Parts,
    row: usize,
    matrix: &BlockMatrix,
    output: usize,
) -> f32 {
    let blocks = matrix.blocks();
    let at = row * blocks;
    let weights = matrix.quants(output).as_ptr();
    let scales = matrix.scales(output);
    // Which of a pair's two scales a lane of products belongs to.
    let lanes = match BITS {
        4 => _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1),
        _ => _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
    };
    let mut sum = _mm512_setzero_ps();
    // SAFETY: a pair's loads stay in the row; the mask of an odd last block leaves out what lies behind it.
    unsafe {
        for pair in 0..blocks.div_ceil(2) {
            let whole = pair * 2 + 1 < blocks;
            _mm_prefetch::<_MM_HINT_T0>(weights.wrapping_add(pair * 8 * BITS + AHEAD).cast());
            let bytes = if BITS == 4 {
                let packed = match whole {
                    true => _mm256_loadu_si256(weights.add(pair * 32).cast()),
                    false => _mm256_castsi128_si256(_mm_loadu_si128(weights.add(pair * 32).cast())),
                };
                let mask = _mm256_set1_epi8(15);
                let low = _mm256_and_si256(packed, mask);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(packed), mask);
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
            } else {
                let mask = if whole { u64::MAX } else { u64::from(u32::MAX) };
                _mm512_maskz_loadu_epi8(mask, weights.add(pair * 64).cast())
            };
            let mask = if whole { 3 } else { 1 };
            let weight_scales = _mm_maskz_loadu_ps(mask, scales.as_ptr().add(pair * 2));
            for part in 0..PARTS {
                let terms = x.interleaved[part].quants.as_ptr().add((row * blocks.div_ceil(2) + pair) * 64);
                let products =
                    _mm512_dpbusd_epi32(_mm512_setzero_si512(), bytes, _mm512_loadu_si512(terms.cast()));
                let x_scales = _mm_maskz_loadu_ps(mask, x.rounded[part].scales.as_ptr().add(at + pair * 2));
                let scale = _mm_mul_ps(weight_scales, x_scales);
                let scale = _mm512_permutexvar_ps(lanes, _mm512_castps128_ps512(scale));
                sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(products), scale, sum);
            }
        }
        // Quants were counted from 0, and offsets left out: both are sums over blocks.
        let zero = _mm512_set1_ps(-((1u32 << (BITS - 1)) as f32));
        let offsets = matrix.offsets(output);
        for block in (0..blocks).step_by(16) {
            let mask = (u32::MAX >> (32 - (blocks - block).min(16))) as u16;
            let weight_scales = _mm512_maskz_loadu_ps(mask, scales.as_ptr().add(block));
            for part in &x.rounded[..PARTS] {
                let x_scales = _mm512_maskz_loadu_ps(mask, part.scales.as_ptr().add(at + block));
                let quants = _mm512_maskz_loadu_epi32(mask, part.quant_sums.as_ptr().add(at + block));
                let quants = _mm512_mul_ps(_mm512_cvtepi32_ps(quants), zero);
                sum = _mm512_fmadd_ps(quants, _mm512_mul_ps(weight_scales, x_scales), sum);
            }
            if let Some(offsets) = offsets {
                let values = _mm512_maskz_loadu_ps(mask, x.rounded[0].sums.as_ptr().add(at + block));
                sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, offsets.as_ptr().add(block)), values, sum);
            }
        }
    }
    _mm512_reduce_add_ps(sum)
}
