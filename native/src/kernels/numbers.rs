//! Numbers of the matrices that adapters share.

use std::arch::x86_64::*;

/// Float32, or whole numbers of 16 bits: half as much to read.
#[derive(Clone, Copy)]
pub enum Numbers<'a> {
    Floats(&'a [f32]),
    Integers(&'a [i16]),
}

impl Numbers<'_> {
    pub fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Integers(values) => values.len(),
        }
    }

    /// `to.len()` of them from `start` on, as float32.
    pub fn read(&self, start: usize, to: &mut [f32]) {
        match self {
            Self::Floats(values) => to.copy_from_slice(&values[start..start + to.len()]),
            Self::Integers(values) => {
                for (to, value) in to.iter_mut().zip(&values[start..]) {
                    *to = f32::from(*value);
                }
            }
        }
    }
}

pub trait Number: Copy {
    /// 16 numbers as float32.
    ///
    /// # Safety
    /// The processor has the features; the numbers may be read.
    unsafe fn load(from: *const Self) -> __m512;

    /// The same; those that the mask leaves out are 0, and not read.
    ///
    /// # Safety
    /// As above.
    unsafe fn load_some(mask: u16, from: *const Self) -> __m512;
}

impl Number for f32 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_some(mask: u16, from: *const Self) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_maskz_loadu_ps(mask, from) }
    }
}

impl Number for i16 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller's promise.
        _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(unsafe { _mm256_loadu_epi16(from) }))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_some(mask: u16, from: *const Self) -> __m512 {
        // SAFETY: the caller's promise.
        _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(unsafe { _mm256_maskz_loadu_epi16(mask, from) }))
    }
}

/// Products of `ROWS` rows of numbers with `x`, which is as long; of each row 16 sums that have to be added up.
///
/// # Safety
/// The processor has the features; the rows may be read.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub unsafe fn sums<N: Number, const ROWS: usize>(rows: [*const N; ROWS], x: &[f32]) -> [__m512; ROWS] {
    let mut sums = [_mm512_setzero_ps(); ROWS];
    let whole = x.len() - x.len() % 16;
    let mask = (1u16 << (x.len() % 16)) - 1;
    // SAFETY: the mask leaves out what lies behind the rows.
    unsafe {
        for at in (0..whole).step_by(16) {
            let x = _mm512_loadu_ps(x.as_ptr().add(at));
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum = _mm512_fmadd_ps(N::load(row.add(at)), x, *sum);
            }
        }
        if mask > 0 {
            let x = _mm512_maskz_loadu_ps(mask, x.as_ptr().add(whole));
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum = _mm512_fmadd_ps(N::load_some(mask, row.add(whole)), x, *sum);
            }
        }
    }
    sums
}
