//! Super-blocks of 256 6-bit weights in runs of 16: 128 bytes of low nibbles, 64 bytes of high bits, 16 signed scales,
//! half d; w = d * scale * (q - 32). Of each half, nibble byte i holds the weights i and i + 64, the high bits of weight
//! i + 32 j are the j-th two of byte i.

use super::f16::to_f32;
use super::open_block::{BlockFormat, OpenBlock, Packing};

pub struct Q6K;

impl BlockFormat for Q6K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 210;
    const RUN: usize = 16;
    const HAS_MINIMA: bool = false;
    const PACKING: Packing = Packing::Rounded;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        block.unit = to_f32([bytes[208], bytes[209]]);
        for (run, &scale) in bytes[192..208].iter().enumerate() {
            block.factors[run] = i16::from(scale.cast_signed());
        }
        for (index, &high) in bytes[128..192].iter().enumerate() {
            let (half, column) = (index >> 5, index & 31);
            let (near, far) = (bytes[64 * half + column], bytes[64 * half + column + 32]);
            let first = 128 * half + column;
            block.quants[first] = i16::from(near & 15 | (high & 3) << 4) - 32;
            block.quants[first + 32] = i16::from(far & 15 | (high & 12) << 2) - 32;
            block.quants[first + 64] = i16::from(near >> 4 | high & 48) - 32;
            block.quants[first + 96] = i16::from(far >> 4 | (high & 192) >> 2) - 32;
        }
    }
}
