//! Attention over a batch of rows with a mask, forwards and backwards, without ever writing a matrix of scores.
//!
//! Scores are computed for a few queries at a time and only for blocks of keys of which one of them sees any: the
//! upper half of a causal mask, and other examples packed into the row, cost nothing.

use std::arch::x86_64::*;
use std::cell::RefCell;

use super::Parallel;
use super::float32::Tile;
use super::panels::WIDTH;
use super::shared::Shared;

/// Queries whose scores are held at once.
const QUERIES: usize = 24;
/// A score below this is hidden by the mask.
const HIDDEN: f32 = -1e29;

/// Queries `[rows · tokens, heads · size]`, already scaled; keys and values `[rows · tokens, kv_heads · size]`;
/// mask, added to the scores: `[tokens, tokens]` a row.
#[derive(Clone, Copy)]
pub struct Attention<'a> {
    pub rows: usize,
    pub tokens: usize,
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

#[derive(Default)]
struct Scratch {
    /// Keys, and values, of one row and head by block of 32: `[blocks, size, 32]`.
    keys: Vec<f32>,
    values: Vec<f32>,
    /// `[QUERIES, blocks · 32]`
    weights: Vec<f32>,
    gradients: Vec<f32>,
    visible: Vec<bool>,
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
            head.turn(problem.keys, keys);
            for first in (0..problem.tokens).step_by(QUERIES) {
                let count = QUERIES.min(problem.tokens - first);
                head.look(first, count, visible);
                // SAFETY: `available` was asked; these queries of this head are this task's alone.
                unsafe {
                    head.weigh(first, count, keys, visible, weights);
                    for lane in (0..problem.size).step_by(WIDTH) {
                        let y = out.at(head.query_at(first) + lane);
                        let y_row = problem.heads * problem.size;
                        head.combine(weights, problem.values, count, lane, visible, y, y_row);
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
            for part in 0..2 {
                for token in 0..tokens {
                    let at = (row * tokens + token) * width + (heads + part * kv_heads + kv_head) * size;
                    for lane in 0..size {
                        let mut sum = 0.0;
                        for member in 0..group {
                            let head = row * heads + kv_head * group + member;
                            // SAFETY: all shares are written; these outputs are this task's alone.
                            sum += unsafe { *shares.at((head * 2 + part) * share + token * size + lane) };
                        }
                        // SAFETY: as above.
                        unsafe { *out.at(at + lane) = sum };
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
        assert!(self.queries.len() == tokens * self.heads * self.size, "misshapen attention");
        assert!(self.keys.len() == tokens * self.kv_heads * self.size, "misshapen attention");
        assert!(self.values.len() == self.keys.len(), "misshapen attention");
        let last = self.rows.saturating_sub(1) * self.mask_row;
        assert!(self.mask.len() >= last + self.tokens * self.tokens, "misshapen attention");
    }

    fn blocks(&self) -> usize {
        self.tokens.div_ceil(WIDTH)
    }
}

/// Where a head's gradients go: those of its queries into the result, its shares of the others into arrays of its own.
#[derive(Clone, Copy)]
struct Targets {
    queries: *mut f32,
    stride: usize,
    keys: *mut f32,
    values: *mut f32,
}

/// One head of one row.
struct Head<'a> {
    problem: &'a Attention<'a>,
    row: usize,
    head: usize,
    kv_head: usize,
}

impl<'a> Head<'a> {
    fn new(problem: &'a Attention<'a>, task: usize) -> Self {
        let (row, head) = (task / problem.heads, task % problem.heads);
        Self { problem, row, head, kv_head: head / (problem.heads / problem.kv_heads) }
    }

    fn query_at(&self, token: usize) -> usize {
        ((self.row * self.problem.tokens + token) * self.problem.heads + self.head) * self.problem.size
    }

    fn key_at(&self, token: usize) -> usize {
        ((self.row * self.problem.tokens + token) * self.problem.kv_heads + self.kv_head) * self.problem.size
    }

    /// Columns of keys (or values) side by side, for products with their transposed matrix.
    fn turn(&self, from: &[f32], to: &mut Vec<f32>) {
        let Attention { tokens, size, .. } = *self.problem;
        to.clear();
        to.resize(self.problem.blocks() * size * WIDTH, 0.0);
        for token in 0..tokens {
            let column = &from[self.key_at(token)..self.key_at(token) + size];
            let start = token / WIDTH * size * WIDTH + token % WIDTH;
            for (term, value) in column.iter().enumerate() {
                to[start + term * WIDTH] = *value;
            }
        }
    }

    /// Which blocks of keys any of the queries sees.
    fn look(&self, first: usize, count: usize, visible: &mut Vec<bool>) {
        let tokens = self.problem.tokens;
        visible.clear();
        visible.resize(self.problem.blocks(), false);
        for query in first..first + count {
            let mask = &self.problem.mask[self.row * self.problem.mask_row + query * tokens..][..tokens];
            for (visible, mask) in visible.iter_mut().zip(mask.chunks(WIDTH)) {
                *visible |= mask.iter().any(|score| *score > HIDDEN);
            }
        }
    }

    /// Products of some rows with the turned matrix, for the visible blocks: `to[row][block · 32 + lane]`.
    #[target_feature(enable = "avx512f")]
    unsafe fn against(&self, x: *const f32, count: usize, turned: &[f32], visible: &[bool], to: &mut [f32]) {
        let Attention { tokens, heads, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        for (block, _) in visible.iter().enumerate().filter(|(_, visible)| **visible) {
            let tile = Tile {
                x,
                x_row: heads * size,
                x_term: 1,
                terms: size,
                weights: turned[block * size * WIDTH..].as_ptr(),
                weights_term: WIDTH,
                y: to[block * WIDTH..].as_mut_ptr(),
                y_row: stride,
                width: WIDTH.min(tokens - block * WIDTH),
                add: false,
            };
            // SAFETY: the caller's promise.
            unsafe { tile.run(count) };
        }
    }

    /// The softmax of the queries' scores: `weights[query][block · 32 + lane]`, of visible blocks only.
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn weigh(
        &self,
        first: usize,
        count: usize,
        keys: &[f32],
        visible: &[bool],
        weights: &mut Vec<f32>,
    ) {
        let Attention { tokens, queries, mask, mask_row, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        weights.resize(QUERIES * stride, 0.0);
        // SAFETY: the queries are in the batch, the tiles within the scratch, lanes beyond the tokens masked.
        unsafe {
            self.against(queries.as_ptr().add(self.query_at(first)), count, keys, visible, weights);
            for query in 0..count {
                let line = weights.as_mut_ptr().add(query * stride);
                let mask = mask.as_ptr().add(self.row * mask_row + (first + query) * tokens);
                let halves = || {
                    let blocks = visible.iter().enumerate().filter(|(_, visible)| **visible);
                    blocks.flat_map(|(block, _)| [block * WIDTH, block * WIDTH + 16])
                };
                let lanes = |at: usize| ((1u32 << tokens.saturating_sub(at).min(16)) - 1) as u16;
                let mut largest = _mm512_set1_ps(f32::MIN);
                for at in halves() {
                    let lanes = lanes(at);
                    let scores = _mm512_add_ps(
                        _mm512_maskz_loadu_ps(lanes, line.add(at)),
                        _mm512_maskz_loadu_ps(lanes, mask.wrapping_add(at)),
                    );
                    _mm512_mask_storeu_ps(line.add(at), lanes, scores);
                    largest = _mm512_mask_max_ps(largest, lanes, largest, scores);
                }
                let largest = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
                let mut sum = _mm512_setzero_ps();
                for at in halves() {
                    let lanes = lanes(at);
                    let scores = _mm512_maskz_loadu_ps(lanes, line.add(at));
                    let powers = _mm512_maskz_mov_ps(lanes, exp(_mm512_sub_ps(scores, largest)));
                    _mm512_mask_storeu_ps(line.add(at), lanes, powers);
                    sum = _mm512_add_ps(sum, powers);
                }
                let scale = _mm512_set1_ps(1.0 / _mm512_reduce_add_ps(sum));
                for at in halves() {
                    let lanes = lanes(at);
                    let powers = _mm512_maskz_loadu_ps(lanes, line.add(at));
                    _mm512_mask_storeu_ps(line.add(at), lanes, _mm512_mul_ps(powers, scale));
                }
            }
        }
    }

    /// `Σ weights · rows` over the keys, lanes `lane` and on, for some queries into `y`.
    #[target_feature(enable = "avx512f")]
    #[allow(clippy::too_many_arguments)]
    unsafe fn combine(
        &self,
        weights: &[f32],
        rows: &[f32],
        count: usize,
        lane: usize,
        visible: &[bool],
        y: *mut f32,
        y_row: usize,
    ) {
        let Attention { tokens, kv_heads, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        let mut add = false;
        for (block, _) in visible.iter().enumerate().filter(|(_, visible)| **visible) {
            let tile = Tile {
                x: weights[block * WIDTH..].as_ptr(),
                x_row: stride,
                x_term: 1,
                terms: WIDTH.min(tokens - block * WIDTH),
                weights: rows[self.key_at(block * WIDTH) + lane..].as_ptr(),
                weights_term: kv_heads * size,
                y,
                y_row,
                width: WIDTH.min(size - lane),
                add,
            };
            // SAFETY: the caller's promise.
            unsafe { tile.run(count) };
            add = true;
        }
        if !add {
            // Queries that see nothing attend to nothing.
            for query in 0..count {
                // SAFETY: as above.
                unsafe { std::slice::from_raw_parts_mut(y.add(query * y_row), WIDTH.min(size - lane)) }
                    .fill(0.0);
            }
        }
    }

    /// Adds `Σ weightsᵀ · rows` over some queries to the visible keys' `[tokens, size]`.
    #[target_feature(enable = "avx512f")]
    unsafe fn spread(&self, weights: &[f32], rows: *const f32, count: usize, visible: &[bool], to: *mut f32) {
        let Attention { tokens, heads, size, .. } = *self.problem;
        let stride = self.problem.blocks() * WIDTH;
        for (block, _) in visible.iter().enumerate().filter(|(_, visible)| **visible) {
            for lane in (0..size).step_by(WIDTH) {
                // SAFETY: the caller's promise.
                unsafe {
                    Tile {
                        x: weights[block * WIDTH..].as_ptr(),
                        x_row: 1,
                        x_term: stride,
                        terms: count,
                        weights: rows.add(lane),
                        weights_term: heads * size,
                        y: to.add(block * WIDTH * size + lane),
                        y_row: size,
                        width: WIDTH.min(size - lane),
                        add: true,
                    }
                    .run(WIDTH.min(tokens - block * WIDTH));
                }
            }
        }
    }

    /// # Safety
    /// `to` has room and is this head's alone.
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn gradient(&self, gradient: &[f32], to: Targets, scratch: &mut Scratch) {
        let problem = self.problem;
        let stride = problem.blocks() * WIDTH;
        let Scratch { keys, values, weights, gradients, visible } = scratch;
        self.turn(problem.keys, keys);
        self.turn(problem.values, values);
        gradients.resize(QUERIES * stride, 0.0);
        for first in (0..problem.tokens).step_by(QUERIES) {
            let count = QUERIES.min(problem.tokens - first);
            self.look(first, count, visible);
            // SAFETY: the queries are in the batch, `to` as large as the caller promises.
            unsafe {
                let given = gradient.as_ptr().add(self.query_at(first));
                self.weigh(first, count, keys, visible, weights);
                self.spread(weights, given, count, visible, to.values);
                self.against(given, count, values, visible, gradients);
                for query in 0..count {
                    let (weights, gradients) =
                        (&weights[query * stride..][..stride], &mut gradients[query * stride..][..stride]);
                    through_softmax(weights, gradients, visible, problem.tokens);
                }
                for lane in (0..problem.size).step_by(WIDTH) {
                    let y = to.queries.add(first * to.stride + lane);
                    self.combine(gradients, problem.keys, count, lane, visible, y, to.stride);
                }
                let queries = problem.queries.as_ptr().add(self.query_at(first));
                self.spread(gradients, queries, count, visible, to.keys);
            }
        }
    }
}

/// The gradient of scores, given that of their softmax: `w · (g − Σ w g)`, in place.
fn through_softmax(weights: &[f32], gradients: &mut [f32], visible: &[bool], tokens: usize) {
    let spans = || {
        let blocks = visible.iter().enumerate().filter(|(_, visible)| **visible);
        blocks.map(|(block, _)| block * WIDTH..tokens.min((block + 1) * WIDTH))
    };
    let mut lanes = [0.0f32; 16];
    for span in spans() {
        for (weights, gradients) in weights[span.clone()].chunks(16).zip(gradients[span].chunks(16)) {
            for ((lane, weight), gradient) in lanes.iter_mut().zip(weights).zip(gradients) {
                *lane += weight * gradient;
            }
        }
    }
    let mean: f32 = lanes.iter().sum();
    for span in spans() {
        for (weight, gradient) in weights[span.clone()].iter().zip(&mut gradients[span]) {
            *gradient = weight * (*gradient - mean);
        }
    }
}

/// e to the power of `x`, for x at most 0: within 2 units in the last place; 0 below −87.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn exp(x: __m512) -> __m512 {
    let small = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(x, _mm512_set1_ps(-87.0));
    let x = _mm512_max_ps(x, _mm512_set1_ps(-87.0));
    let n = _mm512_roundscale_ps::<8>(_mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E)));
    // x − n ln 2 with ln 2 in two parts, so that nothing is lost (Cody and Waite).
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693_359_4), x);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.121_944_4e-4), r);
    // Taylor's series to the seventh power: below a unit in the last place for |r| ≤ ln 2 / 2.
    let mut sum = _mm512_set1_ps(1.0 / 5040.0);
    for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(coefficient));
    }
    _mm512_mask_mov_ps(_mm512_scalef_ps(sum, n), small, _mm512_setzero_ps())
}

