// Sums of one number a row or a cluster, in the order in which the CPU takes them, so with its bits.

// WEIGHTED is 1 where each number is multiplied with a weight.
#ifndef WEIGHTED
#define WEIGHTED 0
#endif

/// Numbers that a warp reads at once, before all its lanes add them one after the other.
#define CHUNK 256

/// out[b] = start + Σ weight · value over the b-th run of `run` values, in their order; a block of one warp a run.
extern "C" __global__ void sum_terms(
    const double *values, const double *weights, double *out, double start, long long n_values, long long run)
{
    __shared__ double terms[CHUNK];
    long long begin = blockIdx.x * run;
    long long end = begin + run < n_values ? begin + run : n_values;
    double sum = start;
    for (long long from = begin; from < end; from += CHUNK) {
        for (int at = threadIdx.x; at < CHUNK; at += 32) {
            long long index = from + at;
            // Adding zero changes no sum.
            terms[at] = 0.0;
            if (index < end) {
#if WEIGHTED
                terms[at] = weights[index] * values[index];
#else
                terms[at] = values[index];
#endif
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
        out[blockIdx.x] = sum;
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
