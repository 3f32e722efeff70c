"""Clustering libraries side by side: the same vectors, starts and threads, in one process.

`fastcluster bench` runs this on a user's own vectors, `benches/` in the repository on the cases
behind the README's table. Each module answers one question: `contract` what an engine is, `trial`
what it is asked, `givens` and `starts` what it is given beside the vectors, `measure` how a call is
timed, `timing`, `iteration` and `memory` what is measured, `contention` who else was working,
`answers` what an answer comes to, `check`, `check_density` and `check_values` whether it is right,
`compare` how the engines relate, `machine` where it ran, `record` what is kept, `show`, `table` and
`chart` how it is shown.

Nothing here is imported by `import fastcluster`, and an engine's library only with the engine.
"""
