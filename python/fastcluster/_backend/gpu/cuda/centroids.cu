// The means of clusters, how far rows are from them, and the scores that follow from these alone.
//
// Rows are named by their place in the order of clusters: `order[place]` is the row. They are read relative to an
// origin, in float64. Rows of zeros under cosine count nowhere.
//
// variants: ROW=0..5 COSINE=0,1

/// A row's value relative to the origin.
__device__ __forceinline__ double relative(row_t value, double scale, double inverse_norm, double from)
{
    return working(value, scale, inverse_norm) - from;
}

__device__ __forceinline__ bool is_void(const double *inverse_norms, long long row)
{
    return inverse_norm_of(inverse_norms, row) == 0.0;
}

/// sums[part][feature] over the places from bounds[2·part] to bounds[2·part + 1], in order. A thread a feature.
extern "C" __global__ void part_sums(
    const row_t *rows, const double *inverse_norms, const int *order, long long n_features, double scale,
    const double *origin, const long long *bounds, long long n_parts, double *sums)
{
    long long number = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    long long part = number / n_features, feature = number % n_features;
    if (part >= n_parts) {
        return;
    }
    double sum = 0.0;
    for (long long place = bounds[2 * part]; place < bounds[2 * part + 1]; place++) {
        long long row = order[place];
        double inverse_norm = inverse_norm_of(inverse_norms, row);
        if (inverse_norm != 0.0) {
            sum = sum + relative(rows[row * n_features + feature], scale, inverse_norm, origin[feature]);
        }
    }
    sums[part * n_features + feature] = sum;
}

/// means[group][feature]: the sums of the group's parts, added in order, over its count.
extern "C" __global__ void group_means(
    const double *sums, const long long *first_parts, const double *counts, long long n_groups, long long n_features,
    double *means)
{
    long long number = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    long long group = number / n_features, feature = number % n_features;
    if (group >= n_groups) {
        return;
    }
    double sum = 0.0;
    for (long long part = first_parts[group]; part < first_parts[group + 1]; part++) {
        sum = sum + sums[part * n_features + feature];
    }
    means[group * n_features + feature] = sum / fmax(counts[group], 1.0);
}

/// The squared distance of a row from a mean, both relative to the origin. 16 lanes.
__device__ __forceinline__ double from_mean(
    const row_t *row, double inverse_norm, double scale, const double *origin, const double *mean,
    long long n_features, int lane)
{
    double sum = 0.0;
    for (long long i = lane; i < n_features; i += LANES) {
        double difference = relative(row[i], scale, inverse_norm, origin[i]) - mean[i];
        sum = sum + difference * difference;
    }
    return halved(sum);
}

/// squares[place]: each row's squared distance from its cluster's mean, 0 for rows of zeros under cosine.
extern "C" __global__ void spreads(
    const row_t *rows, const double *inverse_norms, const int *order, const int *labels, long long n_rows,
    long long n_features, double scale, const double *origin, const double *means, double *squares)
{
    long long place = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / LANES;
    int lane = threadIdx.x % LANES;
    // The other half of the last warp takes part in the shuffles.
    long long mine = min(place, n_rows - 1);
    long long row = order[mine];
    double squared = from_mean(
        rows + row * n_features, inverse_norm_of(inverse_norms, row), scale, origin,
        means + (long long)labels[mine] * n_features, n_features, lane);
    if (lane == 0 && place < n_rows) {
        squares[place] = is_void(inverse_norms, row) ? 0.0 : squared;
    }
}

/// Silhouettes for squared Euclidean distances (half 1) or cosines (half 0.5): Σ‖x − y‖² over a cluster is
/// n·‖x − c‖² + Σ‖y − c‖². A warp a listed row, two clusters at a time.
extern "C" __global__ void closed_silhouettes(
    const row_t *rows, const double *inverse_norms, const int *listed, const int *labels, long long n_listed,
    long long n_features, double scale, const double *origin, const double *means, const double *sizes,
    const double *counts, const double *squares, long long n_clusters, double half, double *out)
{
    long long number = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (number >= n_listed) {
        return;
    }
    long long row = listed[number], own = labels[number];
    double inverse_norm = inverse_norm_of(inverse_norms, row);
    double inside = 0.0, outside = INFINITE;
    for (long long pair = 0; pair < n_clusters; pair += 2) {
        long long cluster = min(pair + lane / LANES, n_clusters - 1);
        double squared = from_mean(
            rows + row * n_features, inverse_norm, scale, origin, means + cluster * n_features, n_features,
            lane % LANES);
        double sum = half * (counts[cluster] * squared + squares[cluster]) + (sizes[cluster] - counts[cluster]);
        if (inverse_norm == 0.0) {
            // At distance 1 of every row but itself.
            sum = sizes[cluster] - (cluster == own ? 1.0 : 0.0);
        }
        if (cluster == own) {
            inside = sum;
        } else {
            outside = fmin(outside, sum / sizes[cluster]);
        }
    }
    inside = fmax(inside, __shfl_xor_sync(FULL_WARP, inside, LANES));
    outside = fmin(outside, __shfl_xor_sync(FULL_WARP, outside, LANES));
    if (lane == 0) {
        double others = sizes[own] - 1.0;
        inside = others > 0.0 ? inside / others : 0.0;
        double largest = fmax(inside, outside);
        out[number] = others > 0.0 && largest > 0.0 ? (outside - inside) / largest : 0.0;
    }
}

/// For each cluster the largest (s_i + s_j) / ‖c_i − c_j‖ over the others, and the largest distance. A warp a cluster.
extern "C" __global__ void worst_ratios(
    const double *means, const double *spread, long long n_clusters, long long n_features, double *worst,
    double *farthest)
{
    long long one = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    int lane = threadIdx.x % 32;
    if (one >= n_clusters) {
        return;
    }
    double ratio = 0.0, far = 0.0;
    for (long long pair = 0; pair < n_clusters; pair += 2) {
        long long other = min(pair + lane / LANES, n_clusters - 1);
        double sum = 0.0;
        for (long long i = lane % LANES; i < n_features; i += LANES) {
            double difference = means[one * n_features + i] - means[other * n_features + i];
            sum = sum + difference * difference;
        }
        double apart = __dsqrt_rn(halved(sum));
        if (other != one && apart > 0.0) {
            ratio = fmax(ratio, (spread[one] + spread[other]) / apart);
            far = fmax(far, apart);
        }
    }
    ratio = fmax(ratio, __shfl_xor_sync(FULL_WARP, ratio, LANES));
    far = fmax(far, __shfl_xor_sync(FULL_WARP, far, LANES));
    if (lane == 0) {
        worst[one] = ratio;
        farthest[one] = far;
    }
}
