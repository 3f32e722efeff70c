"""This library beside its peers: the same data, start centers and threads, in one process.

`python -m benches.end_to_end --help` says how to run it; `benches/README.md` how it measures.
Each module answers one question: `contract` what an engine is, `cases` what is compared,
`datasets` on which vectors, `measure` how a call is timed, `memory` and `imports` what else is
measured, `contention` who else was
working, `check` whether the answers are right, `runner` in which order, `worker` in which process,
`machine` where, `record` what is kept, `table` how it is shown.
"""
