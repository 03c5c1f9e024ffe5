//! Super-blocks of 256 2-bit weights in runs of 16: 16 bytes with a run's scale low and its minimum high, 64 bytes of
//! quants (byte i of each half holds the weights i, i + 32, i + 64, i + 96), half d, half dmin;
//! w = d * scale * q - dmin * minimum.

use super::f16::to_f32;
use super::open_block::{BlockFormat, MAX_BLOCK, OpenBlock, Packing};

pub struct Q2K;

impl BlockFormat for Q2K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 84;
    const RUN: usize = 16;
    const HAS_MINIMA: bool = true;
    const PACKING: Packing = Packing::Rounded;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[80], bytes[81]]);
        block.min_unit = to_f32([bytes[82], bytes[83]]);
        for (run, &pair) in bytes[..16].iter().enumerate() {
            block.factors[run] = i16::from(pair & 15);
            block.min_factors[run] = i16::from(pair >> 4);
        }
        open_pairs_of_bits(&bytes[16..80], &mut block.quants);
    }
}

/// 64 bytes: byte i of each half holds two bits of the weights i, i + 32, i + 64 and i + 96.
#[inline(always)]
pub fn open_pairs_of_bits(bytes: &[u8], quants: &mut [i8; MAX_BLOCK]) {
    for (part, quants) in quants.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let (half, place) = (32 * (part >> 2), 2 * (part & 3));
        for (q, &four) in quants.iter_mut().zip(&bytes[half..half + 32]) {
            *q = (four >> place & 3).cast_signed();
        }
    }
}
