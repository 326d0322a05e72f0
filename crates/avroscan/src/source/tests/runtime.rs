//! The I/O runtime, from outside and inside of others.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use pollster::block_on;

use crate::source::runtime::{compute, cores, run, run_blocking, within};

#[test]
fn futures_that_need_tokio_run_without_one() {
    let answer = block_on(run(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        std::thread::current().name().map(str::to_owned)
    }));
    assert_eq!(answer.unwrap().as_deref(), Some("avroscan-io"));
    assert_eq!(block_on(run_blocking(|| 7)).unwrap(), 7);
}

#[test]
fn blocking_inside_of_another_runtime_works() {
    let outer = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let answer = outer.block_on(async { block_on(run(async { 7 })) });
    assert_eq!(answer.unwrap(), 7);
}

#[test]
fn a_dropped_future_stops_its_task() {
    struct Tell(mpsc::Sender<()>);
    impl Drop for Tell {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    let (started, has_started) = mpsc::channel();
    let (tell, dropped) = mpsc::channel();
    let tell = Tell(tell);
    let mut task = Box::pin(run(async move {
        let _tell = tell;
        started.send(()).unwrap();
        std::future::pending::<()>().await;
    }));
    assert!(block_on(async { futures::poll!(&mut task) }).is_pending());
    has_started.recv().unwrap();
    assert!(dropped.try_recv().is_err());
    drop(task);
    // Blocks forever if the task goes on.
    dropped.recv().unwrap();
}

#[test]
fn a_panic_reaches_the_caller() {
    let result = std::panic::catch_unwind(|| block_on(run(async { panic!("on purpose") })));
    let message = *result.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(message, "on purpose");
}

#[test]
fn what_is_computed_has_threads_of_its_own() {
    let name = || std::thread::current().name().map(str::to_owned);
    let answer = block_on(compute(name).unwrap()).unwrap();
    assert_eq!(answer.as_deref(), Some("avroscan-decode"));
}

#[test]
fn a_dropped_computation_does_not_begin() {
    let (release, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    // All threads wait for the end of the channel.
    let busy: Vec<_> = (0..cores())
        .map(|_| {
            let wait = wait.clone();
            compute(move || drop(wait.lock().map(|wait| wait.recv()))).unwrap()
        })
        .collect();
    let (tell, told) = mpsc::channel();
    drop(compute(move || tell.send(())).unwrap());
    drop(release);
    for task in busy {
        block_on(task).unwrap();
    }
    assert!(told.recv().is_err());
}

#[test]
fn what_takes_too_long_is_given_up() {
    let wait = Duration::from_millis(10);
    let never = within(wait, std::future::pending::<()>());
    assert_eq!(block_on(never), None);
    let soon = within(Duration::from_secs(600), async { 7 });
    assert_eq!(block_on(soon), Some(7));
}
