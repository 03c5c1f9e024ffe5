//! Attention against plain sums in float64, and finite differences of them.

use super::*;
use crate::kernels::available;
use crate::kernels::test_matrix::random;

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
                            .map(|i| f64::from(problem.queries[q + i]) * f64::from(problem.keys[key(k) + i]))
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
    for (rows, tokens, heads, kv_heads, size) in [(1, 5, 2, 1, 16), (2, 45, 4, 2, 32), (1, 70, 3, 3, 48)] {
        let queries = random(rows * tokens * heads * size, 1);
        let keys = random(rows * tokens * kv_heads * size, 2);
        let values = random(rows * tokens * kv_heads * size, 3);
        let seed = random(queries.len(), 4);
        // Two examples in a row, causal each.
        let sees = |q: usize, k: usize| k <= q && (q < tokens / 3) == (k < tokens / 3);
        let mask: Vec<f32> =
            (0..tokens * tokens).map(|at| if sees(at / tokens, at % tokens) { 0.0 } else { -1e30 }).collect();
        let problem = Attention {
            rows,
            tokens,
            seen: tokens,
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

/// The last tokens of a row, given a cache of those before them, attend as they do in the whole row.
#[test]
fn a_cache_stands_for_earlier_tokens() {
    if !available() {
        return;
    }
    for (rows, before, tokens, heads, kv_heads, size) in [
        (1, 5, 1, 2, 1, 16),
        (2, 45, 3, 4, 2, 32),
        (3, 700, 1, 9, 3, 64),
        (1, 30, 70, 6, 3, 48),
        (1, 0, 9, 2, 2, 16),
    ] {
        let all = before + tokens;
        let queries = random(rows * all * heads * size, 1);
        let keys = random(rows * all * kv_heads * size, 2);
        let values = random(rows * all * kv_heads * size, 3);
        let mask: Vec<f32> =
            (0..all * all).map(|at| if at % all <= at / all { 0.0 } else { -1e30 }).collect();
        let whole = Attention {
            rows,
            tokens: all,
            seen: all,
            heads,
            kv_heads,
            size,
            queries: &queries,
            keys: &keys,
            values: &values,
            mask: &mask,
            mask_row: 0,
        };
        let (expected, _) = plain(&whole, &queries);
        // A capacity beyond what is filled.
        let capacity = before + 7;
        let (mut past_keys, mut past_values) =
            (random(rows * kv_heads * size * capacity, 5), random(rows * kv_heads * size * capacity, 6));
        let last = |from: &[f32], width: usize| -> Vec<f32> {
            from.chunks(all * width).flat_map(|row| row[before * width..].to_vec()).collect()
        };
        for row in 0..rows {
            for head in 0..kv_heads {
                for token in 0..before {
                    for i in 0..size {
                        let from = ((row * all + token) * kv_heads + head) * size + i;
                        let pair = row * kv_heads + head;
                        past_keys[(pair * size + i) * capacity + token] = keys[from];
                        past_values[(pair * capacity + token) * size + i] = values[from];
                    }
                }
            }
        }
        let seen = capacity + tokens;
        let sees = |query: usize, place: usize| match place < capacity {
            true => place < before,
            false => place - capacity <= query,
        };
        let mask: Vec<f32> =
            (0..tokens * seen).map(|at| if sees(at / seen, at % seen) { 0.0 } else { -1e30 }).collect();
        let (queries, keys, values) =
            (last(&queries, heads * size), last(&keys, kv_heads * size), last(&values, kv_heads * size));
        let problem =
            Attention { tokens, seen, queries: &queries, keys: &keys, values: &values, mask: &mask, ..whole };
        let past = Past { keys: &past_keys, values: &past_values, capacity };
        let mut out = vec![f32::NAN; queries.len()];
        attend_cached(&problem, past, &mut out, &backwards);
        for (row, line) in out.chunks(tokens * heads * size).enumerate() {
            let start = (row * all + before) * heads * size;
            for (at, value) in line.iter().enumerate() {
                assert!(
                    (f64::from(*value) - expected[start + at]).abs() < 2e-5,
                    "{rows} {before} {tokens} {at}"
                );
            }
        }
    }
}
