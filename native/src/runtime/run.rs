//! One run of a graph, away from JavaScript's thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{ClassInstance, FromNapiValue, Result, Unknown};
use napi::{Env, JsValue, Task, UnknownRef, sys};
use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::DynValue;

use super::failed;
use super::tensor::{NativeTensor, Place, borrowed};

/// An input: where its numbers are.
pub enum Feed {
    Array { data: *const u8, length: usize, kind: sys::napi_typedarray_type, shape: Vec<i64> },
    Tensor(Place),
}

// SAFETY: an array's memory belongs to no thread; see `Run::held`.
unsafe impl Send for Feed {}

impl Feed {
    /// Of a typed array with its shape, or of a native tensor.
    pub fn new(value: &Unknown, shape: Vec<i64>) -> Result<Self> {
        let (env, raw) = (value.value().env, value.value().value);
        let mut is_array = false;
        // SAFETY: the value belongs to the running call.
        unsafe { sys::napi_is_typedarray(env, raw, &mut is_array) };
        if !is_array {
            // SAFETY: anything but a native tensor is refused.
            let tensor = unsafe { ClassInstance::<NativeTensor>::from_napi_value(env, raw) }?;
            return Ok(Self::Tensor(tensor.place()));
        }
        let (mut kind, mut length, mut data) = (0, 0, std::ptr::null_mut());
        let (mut buffer, mut offset) = (std::ptr::null_mut(), 0);
        // SAFETY: the value is a typed array.
        unsafe {
            sys::napi_get_typedarray_info(
                env,
                raw,
                &mut kind,
                &mut length,
                &mut data,
                &mut buffer,
                &mut offset,
            );
        }
        if shape.iter().product::<i64>() != length as i64 {
            return Err(failed(format!("{length} elements do not make the shape {shape:?}.")));
        }
        if length == 0 {
            data = std::ptr::NonNull::<u64>::dangling().as_ptr().cast();
        }
        Ok(Self::Array { data: data.cast(), length, kind, shape })
    }

    fn input(&self) -> Result<SessionInputValue<'_>> {
        let (data, length, kind, shape) = match self {
            Self::Tensor(place) => return place.input(),
            Self::Array { data, length, kind, shape } => (*data, *length, *kind, shape),
        };
        // SAFETY: as long and of such elements as Node said, and held by the run.
        unsafe {
            match kind {
                sys::TypedarrayType::float32_array => {
                    borrowed(shape, slice::from_raw_parts(data.cast::<f32>(), length))
                }
                sys::TypedarrayType::int32_array => {
                    borrowed(shape, slice::from_raw_parts(data.cast::<i32>(), length))
                }
                sys::TypedarrayType::bigint64_array => {
                    borrowed(shape, slice::from_raw_parts(data.cast::<i64>(), length))
                }
                sys::TypedarrayType::uint8_array => borrowed(shape, slice::from_raw_parts(data, length)),
                _ => Err(failed("The array has an element type that graphs do not take.")),
            }
        }
    }
}

pub struct Run {
    pub session: Arc<Mutex<Session>>,
    pub feeds: Vec<(String, Feed)>,
    pub options: Arc<RunOptions>,
    /// What keeps the arrays' memory until the run has ended: the list of them that was given.
    pub held: UnknownRef,
}

impl Task for Run {
    type Output = Vec<DynValue>;
    type JsValue = Vec<NativeTensor>;

    fn compute(&mut self) -> Result<Self::Output> {
        let run = || {
            let mut inputs = Vec::with_capacity(self.feeds.len());
            for (name, feed) in &self.feeds {
                let input = feed.input().map_err(|error| failed(format!("{name}: {}", error.reason)))?;
                inputs.push((name.as_str(), input));
            }
            let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            let results = session.run_with_options(inputs, &*self.options).map_err(failed)?;
            Ok(results.into_iter().map(|(_, value)| value).collect())
        };
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(failed("The run broke off.")))
    }

    fn resolve(&mut self, _env: Env, results: Self::Output) -> Result<Self::JsValue> {
        Ok(results.into_iter().map(NativeTensor::result).collect())
    }

    fn finally(self, env: Env) -> Result<()> {
        self.held.unref(&env)
    }
}
