//! Graphs that are loaded and run.

use std::slice;
use std::sync::{Mutex, OnceLock, PoisonError};

use napi::bindgen_prelude::{ClassInstance, FromNapiValue, Result, Unknown};
use napi::{JsValue, sys};
use napi_derive::napi;
use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue};

use super::tensor::{NativeTensor, borrowed};
use super::{failed, operators};

#[napi(object)]
pub struct SessionOptions {
    /// The library to use, an absolute path; the first session decides for the process.
    pub library: String,
    /// Threads of one operator; none lets ONNX Runtime choose.
    pub threads: Option<u32>,
    /// Where external initializers lie.
    pub weights_directory: Option<String>,
}

/// A loaded graph.
#[napi]
pub struct NativeSession {
    session: Option<Session>,
    inputs: Vec<String>,
}

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// One environment a process, kept to its end.
fn environment(library: &str) -> Result<&'static Environment> {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment);
    }
    let environment =
        ort::init_from(library).map_err(failed)?.with_name("veranda").build().map_err(failed)?;
    Ok(ENVIRONMENT.get_or_init(|| environment))
}

#[napi]
impl NativeSession {
    /// Loads an ONNX file given as bytes.
    #[napi(constructor, catch_unwind)]
    pub fn new(graph: &[u8], options: SessionOptions) -> Result<Self> {
        let environment = environment(&options.library)?;
        let mut builder = Session::builder(environment)
            .map_err(failed)?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(failed)?
            // Batches differ in shape: a plan made for one wastes memory on the next.
            .with_memory_pattern(false)
            .map_err(failed)?
            // Workers that wait by turning keep a small machine busy: stop after this, not after some milliseconds.
            .with_config_entry("session.intra_op.spin_duration_us", "200")
            .map_err(failed)?
            .with_operators(operators::domain().map_err(failed)?)
            .map_err(failed)?;
        if let Some(threads) = options.threads {
            builder = builder.with_intra_threads(threads as usize).map_err(failed)?;
        }
        if let Some(directory) = &options.weights_directory {
            builder = builder
                .with_config_entry("session.model_external_initializers_file_folder_path", directory)
                .map_err(failed)?;
        }
        let session = builder.commit_from_memory(graph).map_err(failed)?;
        let inputs = session.inputs().iter().map(|input| input.name().to_owned()).collect();
        Ok(Self { session: Some(session), inputs })
    }

    /// The inputs that the loaded graph takes.
    #[napi(getter)]
    pub fn inputs(&self) -> Vec<String> {
        self.inputs.clone()
    }

    #[napi(getter)]
    pub fn outputs(&self) -> Result<Vec<String>> {
        let session = self.session.as_ref().ok_or_else(|| failed("The session is closed."))?;
        Ok(session.outputs().iter().map(|output| output.name().to_owned()).collect())
    }

    /// Runs the graph over `values`, typed arrays with their `shapes` or native tensors, in the order of `inputs`;
    /// gives the results in the order of `outputs`. Arrays are read where they are and must not change meanwhile.
    #[napi(catch_unwind)]
    pub fn run(&mut self, values: Vec<Unknown>, shapes: Vec<Vec<i64>>) -> Result<Vec<NativeTensor>> {
        let session = self.session.as_mut().ok_or_else(|| failed("The session is closed."))?;
        if values.len() != self.inputs.len() || shapes.len() != self.inputs.len() {
            return Err(failed(format!(
                "The graph takes {} inputs, not {}.",
                self.inputs.len(),
                values.len()
            )));
        }
        let mut inputs = Vec::with_capacity(values.len());
        for ((name, value), shape) in self.inputs.iter().zip(&values).zip(&shapes) {
            let input = input(value, shape).map_err(|error| failed(format!("{name}: {}", error.reason)))?;
            inputs.push((name.as_str(), input));
        }
        let results = session.run(inputs).map_err(failed)?;
        Ok(results.into_iter().map(|(_, value)| NativeTensor::result(value)).collect())
    }

    #[napi]
    pub fn close(&mut self) {
        self.session = None;
    }
}

fn input<'a>(value: &'a Unknown, shape: &[i64]) -> Result<SessionInputValue<'a>> {
    let (env, value) = (value.value().env, value.value().value);
    let mut is_array = false;
    // SAFETY: the value belongs to the running call.
    unsafe { sys::napi_is_typedarray(env, value, &mut is_array) };
    if !is_array {
        // SAFETY: anything but a native tensor is refused.
        let tensor = unsafe { ClassInstance::<NativeTensor>::from_napi_value(env, value) }?;
        // SAFETY: the tensor is an argument of the running call, which outlives the input.
        return unsafe { &*std::ptr::from_ref::<NativeTensor>(&*tensor) }.input();
    }
    let (mut kind, mut length, mut data) = (0, 0, std::ptr::null_mut());
    let (mut buffer, mut offset) = (std::ptr::null_mut(), 0);
    // SAFETY: the value is a typed array, which outlives the call that it is an argument of.
    unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
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
    // SAFETY: as long and of such elements as Node says.
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
            sys::TypedarrayType::uint8_array => {
                borrowed(shape, slice::from_raw_parts(data.cast::<u8>(), length))
            }
            _ => Err(failed("The array has an element type that graphs do not take.")),
        }
    }
}
