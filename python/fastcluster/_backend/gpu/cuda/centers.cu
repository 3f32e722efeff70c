// The means of clusters: published as centers in the caller's type and space, and derived from that in working space,
// with the CPU's bits.
//
// variants: COSINE=0,1 DOUBLE=0,1

// DOUBLE is 1 where centers are published in float64.
#ifndef DOUBLE
#define DOUBLE 0
#endif
#if DOUBLE
typedef double center_t;
__device__ __forceinline__ center_t published_as(double value) { return value; }
__device__ __forceinline__ double rounded_to(double value) { return value; }
#else
typedef float center_t;
__device__ __forceinline__ center_t published_as(double value) { return double_to_float(value); }
__device__ __forceinline__ double rounded_to(double value) { return float_to_double(double_to_float(value)); }
#endif

/// Features that a warp computes at once, before all its lanes add their terms one after the other.
#define CHUNK 256

/// Where a report says that a cluster is empty, that a shift lost too much, that a center moved.
#define EMPTY 0
#define BAD 1
#define MOVED 2

/// Publishes the means of the marked clusters, unless the report says that their sums are not final; a block of one warp
/// a cluster. `moved` gets squared movements in working space.
///
/// Under cosine a mean is normalised first; a mean of zero has no direction, and its center stays where it is.
extern "C" __global__ void move_centers(
    const double *totals, const unsigned char *dirty, center_t *published, double *working, unsigned char *voids,
    double *moved, long long *report, double scale, long long n_features)
{
    __shared__ double terms[CHUNK];
    long long cluster = blockIdx.x;
    const double *sums = totals + cluster * (n_features + 2);
    double weight = sums[n_features];
    if (report[EMPTY] || report[BAD]) {
        return;
    }
    if (threadIdx.x == 0) {
        moved[cluster] = 0.0;
    }
    if (!dirty[cluster] || weight <= 0.0) {
        return;
    }
    auto mean = [&](long long i) { return sums[i] / weight; };
#if COSINE
    double outward = inverse_norm(mean, n_features, threadIdx.x % LANES);
    if (outward == 0.0) {
        return;
    }
#else
    double outward = 1.0 / scale;
#endif
    auto rounded = [&](long long i) { return rounded_to(mean(i) * outward); };
#if COSINE
    double inward = inverse_norm(rounded, n_features, threadIdx.x % LANES);
#else
    double inward = scale;
#endif
    double shift = 0.0;
    for (long long from = 0; from < n_features; from += CHUNK) {
        for (int at = threadIdx.x; at < CHUNK; at += 32) {
            terms[at] = 0.0;
            if (from + at < n_features) {
                long long place = cluster * n_features + from + at;
                double value = rounded(from + at);
                double now = value * inward;
                double delta = now - working[place];
                published[place] = published_as(value);
                working[place] = now;
                terms[at] = delta * delta;
                if (delta != 0.0) {
                    report[MOVED] = 1;
                }
            }
        }
        __syncthreads();
#pragma unroll 8
        for (int at = 0; at < CHUNK; at++) {
            shift = shift + terms[at];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        moved[cluster] = shift;
        voids[cluster] = inward == 0.0;
    }
}

/// What each cluster adds to the inertia beside Σ w‖x − m‖², m the mean of all rows: −2(c − m)·S + W‖c − m‖², S the sums
/// of w(x − m), W its weight. A block of one warp a cluster; `n_empty` counts those that weigh nothing.
extern "C" __global__ void inertia_terms(
    const double *totals, const double *working, const double *mean, double *out, unsigned long long *n_empty,
    long long n_features)
{
    __shared__ double terms[CHUNK];
    long long cluster = blockIdx.x;
    const double *sums = totals + cluster * (n_features + 2);
    const double *center = working + cluster * n_features;
    double weight = sums[n_features], sum = 0.0;
    for (long long from = 0; from < n_features; from += CHUNK) {
        for (int at = threadIdx.x; at < CHUNK; at += 32) {
            long long feature = from + at;
            terms[at] = 0.0;
            if (feature < n_features) {
                double offset = center[feature] - mean[feature];
                terms[at] = offset * (weight * offset - 2.0 * (sums[feature] - weight * mean[feature]));
            }
        }
        __syncthreads();
#pragma unroll 8
        for (int at = 0; at < CHUNK; at++) {
            sum = sum + terms[at];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        out[cluster] = sum;
        if (weight == 0.0) {
            atomicAdd(n_empty, 1ull);
        }
    }
}
