//! Blocks of work: each once, results in order, errors and cancellation.

use fastcluster_core::Error;
use fastcluster_core::observer::Observer;
use fastcluster_core::pool::Pool;

const N_THREADS: [usize; 4] = [1, 2, 3, 7];

#[test]
fn results_come_in_block_order_whatever_the_threads() {
    for n_threads in N_THREADS {
        let (pool, observer) = (Pool::new(n_threads), Observer::default());
        for (n, block_size) in [(0, 3), (1, 3), (3, 3), (10, 3), (1000, 7)] {
            let mut output = vec![0_usize; n];
            let results = pool.map_blocks(
                &observer,
                &mut output,
                block_size,
                || (),
                |(), block, chunk| {
                    chunk
                        .iter_mut()
                        .enumerate()
                        .for_each(|(at, out)| *out += block * block_size + at + 1);
                    Ok((block, chunk.len()))
                },
            );
            let last = |block: usize| (n - block * block_size).min(block_size);
            let right: Vec<(usize, usize)> =
                (0..n.div_ceil(block_size)).map(|block| (block, last(block))).collect();
            assert_eq!(results, Ok(right));
            assert_eq!(output, (1..=n).collect::<Vec<_>>(), "every entry once");
        }
        let tasks = pool.map_tasks(&observer, 500, || (), |(), task| Ok(task * task));
        assert_eq!(tasks, Ok((0..500).map(|task| task * task).collect()));
    }
}

#[test]
fn pairs_of_blocks_go_together_whatever_the_threads() {
    for n_threads in N_THREADS {
        let (pool, observer) = (Pool::new(n_threads), Observer::default());
        for (n, first_size, second_size) in
            [(0, 3, 1), (1, 3, 2), (9, 3, 1), (10, 3, 2), (500, 7, 4)]
        {
            let n_blocks = usize::div_ceil(n, first_size);
            let (mut first, mut second) = (vec![0; n], vec![0; n_blocks * second_size]);
            let results = pool.map_pairs(
                &observer,
                (&mut first, first_size),
                (&mut second, second_size),
                || (),
                |(), block, first, second| {
                    for out in first.iter_mut().chain(second.iter_mut()) {
                        *out += block + 1;
                    }
                    Ok((block, first.len(), second.len()))
                },
            );
            let length = |block: usize| (n - block * first_size).min(first_size);
            let right = (0..n_blocks).map(|block| (block, length(block), second_size));
            assert_eq!(results, Ok(right.collect::<Vec<_>>()));
            let numbers = |size: usize| move |at: usize| at / size + 1;
            assert_eq!(first, (0..n).map(numbers(first_size)).collect::<Vec<_>>());
            let right = (0..n_blocks * second_size).map(numbers(second_size));
            assert_eq!(second, right.collect::<Vec<_>>());
        }
        observer.cancel();
        let (mut first, mut second) = ([0; 4], [0; 4]);
        let done = pool.map_pairs(
            &observer,
            (&mut first, 1),
            (&mut second, 1),
            || (),
            |(), _, _, second| {
                second[0] = 1;
                Ok(())
            },
        );
        assert_eq!((done, second), (Err(Error::Cancelled), [0; 4]));
    }
}

#[test]
fn scratch_is_made_per_thread_not_per_block() {
    for n_threads in N_THREADS {
        let made = std::sync::atomic::AtomicUsize::new(0);
        let scratch = || made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let observer = Observer::default();
        let done = Pool::new(n_threads).map_tasks(&observer, 500, scratch, |_, task| Ok(task));
        assert_eq!(done.map(|done| done.len()), Ok(500));
        assert!((1..=n_threads).contains(&made.into_inner()));
    }
}

#[test]
fn an_error_ends_the_work() {
    for n_threads in N_THREADS {
        let (pool, observer) = (Pool::new(n_threads), Observer::default());
        let failed = pool.map_tasks(
            &observer,
            300,
            || (),
            |(), task| {
                if task == 123 { Err(Error::NoWeight) } else { Ok(task) }
            },
        );
        assert_eq!(failed, Err(Error::NoWeight));
        let after = pool.map_tasks(&observer, 3, || (), |(), task| Ok(task));
        assert_eq!(after, Ok(vec![0, 1, 2]), "the pool works on");
    }
}

#[test]
fn a_cancelled_observer_ends_the_work_at_the_next_block() {
    let (pool, observer) = (Pool::new(1), Observer::default());
    let mut seen = vec![false; 10];
    let done = pool.map_blocks(
        &observer,
        &mut seen,
        1,
        || (),
        |(), block, chunk| {
            chunk[0] = true;
            if block == 3 {
                observer.cancel();
            }
            Ok(())
        },
    );
    assert_eq!(done, Err(Error::Cancelled));
    assert_eq!(seen.iter().filter(|seen| **seen).count(), 4);
    assert_eq!(observer.check(), Err(Error::Cancelled));
}

#[test]
fn a_pool_has_the_threads_it_was_asked_for_and_at_least_one() {
    for (asked, right) in [(0, 1), (1, 1), (2, 2), (5, 5)] {
        assert_eq!(Pool::new(asked).n_threads(), right);
    }
}

#[test]
fn pools_may_be_used_inside_each_other_and_from_many_threads() {
    let observer = Observer::default();
    let inner = |task: usize| {
        Pool::new(2)
            .map_tasks(&observer, 10, || (), |(), inner| Ok(inner * task))
            .map(|all| all.iter().sum::<usize>())
    };
    std::thread::scope(|scope| {
        let outer = || Pool::new(3).map_tasks(&observer, 20, || (), |(), task| inner(task));
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(outer)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok((0..20).map(|task| 45 * task).collect()));
        }
    });
}
