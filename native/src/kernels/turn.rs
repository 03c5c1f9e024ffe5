//! Rows side by side as the columns of a panel.

use std::arch::x86_64::*;

use super::numbers::Number;
use super::panels::WIDTH;

/// Up to `WIDTH` rows of `width` numbers, `stride` numbers apart, as a panel `[width, WIDTH]`:
/// `panel[term][lane] = rows[lane][term]`. Lanes without a row are zeros.
///
/// # Safety
/// The processor has AVX-512; the rows may be read and the panel be written.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub unsafe fn turn<N: Number>(rows: *const N, stride: usize, count: usize, width: usize, panel: *mut f32) {
    for half in 0..2 {
        for term in (0..width).step_by(16) {
            let lanes: [__m512; 16] = std::array::from_fn(|lane| {
                let row = half * 16 + lane;
                let mask = match row < count {
                    true => (u32::MAX >> (32 - (width - term).min(16))) as u16,
                    false => 0,
                };
                // SAFETY: the mask leaves out what lies behind the rows.
                unsafe { N::load_some(mask, rows.wrapping_add(row * stride + term)) }
            });
            for (index, line) in transposed(lanes).into_iter().enumerate().take(width - term) {
                // SAFETY: the panel has a line for each of these terms.
                unsafe { _mm512_storeu_ps(panel.add((term + index) * WIDTH + half * 16), line) };
            }
        }
    }
}

/// A matrix of 16 rows of 16, in four rounds of exchanging halves.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn transposed(rows: [__m512; 16]) -> [__m512; 16] {
    let double = |values: __m512| _mm512_castps_pd(values);
    let single = |values: __m512d| _mm512_castpd_ps(values);
    let pairs: [__m512; 16] = std::array::from_fn(|i| {
        let (a, b) = (rows[i / 2 * 2], rows[i / 2 * 2 + 1]);
        if i % 2 == 0 { _mm512_unpacklo_ps(a, b) } else { _mm512_unpackhi_ps(a, b) }
    });
    // Of four rows: element 4·k + i of each 128-bit part lies in quad i.
    let quads: [__m512; 16] = std::array::from_fn(|i| {
        let (four, of) = (i / 4 * 4, i % 4);
        let (a, b) = (double(pairs[four + of / 2]), double(pairs[four + 2 + of / 2]));
        single(if of % 2 == 0 { _mm512_unpacklo_pd(a, b) } else { _mm512_unpackhi_pd(a, b) })
    });
    // 128-bit parts: column 4·k + i is part k of the quads i of all four groups of rows.
    std::array::from_fn(|column| {
        let (part, of) = (column / 4, column % 4);
        let [a, b, c, d] = std::array::from_fn(|four| quads[four * 4 + of]);
        let (low, high) = match part / 2 {
            0 => (_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0x44>(c, d)),
            _ => (_mm512_shuffle_f32x4::<0xee>(a, b), _mm512_shuffle_f32x4::<0xee>(c, d)),
        };
        match part % 2 {
            0 => _mm512_shuffle_f32x4::<0x88>(low, high),
            _ => _mm512_shuffle_f32x4::<0xdd>(low, high),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::available;
    use super::super::test_matrix::random;
    use super::*;

    #[test]
    fn rows_become_columns() {
        if !available() {
            return;
        }

        for (count, width) in [(32, 64), (32, 20), (5, 16), (17, 3), (1, 1)] {
            let rows = random(count * width, 3);
            let mut panel = vec![f32::NAN; width * WIDTH];
            // SAFETY: asked above.
            unsafe { turn(rows.as_ptr(), width, count, width, panel.as_mut_ptr()) };
            for (at, value) in panel.iter().enumerate() {
                let (term, lane) = (at / WIDTH, at % WIDTH);
                let expected = if lane < count { rows[lane * width + term] } else { 0.0 };
                assert!(*value == expected, "{count} × {width}: {term} {lane}");
            }
        }
    }
}