#[cfg(test)]
mod tests {
    use super::super::available;
    use super::super::test_matrix::random;
    use super::*;

    fn backwards(count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).rev().for_each(work);
    }

    /// Plain sums in float64; also Σ of the attended values times `seed`.
    fn plain(problem: &Attention, seed: &[f32]) -> (Vec<f64>, f64) {
        let Attention { rows, tokens, heads, kv_heads, size, .. } = *problem;
        let mut out = vec![0.0; rows * tokens * heads * size];
        for row in 0..rows {
            for query in 0..tokens {
                for head in 0..heads {
                    let q = ((row * tokens + query) * heads + head) * size;
                    let key = |key: usize| ((row * tokens + key) * kv_heads + head * kv_heads / heads) * size;
                    let mut scores: Vec<f64> = (0..tokens)
                        .map(|k| {
                            let dot: f64 = (0..size)
                                .map(|i| {
                                    f64::from(problem.queries[q + i]) * f64::from(problem.keys[key(k) + i])
                                })
                                .sum();
                            dot + f64::from(problem.mask[row * problem.mask_row + query * tokens + k])
                        })
                        .collect();
                    let largest = scores.iter().copied().fold(f64::MIN, f64::max);
                    scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
                    let sum: f64 = scores.iter().sum();
                    for (k, score) in scores.iter().enumerate() {
                        for i in 0..size {
                            out[q + i] += score / sum * f64::from(problem.values[key(k) + i]);
                        }
                    }
                }
            }
        }
        let total = out.iter().zip(seed).map(|(y, s)| y * f64::from(*s)).sum();
        (out, total)
    }

    #[test]
    fn agrees_with_plain_sums_and_finite_differences() {
        if !available() {
            return;
        }
        for (rows, tokens, heads, kv_heads, size) in [(1, 5, 2, 1, 16), (2, 45, 4, 2, 32), (1, 70, 3, 3, 48)]
        {
            let queries = random(rows * tokens * heads * size, 1);
            let keys = random(rows * tokens * kv_heads * size, 2);
            let values = random(rows * tokens * kv_heads * size, 3);
            let seed = random(queries.len(), 4);
            // Two examples in a row, causal each.
            let sees = |q: usize, k: usize| k <= q && (q < tokens / 3) == (k < tokens / 3);
            let mask: Vec<f32> = (0..tokens * tokens)
                .map(|at| if sees(at / tokens, at % tokens) { 0.0 } else { -1e30 })
                .collect();
            let problem = Attention {
                rows,
                tokens,
                heads,
                kv_heads,
                size,
                queries: &queries,
                keys: &keys,
                values: &values,
                mask: &mask,
                mask_row: 0,
            };
            let (expected, _) = plain(&problem, &seed);
            let mut out = vec![f32::NAN; queries.len()];
            attend(&problem, &mut out, &backwards);
            for (a, b) in out.iter().zip(&expected) {
                assert!((f64::from(*a) - b).abs() < 1e-5, "{a} {b}");
            }
            let width = (heads + 2 * kv_heads) * size;
            let mut gradients = vec![f32::NAN; rows * tokens * width];
            attend_gradient(&problem, &seed, &mut gradients, &backwards);
            for (part, (offset, count, data)) in
                [(0, heads, &queries), (heads, kv_heads, &keys), (heads + kv_heads, kv_heads, &values)]
                    .into_iter()
                    .enumerate()
            {
                for at in (0..data.len()).step_by(data.len() / 7 + 1) {
                    let loss = |change: f32| {
                        let mut moved = data.clone();
                        moved[at] += change;
                        let mut problem = problem;
                        match part {
                            0 => problem.queries = &moved,
                            1 => problem.keys = &moved,
                            _ => problem.values = &moved,
                        }
                        plain(&problem, &seed).1
                    };
                    let step = 1.0 / 256.0;
                    let difference = (loss(step) - loss(-step)) / (2.0 * f64::from(step));
                    let (token, lane) = (at / (count * size), at % (count * size));
                    let ours = f64::from(gradients[token * width + offset * size + lane]);
                    assert!((ours - difference).abs() < 1e-4, "{part} {at}: {ours} {difference}");
                }
            }
        }
    }
}
