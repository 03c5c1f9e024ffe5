//! Tiles of a product of rounded activations with a panel of 8-bit weights.

use std::arch::x86_64::*;

use super::block_matrix::BLOCK;
use super::panels::{IntegerPanel, WIDTH};
use super::rounded_rows::{RoundedRows, STEPS};

/// Rows of a tile: with 32 outputs, 12 registers of integers and 12 of sums.
pub const ROWS: usize = 6;

/// Where a tile's sums go: `rows` of `stride` numbers, of which the first `width` are written.
#[derive(Clone, Copy)]
pub struct Target {
    pub y: *mut f32,
    /// What the sums are added to, laid out as `y`; null for nothing.
    pub base: *const f32,
    pub stride: usize,
    pub width: usize,
}

/// Rows `first` to `first + count` (at most `ROWS`) times the panel. `x` are one rounding of the activations, or one
/// and that of what it left.
///
/// # Safety
/// The processor has the features; the target has room; the rows have as many blocks as the panel, in groups as large.
pub unsafe fn tile(x: &[RoundedRows], first: usize, count: usize, panel: &IntegerPanel, to: Target) {
    // SAFETY: the caller's promise.
    unsafe {
        match (x, count) {
            ([x], 1) => rows::<1, 1>([x], first, panel, to),
            ([x], 2) => rows::<2, 1>([x], first, panel, to),
            ([x], 3) => rows::<3, 1>([x], first, panel, to),
            ([x], 4) => rows::<4, 1>([x], first, panel, to),
            ([x], 5) => rows::<5, 1>([x], first, panel, to),
            ([x], _) => rows::<6, 1>([x], first, panel, to),
            ([x, rest], 1) => rows::<1, 2>([x, rest], first, panel, to),
            ([x, rest], 2) => rows::<2, 2>([x, rest], first, panel, to),
            ([x, rest], 3) => rows::<3, 2>([x, rest], first, panel, to),
            ([x, rest], 4) => rows::<4, 2>([x, rest], first, panel, to),
            ([x, rest], 5) => rows::<5, 2>([x, rest], first, panel, to),
            ([x, rest], _) => rows::<6, 2>([x, rest], first, panel, to),
            _ => unreachable!("activations are rounded once or twice"),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn rows<const N: usize, const PARTS: usize>(
    parts: [&RoundedRows; PARTS],
    first: usize,
    panel: &IntegerPanel,
    to: Target,
) {
    let (blocks, groups, group) = (panel.blocks, panel.groups(), panel.group);
    let x = parts[0];
    debug_assert!(x.blocks == blocks && x.group == group && (first + N) * groups <= x.scales.len());
    // SAFETY: all indices stay below the rows' blocks and groups of `x` and those of the panel.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); 2]; N];
        // The finest steps are what is counted in.
        let scales = parts[PARTS - 1].scales.as_ptr().add(first * groups);
        let has_offsets = !panel.offsets.is_empty();
        let value_sums = x.sums.as_ptr().add(first * groups);
        for at in 0..groups {
            let starts: [__m512i; N] = std::array::from_fn(|row| {
                _mm512_set1_epi32(*x.starts.as_ptr().add((first + row) * groups + at))
            });
            let mut products =
                starts.map(|start| if PARTS == 1 { [start; 2] } else { [_mm512_setzero_si512(); 2] });
            let (start, end) = (at * group * 8, blocks.min((at + 1) * group) * 8);
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    for (products, start) in products.iter_mut().zip(starts) {
                        let finer = |sum| _mm512_slli_epi32::<{ STEPS.trailing_zeros() }>(sum);
                        *products = products.map(|sum| _mm512_add_epi32(finer(sum), start));
                    }
                }
                let quants = part.quants.as_ptr().add(first * blocks * BLOCK).cast::<i32>();
                for four in start..end {
                    let weights = panel.quants.as_ptr().add(four * WIDTH);
                    let left = _mm512_loadu_si512(weights.cast());
                    let right = _mm512_loadu_si512(weights.add(16).cast());
                    for (row, products) in products.iter_mut().enumerate() {
                        let terms = quants.add(row * blocks * 8 + four).read_unaligned();
                        let terms = _mm512_set1_epi32(terms);
                        products[0] = _mm512_dpbusd_epi32(products[0], left, terms);
                        products[1] = _mm512_dpbusd_epi32(products[1], right, terms);
                    }
                }
            }
            let lanes = |from: &[f32]| {
                let from = from.as_ptr().add(at * WIDTH);
                [_mm512_loadu_ps(from), _mm512_loadu_ps(from.add(16))]
            };
            let weight_scales = lanes(&panel.scales);
            for row in 0..N {
                let scale = _mm512_set1_ps(*scales.add(row * groups + at));
                for half in 0..2 {
                    let scaled = _mm512_mul_ps(weight_scales[half], scale);
                    let products = _mm512_cvtepi32_ps(products[row][half]);
                    sums[row][half] = _mm512_fmadd_ps(products, scaled, sums[row][half]);
                }
            }
            if has_offsets {
                let offsets = lanes(&panel.offsets);
                for (row, sums) in sums.iter_mut().enumerate() {
                    let sum = _mm512_set1_ps(*value_sums.add(row * groups + at));
                    *sums = [0, 1].map(|half| _mm512_fmadd_ps(offsets[half], sum, sums[half]));
                }
            }
        }
        let mask = u32::MAX >> (32 - to.width.min(WIDTH));
        for (row, sums) in sums.iter().enumerate() {
            for (half, sum) in sums.iter().enumerate() {
                let (mask, at) = ((mask >> (half * 16)) as u16, row * to.stride + half * 16);
                let sum = match to.base.is_null() {
                    true => *sum,
                    false => _mm512_add_ps(*sum, _mm512_maskz_loadu_ps(mask, to.base.wrapping_add(at))),
                };
                _mm512_mask_storeu_ps(to.y.wrapping_add(at), mask, sum);
            }
        }
    }
}
