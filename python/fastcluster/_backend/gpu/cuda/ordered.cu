// Sums of float64 in the order of the values: the bits that one thread of the CPU gets.
//
// A warp reads ahead and adds one value after the other; only the additions depend on each other.

/// Values that a lane reads ahead.
#define AHEAD 4

/// The sum of each `group` values in a row, the last group may be shorter; a warp per group.
extern "C" __global__ void group_sums(const double *values, long long n, long long group, double *out)
{
    int lane = threadIdx.x % 32;
    long long place = ((long long)blockIdx.x * blockDim.x + threadIdx.x) / 32;
    long long begin = place * group, end = begin + group < n ? begin + group : n;
    double sum = 0.0;
    for (long long base = begin; base < end; base += AHEAD * 32) {
        double mine[AHEAD];
        for (int q = 0; q < AHEAD; ++q) {
            long long at = base + q * 32 + lane;
            // What lies behind the end adds 0, which changes no sum.
            mine[q] = at < end ? values[at] : 0.0;
        }
        for (int q = 0; q < AHEAD; ++q) {
            sum = added(sum, mine[q]);
        }
    }
    if (lane == 0 && begin < end) {
        out[place] = sum;
    }
}

/// The sum of the values up to each; one warp.
extern "C" __global__ void cumulated(const double *values, long long n, double *out)
{
    int lane = threadIdx.x;
    double sum = 0.0;
    for (long long base = 0; base < n; base += AHEAD * 32) {
        double mine[AHEAD];
        for (int q = 0; q < AHEAD; ++q) {
            long long at = base + q * 32 + lane;
            mine[q] = at < n ? values[at] : 0.0;
        }
        for (int q = 0; q < AHEAD; ++q) {
            double reached = 0.0;
            for (int from = 0; from < 32; ++from) {
                sum = sum + __shfl_sync(FULL_WARP, mine[q], from);
                reached = from == lane ? sum : reached;
            }
            if (base + q * 32 + lane < n) {
                out[base + q * 32 + lane] = reached;
            }
        }
    }
}
