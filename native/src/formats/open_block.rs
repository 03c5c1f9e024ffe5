//! Quantised formats laid open: whatever the bits of a block mean, its weights are
//! `w = (unit * factor) * q - min_unit * min_factor` with small integers, the factors shared by a run of weights. All
//! products are exact in float32, so that the difference is the one rounding.

use crate::quantize::quantize;

/// ggml's largest block.
pub const MAX_BLOCK: usize = 256;

pub struct OpenBlock {
    pub quants: [i8; MAX_BLOCK],
    pub unit: f32,
    pub factors: [i16; MAX_BLOCK / 16],
    /// 0 in formats without minima; the sign turned where the format adds them.
    pub min_unit: f32,
    pub min_factors: [i16; MAX_BLOCK / 16],
}

/// How blocks of 32 with one scale and one offset take a format's weights.
#[derive(Clone, Copy, PartialEq)]
pub enum Packing {
    /// q as it is, in 4 bits.
    Nibbles,
    /// q as it is, in 8 bits.
    Bytes,
    /// Factors multiplied into q, which then just fits into 8 bits.
    Folded,
    /// Quantised anew to 8 bits.
    Rounded,
}

pub trait BlockFormat {
    const BLOCK_SIZE: usize;
    const BYTES: usize;
    /// Weights that share a factor.
    const RUN: usize;
    const HAS_MINIMA: bool;
    const PACKING: Packing;

    /// `bytes` has `BYTES`; formats with one factor of 1 leave the factors as they are.
    fn open(bytes: &[u8], block: &mut OpenBlock);
}

fn open_block() -> OpenBlock {
    OpenBlock {
        quants: [0; MAX_BLOCK],
        unit: 0.0,
        factors: [1; MAX_BLOCK / 16],
        min_unit: 0.0,
        min_factors: [1; MAX_BLOCK / 16],
    }
}

/// The low nibbles of `bytes`, then the high ones, `shift` taken off each.
#[inline(always)]
pub fn open_nibbles(bytes: &[u8], quants: &mut [i8], shift: i8) {
    let (low, high) = quants.split_at_mut(bytes.len());
    for ((&pair, low), high) in bytes.iter().zip(low).zip(high) {
        *low = (pair & 15).cast_signed() - shift;
        *high = (pair >> 4).cast_signed() - shift;
    }
}

#[inline(always)]
pub fn dequantize<F: BlockFormat>(bytes: &[u8], out: &mut [f32]) {
    let mut block = open_block();
    for (bytes, out) in bytes.chunks_exact(F::BYTES).zip(out.chunks_exact_mut(F::BLOCK_SIZE)) {
        F::open(bytes, &mut block);
        let runs = block.quants.chunks_exact(F::RUN).zip(out.chunks_exact_mut(F::RUN));
        for (run, (quants, out)) in runs.enumerate() {
            let scale = block.unit * f32::from(block.factors[run]);
            let minimum = block.min_unit * f32::from(block.min_factors[run]);
            for (&q, out) in quants.iter().zip(out) {
                let product = scale * f32::from(q);
                // Without a minimum nothing is subtracted: that could turn -0 into 0.
                *out = if F::HAS_MINIMA { product - minimum } else { product };
            }
        }
    }
}

/// What rounding cost: squares of the errors and of the weights, summed.
#[derive(Clone, Copy, Default)]
pub struct RoundingError {
    pub error: f64,
    pub weights: f64,
}

/// Packs whole blocks: for 32 weights 16 or 32 bytes of quants, a scale and, with minima, an offset.
#[inline(always)]
pub fn pack<F: BlockFormat>(
    bytes: &[u8],
    quants: &mut [u8],
    scales: &mut [f32],
    mut offsets: Option<&mut [f32]>,
) -> RoundingError {
    let parts = F::BLOCK_SIZE / 32;
    let width = if F::PACKING == Packing::Nibbles { 16 } else { 32 };
    let mut sums = RoundingError::default();
    let mut block = open_block();
    let mut weights = [0.0; MAX_BLOCK];
    let blocks = bytes
        .chunks_exact(F::BYTES)
        .zip(quants.chunks_exact_mut(parts * width))
        .zip(scales.chunks_exact_mut(parts));
    for (index, ((bytes, quants), scales)) in blocks.enumerate() {
        let mut offsets =
            offsets.as_deref_mut().map(|offsets| &mut offsets[index * parts..(index + 1) * parts]);
        if F::PACKING == Packing::Rounded {
            let weights = &mut weights[..F::BLOCK_SIZE];
            dequantize::<F>(bytes, weights);
            quantize::<8>(weights, quants, scales, offsets, &mut sums);
            continue;
        }
        F::open(bytes, &mut block);
        if F::PACKING == Packing::Folded {
            // Turned, as -32 * -4 = 128 doesn't fit into a signed byte, and -128 does.
            for (quants, &factor) in block.quants.as_chunks_mut::<16>().0.iter_mut().zip(&block.factors) {
                *quants = quants.map(|q| (i16::from(q) * -factor) as i8);
            }
        }
        let opened = block.quants.chunks_exact(32).zip(quants.chunks_exact_mut(width));
        for (part, (opened, packed)) in opened.enumerate() {
            let scale = match F::PACKING {
                Packing::Folded => -block.unit,
                _ => block.unit * f32::from(block.factors[part]),
            };
            scales[part] = scale;
            if let Some(offsets) = offsets.as_deref_mut() {
                let minimum = f64::from(block.min_unit * f32::from(block.min_factors[part]));
                let center = if F::PACKING == Packing::Nibbles { 8.0 * f64::from(scale) } else { 0.0 };
                offsets[part] = (center - minimum) as f32;
            }
            if F::PACKING == Packing::Nibbles {
                let shift = if F::HAS_MINIMA { 0 } else { 0x0808 };
                for (&pair, packed) in opened.as_chunks::<2>().0.iter().zip(packed) {
                    let pair = u16::from_le_bytes(pair.map(i8::cast_unsigned)) & 0x0f0f ^ shift;
                    *packed = (pair | pair >> 4) as u8;
                }
            } else {
                for (&q, packed) in opened.iter().zip(packed) {
                    *packed = q.cast_unsigned() ^ 0x80;
                }
            }
        }
    }
    sums
}
