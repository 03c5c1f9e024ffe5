//! The operators that ONNX Runtime doesn't have, as the domain `veranda.kernels`.

mod attention;
mod block_linear;
mod pointwise;
mod projections;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ort::operator::{ComputeContext, KernelContext, OperatorDomain};
use ort::value::{ValueRef, ValueRefMut};
use ort::{Error, Result};

use self::attention::{AttentionOperator, CachedAttentionOperator};
use self::block_linear::BlockLinear;
use self::pointwise::{RmsNormGradient, RotaryEmbedding, SwiGluOperator};
use self::projections::ProjectOperator;
use crate::kernels::{Arithmetic, Numbers, Parallel};

const DOMAIN: &str = "veranda.kernels";

/// The names of the domain's operators: the program asks whether it has what its graphs take.
pub const NAMES: [&str; 11] = [
    "Attention",
    "AttentionGradient",
    "BlockLinear",
    "CachedAttention",
    "Project",
    "ProjectDots",
    "ProjectTransposed",
    "RmsNormGradient",
    "RotaryEmbedding",
    "SwiGlu",
    "SwiGluGradient",
];

pub fn domain() -> Result<Arc<OperatorDomain>> {
    Ok(Arc::new(
        OperatorDomain::new(DOMAIN)?
            .add(BlockLinear)?
            .add(ProjectOperator::Plain)?
            .add(ProjectOperator::Transposed)?
            .add(ProjectOperator::Dots)?
            .add(AttentionOperator { gradient: false })?
            .add(AttentionOperator { gradient: true })?
            .add(CachedAttentionOperator)?
            .add(SwiGluOperator { gradient: false })?
            .add(SwiGluOperator { gradient: true })?
            .add(RmsNormGradient)?
            .add(RotaryEmbedding)?,
    ))
}

fn input(context: &ComputeContext, index: usize) -> Result<ValueRef<'_>> {
    context.input(index)?.ok_or_else(|| Error::new(format!("The input {index} is missing.")))
}

/// The operator's only output, of the given shape.
fn output<'a>(context: &'a ComputeContext, shape: &[i64]) -> Result<ValueRefMut<'a>> {
    context.output(0, shape.to_vec())?.ok_or_else(|| Error::new("The output is missing."))
}

fn floats<'a>(value: &'a ValueRef) -> Result<&'a [f32]> {
    Ok(value.try_extract_tensor::<f32>()?.1)
}

/// Float32, or whole numbers of 16 bits as two bytes each; with its shape in numbers.
fn numbers<'a>(value: &'a ValueRef) -> Result<(Vec<i64>, Numbers<'a>)> {
    if let Ok((shape, values)) = value.try_extract_tensor::<f32>() {
        return Ok((shape.to_vec(), Numbers::Floats(values)));
    }
    let (shape, bytes) = value.try_extract_tensor::<u8>()?;
    // SAFETY: any two bytes make a whole number of 16 bits.
    let (before, values, after) = unsafe { bytes.align_to::<i16>() };
    match (before, after, &shape[..]) {
        ([], [], [rows, width]) => Ok((vec![*rows, width / 2], Numbers::Integers(values))),
        _ => Err(Error::new("A matrix of an adapter does not lie as numbers of 16 bits do.")),
    }
}

fn number(context: &KernelContext, name: &str) -> Result<usize> {
    context
        .get::<i64>(name)
        .and_then(|value| usize::try_from(value).ok())
        .ok_or_else(|| Error::new(format!("The attribute {name} is missing.")))
}

/// To how many bits activations are rounded.
fn arithmetic(context: &KernelContext) -> Result<Arithmetic> {
    Ok(match number(context, "bits")? {
        8 => Arithmetic::Int8,
        16 => Arithmetic::Int16,
        _ => Arithmetic::Float32,
    })
}

/// Runs a kernel on the session's threads. A panic must not cross into C++.
fn guarded(name: &str, context: &ComputeContext, work: impl FnOnce(Parallel)) -> Result<()> {
    let parallel = |count: usize, part: &(dyn Fn(usize) + Sync)| {
        context.par_for(count, count, part).expect("ONNX Runtime runs all parts");
    };
    catch_unwind(AssertUnwindSafe(|| work(&parallel)))
        .map_err(|_| Error::new(format!("{name} failed: it may have been given arrays that do not fit.")))
}
