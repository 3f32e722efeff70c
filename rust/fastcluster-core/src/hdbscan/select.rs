//! Which clusters of the condensed tree are taken.

use super::condense::{Cluster, Condensed};

/// How clusters are selected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Method {
    /// Excess of mass: the most stable clusters that do not overlap.
    #[default]
    ExcessOfMass,
    /// The clusters that do not split.
    Leaf,
}

/// What is selected.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Selection {
    /// How.
    pub method: Method,
    /// Clusters that split below this distance are taken whole; 0 for none.
    pub epsilon: f64,
    /// Larger clusters give way to their children, under excess of mass.
    pub max_cluster_size: Option<usize>,
    /// Whether the root may be taken.
    pub allow_single_cluster: bool,
}

impl Selection {
    /// The clusters taken, in order of their numbers: the label of a cluster is its place here.
    pub fn of(&self, condensed: &Condensed) -> Vec<u32> {
        let clusters = &condensed.clusters;
        let mut taken = match self.method {
            Method::ExcessOfMass => self.excess_of_mass(clusters),
            Method::Leaf => {
                // A root that never splits is no leaf.
                (1..clusters.len() as u32)
                    .filter(|index| clusters[*index as usize].children.is_empty())
                    .collect()
            }
        };
        if self.epsilon != 0.0 && clusters.len() > 1 && taken != [0] {
            let wide = self.widened(clusters);
            for cluster in &mut taken {
                if distance(clusters[*cluster as usize].birth) < self.epsilon {
                    *cluster = wide[*cluster as usize];
                }
            }
            taken.sort_unstable();
            taken.dedup();
        }
        taken
    }

    /// From the leaves up: a cluster is as stable as itself or, if that is strictly more, as its children together.
    fn excess_of_mass(&self, clusters: &[Cluster]) -> Vec<u32> {
        let mut stabilities: Vec<f64> = clusters.iter().map(|cluster| cluster.stability).collect();
        let least = usize::from(!self.allow_single_cluster);
        let mut holds = vec![false; clusters.len()];
        let mut values = Vec::new();
        for index in (least..clusters.len()).rev() {
            let below =
                clusters[index].children.start as usize..clusters[index].children.end as usize;
            // In order of value: the sum does not depend on the order of rows.
            values.clear();
            values.extend_from_slice(&stabilities[below.clone()]);
            values.sort_unstable_by(f64::total_cmp);
            let of_children: f64 = values.iter().fold(0.0, |sum, value| sum + value);
            let size = match index {
                // As scikit-learn counts the root: without the rows that fall out of it.
                0 => clusters[below].iter().map(|child| child.size).sum(),
                _ => clusters[index].size,
            };
            let too_large = self.max_cluster_size.is_some_and(|most| size as u64 > most as u64);
            holds[index] = !too_large && of_children <= stabilities[index];
            if !holds[index] {
                stabilities[index] = of_children;
            }
        }
        let mut covered = vec![false; clusters.len()];
        let mut taken = Vec::new();
        for (index, cluster) in clusters.iter().enumerate() {
            covered[index] = covered[cluster.parent as usize];
            if holds[index] && !covered[index] {
                covered[index] = true;
                taken.push(index as u32);
            }
        }
        taken
    }

    /// For each cluster, the first above it that is born beyond epsilon; else the one below the root, or the root.
    fn widened(&self, clusters: &[Cluster]) -> Vec<u32> {
        let mut wide = vec![0_u32; clusters.len()];
        for (index, cluster) in clusters.iter().enumerate().skip(1) {
            let parent = cluster.parent as usize;
            wide[index] = if parent == 0 {
                if self.allow_single_cluster { 0 } else { index as u32 }
            } else if distance(clusters[parent].birth) > self.epsilon {
                parent as u32
            } else {
                wide[parent]
            };
        }
        wide
    }
}

/// The distance that a λ is.
fn distance(lambda: f64) -> f64 {
    1.0 / lambda
}
