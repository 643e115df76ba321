//! The loop as a function of AWS Lambda: one minute an invocation, over the shared store.
//!
//! A function has no disk that outlives it. So its history lies in the shared store, by the log of
//! [`crate::shared::run_log`]: an invocation begins a run there, takes in what it does not have yet, does the minute, and ends
//! the run. An intent is an entry of that log before its call is made. While the process stays warm it goes on with what it
//! has in memory; a cold one reads the newest copy of the history, and what came after it.
//!
//! Start with [`run`], which hears invocations; [`Function`] does one; `past` reads and writes what outlives it, `event`
//! understands what an invocation asks for.

// What needs no runtime of Lambda is tested with everything else.
#![cfg_attr(not(feature = "lambda"), expect(dead_code, unused_imports))]

mod error;
mod event;
mod function;
mod past;

use std::{path::PathBuf, sync::Arc};

#[cfg(feature = "lambda")]
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::Mutex;

pub use self::error::LambdaError;
use self::function::{Function, Invocation};
use crate::{domain::at_epoch, engine::clock::Clock};

/// Names the configuration: a file in the package, or `s3://BUCKET/KEY`.
pub const CONFIG_VARIABLE: &str = "PRESCALE_CONFIG";
/// Names the folder in which the function works.
const HOME_VARIABLE: &str = "PRESCALE_HOME";
/// Where it works where nothing is said: the one place that Lambda lets a function write.
const HOME: &str = "/tmp/prescale";

/// Answers invocations until Lambda ends the process.
///
/// # Errors
/// [`LambdaError`] when the environment is not one of Lambda, or names no configuration.
#[cfg(feature = "lambda")]
pub fn run() -> Result<(), LambdaError> {
    let config = std::env::var(CONFIG_VARIABLE).ok().filter(|name| !name.is_empty());
    let config = config.ok_or_else(|| {
        let fix = "name a file of the package or s3://BUCKET/KEY";
        LambdaError::new(format!("the environment has no {CONFIG_VARIABLE}; {fix}"))
    })?;
    // lambda_runtime panics without it.
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err(LambdaError::new("this is a function of AWS Lambda; on a machine, use prescale agent"));
    }
    let home = std::env::var_os(HOME_VARIABLE).map_or_else(|| PathBuf::from(HOME), PathBuf::from);
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| LambdaError::new(format!("cannot start the async runtime: {e}")))?;
    let function = Arc::new(Mutex::new(Function::new(config, home)));
    let serve = lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let function = Arc::clone(&function);
        async move {
            let LambdaEvent { payload, context } = event;
            let invocation = Invocation {
                id: context.request_id,
                function: context.env_config.function_name.clone(),
                now: Clock::Real.now(),
                until: at_epoch(i64::try_from(context.deadline.div_ceil(1_000)).unwrap_or(i64::MAX)),
                event: payload,
            };
            let answer = function.lock().await.invoke(invocation).await;
            answer.map_err(|error| lambda_runtime::Error::from(error.to_string()))
        }
    }));
    runtime.block_on(serve).map_err(|error| LambdaError::new(error.to_string()))
}
