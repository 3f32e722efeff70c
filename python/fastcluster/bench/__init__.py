"""k-means libraries side by side: the same vectors, start centers and threads, in one process.

`fastcluster bench` runs this on a user's own vectors, `benches/` in the repository on the cases
behind the README's table. Each module answers one question: `contract` what an engine is, `trial`
what it is given, `starts` where it starts, `measure` how a call is timed, `timing`, `iteration` and
`memory` what is measured, `contention` who else was working, `check` whether the answers are right,
`compare` how the engines relate, `machine` where it ran, `record` what is kept, `show`, `table` and
`chart` how it is shown.

Nothing here is imported by `import fastcluster`, and an engine's library only with the engine.
"""
