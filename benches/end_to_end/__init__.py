"""The cases behind the README's table: this library beside its peers.

`python -m benches.end_to_end --help` says how to run it; `benches/README.md` how it measures. How
engines are run, timed and checked is in the package, `fastcluster.bench`; here is what the
repository adds. Each module answers one question: `cases` what is compared, `datasets` on which
vectors, `drawn` where large ones come from, `peak` what the machine could do, `imports` what
importing costs, `runner` from a case to its report, `worker` in which process, `keep` what is kept,
`notes` what a reader must know, `progress` and `table` how it is shown.
"""
