//! Products with frozen block weights, for processors with AVX-512 and its integer dot products (VNNI).
//!
//! Weights stay as they are stored (blocks of 32 along a row, 4 or 8 bits) and are unpacked a panel at a time, right
//! before a tile of the product uses them. Activations are either rounded to 8 bits a block of 32 (`int8`: integer
//! products, about four times as fast) or kept (`float32`: exact up to the order of summation).

mod attention;
mod block_matrix;
mod exp;
mod few_rows;
mod float32;
mod float_matrix;
mod int8;
mod lines;
mod low_rank;
mod numbers;
mod panels;
mod pointwise;
mod product;
mod products;
mod projection;
mod rounded_rows;
mod shared;
#[cfg(test)]
mod test_matrix;
mod turn;

pub use attention::{Attention, Past, attend, attend_cached, attend_gradient};
pub use block_matrix::BlockMatrix;
pub use float_matrix::FloatMatrix;
pub use low_rank::LowRank;
pub use numbers::Numbers;
pub use pointwise::{SwiGlu, rms_norm_gradient, rotate, swi_glu};
pub use products::{Arithmetic, Onto, linear, linear_transposed, project_dots, project_transposed};
pub use projection::project;

/// Runs `work(0)` to `work(count - 1)`, in any order and on several threads at once.
pub type Parallel<'a> = &'a dyn Fn(usize, &(dyn Fn(usize) + Sync));

/// One after the other on the calling thread: a `Parallel` too.
pub fn in_order(count: usize, work: &(dyn Fn(usize) + Sync)) {
    (0..count).for_each(work);
}

/// `parallel` for at least so many products as make it worth to wake other threads, else the calling thread alone.
fn if_worth<'a>(products: usize, least: usize, parallel: Parallel<'a>) -> Parallel<'a> {
    if products < least { &in_order } else { parallel }
}

/// Whether this processor runs the kernels.
pub fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}
