//! The assignment passes of one run: a plain one first, then passes that remember.
//!
//! The first pass knows nothing of the rows and scores every pair with the narrow bands of whole rows. From then on each
//! row has a centroid, which gives a limit: where the filter works on bytes, later passes are sieves, on a sketch where
//! that pays; elsewhere (few features or centroids) they are plain passes that skip rows which still lead.
//!
//! Greedy k-means++ knows each row's nearest start center where it draws from all rows, but the first pass is not taken
//! from it: beside the 2 + ⌊ln k⌋ passes' worth of pairs that such a start scores, the first pass is 0.5 to 9.7 % of the
//! pairs of a fit (20 to 1,000 clusters, 10 to 300 iterations, three data sets of 384, 384 and 16 features), and the start
//! would have to prove ties and keep leads that the pass finds anyway.

use super::lloyd::Data;
use super::memory;
use crate::assign::{Drift, Input, Moved, Pass, RowState, Sieve, Work};
use crate::centers::Centers;
use crate::filter::{Filter, Stored};
use crate::{Context, Error};

/// The passes of a run and what they keep.
pub(crate) struct Passes<'a> {
    /// The filter of sieves, where there are any.
    sieved: Option<&'a Filter>,
    sieve: Option<Sieve>,
    /// Words of whole rows, and of the sketch.
    plain: Option<Stored>,
    sketch: Option<Stored>,
    /// How the centers moved in the last update; none before the first pass.
    drift: Option<Drift>,
}

impl<'a> Passes<'a> {
    /// Before the first pass, with the words of whole rows where they are kept.
    pub(crate) fn new(plain: Option<Stored>, sieved: Option<&'a Filter>) -> Self {
        Self { sieved, sieve: None, plain, sketch: None, drift: None }
    }

    /// The words of whole rows, for another run; of some rows only if the others' gave way to bounds, none if to a sketch.
    pub(crate) fn into_plain(self) -> Option<Stored> {
        self.plain
    }

    /// Whether no pass was made yet.
    pub(crate) fn is_first(&self) -> bool {
        self.drift.is_none()
    }

    /// Whether the labels may be older than the centers.
    pub(crate) fn is_behind(&self) -> bool {
        self.drift.as_ref().is_none_or(Drift::any_moved)
    }

    /// Brings the states up to date with the centers.
    pub(crate) fn assign(
        &mut self,
        data: &Data<'_, '_>,
        centers: &Centers,
        states: &mut [RowState],
        context: &Context<'_>,
    ) -> Result<Work, Error> {
        match (self.sieved, self.drift.take()) {
            (Some(filter), Some(drift)) => {
                let points = data.points;
                if filter.is_sketch() && self.sketch.is_none() {
                    self.sketch = filter.store(points, context)?;
                }
                let stored = if filter.is_sketch() { &self.sketch } else { &self.plain };
                let input = Input { points, filter, stored: stored.as_ref(), centers };
                let (n, k) = (points.n_rows(), centers.len());
                let sieve = self.sieve.get_or_insert_with(|| Sieve::new(filter, n, k));
                let work = sieve.pass(input, &drift, states, context)?;
                self.drift = Some(Drift::new(k, Vec::new()));
                Ok(work)
            }
            (_, drift) => self.score(drift, data, centers, states, context),
        }
    }

    /// Notes that a center moved from `old`, which had no direction if `was_void`.
    pub(crate) fn note(
        &mut self,
        cluster: usize,
        (old, was_void): (&[f64], bool),
        centers: &Centers,
        filter: &Filter,
    ) {
        if let Some(drift) = &mut self.drift {
            drift.note(cluster, (old, was_void), centers, filter);
        }
    }

    fn score(
        &mut self,
        drift: Option<Drift>,
        data: &Data<'_, '_>,
        centers: &Centers,
        states: &mut [RowState],
        context: &Context<'_>,
    ) -> Result<Work, Error> {
        let panels = data.filter.pack_all(centers);
        let moved = drift.as_ref().and_then(|drift| Moved::new(drift, data.filter, centers));
        let pass = Pass {
            points: data.points,
            filter: data.filter,
            stored: self.plain.as_ref(),
            centers,
            panels: &panels,
            drift: drift.as_ref(),
            moved: moved.as_ref(),
        };
        let (work, reaches) = pass.run(context, states)?;
        // The rows do not move: the reaches of the first pass serve all later ones.
        let reaches = drift.map_or(reaches, Drift::into_reaches);
        self.drift = Some(Drift::new(centers.len(), reaches));
        drop(panels);
        self.make_room(data, centers);
        Ok(work)
    }

    /// After the pass that scores every pair: gives up what the sieves need not have, before they and the sums take more.
    fn make_room(&mut self, data: &Data<'_, '_>, centers: &Centers) {
        let Some(filter) = self.sieved else { return };
        if filter.is_sketch() {
            self.plain = None;
            return;
        }
        let (points, k) = (data.points, centers.len());
        let sieve = self.sieve.get_or_insert_with(|| Sieve::new(filter, points.n_rows(), k));
        if let Some(plain) = &mut self.plain {
            let kept = sieve.bytes(points.n_rows()) + centers.bytes();
            filter.forget(plain, memory::rows_in_words(points, filter, k, kept));
        }
    }
}
