//! Tiles of a product in float32.

use std::arch::x86_64::*;

use super::panels::WIDTH;

/// Rows of a tile: with 32 outputs, 24 registers of sums.
pub const ROWS: usize = 12;

/// `count` rows (at most `ROWS`) of `x`, `terms` long each, times a panel `[terms, WIDTH]`, into `count` rows of
/// `y`, `stride` apart, of which the first `width` outputs are written.
///
/// # Safety
/// The processor has the features; `x`, `panel` and `y` are as large as that needs.
pub unsafe fn tile(
    x: *const f32,
    terms: usize,
    count: usize,
    panel: &[f32],
    y: *mut f32,
    stride: usize,
    width: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        match count {
            1 => rows::<1>(x, terms, panel, y, stride, width),
            2 => rows::<2>(x, terms, panel, y, stride, width),
            3 => rows::<3>(x, terms, panel, y, stride, width),
            4 => rows::<4>(x, terms, panel, y, stride, width),
            5 => rows::<5>(x, terms, panel, y, stride, width),
            6 => rows::<6>(x, terms, panel, y, stride, width),
            7 => rows::<7>(x, terms, panel, y, stride, width),
            8 => rows::<8>(x, terms, panel, y, stride, width),
            9 => rows::<9>(x, terms, panel, y, stride, width),
            10 => rows::<10>(x, terms, panel, y, stride, width),
            11 => rows::<11>(x, terms, panel, y, stride, width),
            _ => rows::<12>(x, terms, panel, y, stride, width),
        }
    }
}

#[target_feature(enable = "avx512f")]
unsafe fn rows<const N: usize>(
    x: *const f32,
    terms: usize,
    panel: &[f32],
    y: *mut f32,
    stride: usize,
    width: usize,
) {
    debug_assert!(panel.len() >= terms * WIDTH);
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); 2]; N];
        for term in 0..terms {
            let left = _mm512_loadu_ps(panel.as_ptr().add(term * WIDTH));
            let right = _mm512_loadu_ps(panel.as_ptr().add(term * WIDTH + 16));
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = _mm512_set1_ps(*x.add(row * terms + term));
                sums[0] = _mm512_fmadd_ps(value, left, sums[0]);
                sums[1] = _mm512_fmadd_ps(value, right, sums[1]);
            }
        }
        let mask = u32::MAX >> (32 - width.min(WIDTH));
        for (row, sums) in sums.iter().enumerate() {
            let to = y.add(row * stride);
            _mm512_mask_storeu_ps(to, mask as u16, sums[0]);
            _mm512_mask_storeu_ps(to.wrapping_add(16), (mask >> 16) as u16, sums[1]);
        }
    }
}
