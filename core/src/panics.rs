//! A panic of the core is an error of Python's that names its place, and prints nothing.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

thread_local! {
    /// What the last panic of the thread said, and where.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keep what panics say, in place of printing it: this library has a hook of its own.
pub fn keep() {
    set_hook(Box::new(|panic| {
        // In a thread that ends there is nobody to tell.
        let _ = SAID.try_with(|said| said.replace(panic.to_string()));
    }));
}

/// Return what `f` returns, or what it said as it panicked.
///
/// What it has changed may be half done: scratch, which the next line clears, or one agent less.
pub fn caught<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|_| SAID.take())
}
