//! Attention over a batch of rows with a mask, forwards and backwards, without ever writing a matrix of scores.
//!
//! Scores are computed for a few queries at a time and only for blocks of keys of which one of them sees any: the
//! upper half of a causal mask, and other examples packed into the row, cost nothing.

mod cached;
mod head;
mod softmax;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use super::Parallel;
use super::panels::WIDTH;
use super::shared::Shared;
pub use cached::{Past, attend_cached};
use head::{Head, QUERIES, Scratch, Targets};

/// Queries `[rows · tokens, heads · size]`, already scaled; keys and values `[rows · tokens, kv_heads · size]`;
/// mask, added to the scores: `[tokens, seen]` a row.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    pub rows: usize,
    pub tokens: usize,
    /// Keys that a query may see: `tokens` of its own row, but for `attend_cached`.
    pub seen: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub size: usize,
    pub queries: &'a [f32],
    pub keys: &'a [f32],
    pub values: &'a [f32],
    pub mask: &'a [f32],
    /// From a row's mask to the next one's; 0 where all rows share one.
    pub mask_row: usize,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    /// Of the calling thread: what each head adds to the gradients of keys and values that it shares.
    static SHARES: RefCell<Vec<f32>> = RefCell::default();
}

/// The attended values `[rows · tokens, heads · size]`. Panics where lengths don't fit.
pub fn attend(problem: &Attention, out: &mut [f32], parallel: Parallel) {
    problem.check();
    assert!(out.len() == problem.queries.len(), "misshapen attention");
    let out = Shared(out.as_mut_ptr());
    parallel(problem.rows * problem.heads, &|task| {
        let head = Head::new(problem, task);
        SCRATCH.with_borrow_mut(|scratch| {
            let Scratch { keys, weights, visible, .. } = scratch;
            // SAFETY: `available` was asked.
            unsafe { head.turn(problem.keys, keys) };
            for first in (0..problem.tokens).step_by(QUERIES) {
                let count = QUERIES.min(problem.tokens - first);
                // SAFETY: `available` was asked; these queries of this head are this task's alone.
                unsafe {
                    head.look(first, count, visible);
                    head.weigh(first, count, keys, visible, weights);
                    for lane in (0..problem.size).step_by(WIDTH) {
                        let y = out.at(head.query_at(first) + lane);
                        let y_row = problem.heads * problem.size;
                        head.combine(weights, head.of(problem.values), count, lane, visible, y, y_row);
                    }
                }
            }
        });
    });
}

/// The gradients of queries, keys and values side by side, `[rows · tokens, (heads + 2 · kv_heads) · size]`, given
/// that of the attended values. Panics where lengths don't fit.
pub fn attend_gradient(problem: &Attention, gradient: &[f32], out: &mut [f32], parallel: Parallel) {
    problem.check();
    let Attention { rows, tokens, heads, kv_heads, size, .. } = *problem;
    let width = (heads + 2 * kv_heads) * size;
    assert!(gradient.len() == problem.queries.len(), "misshapen attention");
    assert!(out.len() == rows * tokens * width, "misshapen attention");
    let out = Shared(out.as_mut_ptr());
    SHARES.with_borrow_mut(|shares| {
        let share = tokens * size;
        shares.clear();
        shares.resize(rows * heads * 2 * share, 0.0);
        let shares = Shared(shares.as_mut_ptr());
        parallel(rows * heads, &|task| {
            let head = Head::new(problem, task);
            // SAFETY: a task's share is its own; so are the gradients of its queries.
            unsafe {
                let d_keys = shares.at(task * 2 * share);
                let to = Targets {
                    queries: out.at(head.row * tokens * width + head.head * size),
                    stride: width,
                    keys: d_keys,
                    values: d_keys.add(share),
                };
                SCRATCH.with_borrow_mut(|scratch| head.gradient(gradient, to, scratch));
            }
        });
        let group = heads / kv_heads;
        parallel(rows * kv_heads, &|task| {
            let (row, kv_head) = (task / kv_heads, task % kv_heads);
            for (part, token) in (0..2).flat_map(|part| (0..tokens).map(move |token| (part, token))) {
                let at = (row * tokens + token) * width + (heads + part * kv_heads + kv_head) * size;
                // SAFETY: these outputs are this task's alone.
                let to = unsafe { std::slice::from_raw_parts_mut(out.at(at), size) };
                to.fill(0.0);
                for member in 0..group {
                    let head = row * heads + kv_head * group + member;
                    let share = (head * 2 + part) * share + token * size;
                    // SAFETY: all shares are written.
                    let share = unsafe { std::slice::from_raw_parts(shares.at(share), size) };
                    for (sum, value) in to.iter_mut().zip(share) {
                        *sum += value;
                    }
                }
            }
        });
    });
}

impl Attention<'_> {
    fn check(&self) {
        let tokens = self.rows * self.tokens;
        assert!(self.kv_heads > 0 && self.heads.is_multiple_of(self.kv_heads), "misshapen attention");
        assert!(self.seen >= self.tokens, "misshapen attention");
        assert!(self.queries.len() == tokens * self.heads * self.size, "misshapen attention");
        assert!(self.keys.len() == tokens * self.kv_heads * self.size, "misshapen attention");
        assert!(self.values.len() == self.keys.len(), "misshapen attention");
        let last = self.rows.saturating_sub(1) * self.mask_row;
        assert!(self.mask.len() >= last + self.tokens * self.seen, "misshapen attention");
    }

    fn blocks(&self) -> usize {
        self.seen.div_ceil(WIDTH)
    }
}
