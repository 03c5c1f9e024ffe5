//! Super-blocks of 256 5-bit weights: as Q4_K, with 32 bytes of fifth bits before the nibbles (bit j of byte i is that
//! of weight i + 32 j).

use super::open_block::{BlockFormat, OpenBlock, Packing};
use super::q4_k::open_scales;

pub struct Q5K;

impl BlockFormat for Q5K {
    const BLOCK_SIZE: usize = 256;
    const BYTES: usize = 176;
    const RUN: usize = 32;
    const HAS_MINIMA: bool = true;
    const PACKING: Packing = Packing::Bytes;

    #[inline(always)]
    fn open(bytes: &[u8], block: &mut OpenBlock) {
        open_scales(bytes, block);
        for (index, &pair) in bytes[48..176].iter().enumerate() {
            let fifths = bytes[16 + (index & 31)] >> (2 * (index >> 5));
            let first = (index >> 5) * 64 + (index & 31);
            block.quants[first] = i16::from(pair & 15 | (fifths & 1) << 4);
            block.quants[first + 32] = i16::from(pair >> 4 | (fifths & 2) << 3);
        }
    }
}
